"""The choice of theme, language, size of text and contrast."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from necmergitur.web.accounts.models import User
from necmergitur.web.portal.context import CHOICES, THEME_COOKIE, THEMES

YEAR_S = 365 * 86_400


# Without the check, pages rendered once for everybody need no token, and a forged choice costs its victim one click.
@csrf_exempt
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep what the reader chose in a cookie and go back where they were."""
    back = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = "/"
    response = HttpResponseRedirect(back, status=303)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        response.set_cookie(
            THEME_COOKIE,
            theme,
            max_age=YEAR_S,
            secure=settings.ORIGIN.secure,
            httponly=True,
            samesite="Lax",
        )
    for name, (cookie, values) in CHOICES.items():
        chosen = request.POST.get(name, "")
        if chosen in values:
            response.set_cookie(
                cookie, chosen, max_age=YEAR_S, secure=settings.ORIGIN.secure, httponly=True, samesite="Lax"
            )
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES) and check_for_language(language):
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=YEAR_S,
            secure=settings.ORIGIN.secure,
            httponly=True,
            samesite="Lax",
        )
        if request.user.is_authenticated and not settings.DEMO:
            User.objects.filter(pk=request.user.pk).update(language=language)
    return response
