"""Django's settings, read from the NEC_* environment that the `nec` command exports. Documented in docs/."""

import os
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from necmergitur.people import constants
from necmergitur.web import environment

HERE = Path(__file__).resolve().parent
HOME = environment.home(os.environ)

DEBUG = environment.flag(os.environ, "NEC_DEBUG")
DEMO = environment.flag(os.environ, "NEC_DEMO")
EXERCISE = environment.flag(os.environ, "NEC_EXERCISE")
SECRET_KEY = environment.required(os.environ, "NEC_SECRET_WEB")
# A rotated key keeps old sessions and sealed second factors readable until the old value is dropped here.
SECRET_KEY_FALLBACKS = list(filter(None, os.environ.get("NEC_SECRET_WEB_PREVIOUS", "").split(",")))

ORIGIN = environment.Origin(os.environ.get("NEC_PUBLIC_URL") or "http://localhost:8000")
if DEMO and not ORIGIN.loopback:
    raise ImproperlyConfigured("NEC_DEMO has labelled accounts without a second factor: it serves loopback only")
ALLOWED_HOSTS = ORIGIN.hosts
CSRF_TRUSTED_ORIGINS = [ORIGIN.url]
CALLS = bool(os.environ.get("NEC_CALLS_URL"))  # an operator lets two telephones ring
TEXTS = bool(os.environ.get("NEC_SMS_URL"))  # an operator carries text messages
PUSH_HOSTS = tuple(filter(None, os.environ.get("NEC_PUSH_HOSTS", "").split(","))) or constants.PUSH_HOSTS

# --- applications -----------------------------------------------------------------------------------------


def _ours() -> list[str]:
    """Return our applications, in the order their templates win. A room not built yet is left out."""
    rooms = (
        "portal",
        "population",
        "doors",
        "accounts",
        "facts",
        "console",
        "field",
        "press",
        "register",
        "opendata",
        "dialogue",
        "rights",
        "find",
        "trust",
        "breakglass",
        "crises",
        "people_desk",
        "sensors",
        "programme",
        "network",
        "letters",
        "hackathon",
        "watch",
        "trials",
        "incubation",
        "commons",
        "papers",
        "vault",
        "api",
    )
    return [f"necmergitur.web.{room}" for room in rooms if (HERE / room / "apps.py").exists()]


INSTALLED_APPS = [
    *_ours(),
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "csp",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "necmergitur.web.portal.headers.permissions_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "necmergitur.web.accounts.middleware.own_language",
    "necmergitur.web.portal.errors.wrong_method",
    "necmergitur.web.accounts.middleware.live_ticket",
    "necmergitur.web.accounts.middleware.second_factor",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
ROOT_URLCONF = "necmergitur.web.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HERE / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "necmergitur.web.portal.context.page",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- database and counters --------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": environment.database(
        environment.required(os.environ, "NEC_DATABASE_URL"),
        os.environ.get("NEC_DATABASE_ROLE", "nec_web"),
        pooled=True,
    ),
}
CACHES = {
    "default": {
        "BACKEND": "necmergitur.web.accounts.counters.StrictDatabaseCache",
        "LOCATION": "web_counter",
        # Live counters; expired ones are culled first (need: a few per address and minute).
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    },
}

# --- language, time ---------------------------------------------------------------------------------------

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LANGUAGE_COOKIE_NAME = "nec_language"
LANGUAGE_COOKIE_AGE = 365 * 86_400
LANGUAGE_COOKIE_SAMESITE = "Lax"
LOCALE_PATHS = [HERE / "locale"]
USE_I18N = True
FORMAT_MODULE_PATH = "necmergitur.web.portal.formats"
USE_TZ = True
TIME_ZONE = os.environ.get("NEC_TIME_ZONE") or "Europe/Paris"
# Whose phone numbers are written without a prefix.
REGION = os.environ.get("NEC_REGION") or "FR"

# --- mail: to people with an account, about what they must judge; what the programme writes leaves with the worker ----

MAIL = environment.Mail(os.environ.get("NEC_MAIL_URL", ""))
EMAIL_HOST, EMAIL_PORT, EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.host, MAIL.port, MAIL.starttls, MAIL.tls
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_TIMEOUT = 10  # seconds; ours: the outbox tries again
DEFAULT_FROM_EMAIL = os.environ.get("NEC_MAIL_FROM", "")

# --- static files -----------------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = HOME / "static"
STATICFILES_DIRS = [HERE / "static"]
HASHED_STATIC = not DEBUG and (STATIC_ROOT / "staticfiles.json").exists()
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if HASHED_STATIC
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        ),
    },
}
# Without a collected directory (a checkout under test) files are served straight from the sources.
WHITENOISE_USE_FINDERS = not HASHED_STATIC
WHITENOISE_AUTOREFRESH = not HASHED_STATIC

# --- transport and browser guards -------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_HSTS_SECONDS = 365 * 86_400 if ORIGIN.secure else 0
# TLS ends in the city's own proxy, the only peer of this process: NEC_TRUSTED_PROXIES says how many there are.
TRUSTED_PROXIES = int(os.environ.get("NEC_TRUSTED_PROXIES") or 0)
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
X_FRAME_OPTIONS = "DENY"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = ORIGIN.secure
CSRF_COOKIE_SAMESITE = SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "necmergitur.web.portal.errors.csrf_failure"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "sessionid"
# One shift and its handover: the longest a seat stays signed in (working-time law caps a shift at 12 h, L3121-19).
SESSION_COOKIE_AGE = 13 * 3_600
OIDC_ISSUER = os.environ.get("NEC_OIDC_ISSUER", "")
OIDC_ORIGINS = [environment.Origin(OIDC_ISSUER, "NEC_OIDC_ISSUER").url] if OIDC_ISSUER else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "connect-src": [SELF],
        "worker-src": [SELF, "blob:"],
        "manifest-src": [SELF],
        "media-src": [SELF],
        # A browser holds the redirect that follows a form to this rule too: sign-in through the directory is one.
        "form-action": [SELF, *OIDC_ORIGINS],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- accounts ---------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["necmergitur.web.accounts.backend.SignInBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    # ANSSI, "Recommandations relatives à l'authentification multifacteur", 2021: 12 and more beside a second factor.
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "accounts:landing"
LOGOUT_REDIRECT_URL = "portal:home"

ACCOUNT_ADAPTER = "necmergitur.web.accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_REDIRECT_URL = LOGOUT_REDIRECT_URL
ACCOUNT_USER_DISPLAY = "necmergitur.web.accounts.models.display"
# Attempts that failed, per address and per account. The counters refuse when they cannot be written.
ACCOUNT_RATE_LIMITS = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/300s/key",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

MFA_ADAPTER = "necmergitur.web.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "Nec Mergitur"
MFA_TOTP_TOLERANCE = 1  # one 30 s step either side: phones drift (RFC 6238, 5.2)
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses come from an administrator's invitation
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = ORIGIN.host == "localhost" and not ORIGIN.secure

SOCIALACCOUNT_ADAPTER = "necmergitur.web.accounts.adapter.DirectoryAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_ISSUER:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "city",
                "name": os.environ.get("NEC_OIDC_NAME") or "OpenID Connect",
                "client_id": environment.required(os.environ, "NEC_OIDC_CLIENT_ID"),
                "secret": environment.required(os.environ, "NEC_OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_ISSUER},
            },
        ],
    }

# The process that runs us configures logging once, for all (structured, without personal data).
LOGGING_CONFIG = None
