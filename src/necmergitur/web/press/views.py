"""The page that rings, its installable parts, and how a telephone becomes a button."""

import secrets
import time
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from necmergitur.kernel.refusal import Refusal
from necmergitur.operations.ports import Unreachable
from necmergitur.web.console.ui_words import words
from necmergitur.web.press import invitations, ringing
from necmergitur.web.rights import proving
from necmergitur.web.store import CLOCK
from necmergitur.web.workers import service_worker

COOKIE = "nec_button"
COOKIE_AGE = timedelta(days=400)  # the longest a browser keeps one (RFC 6265bis, 5.5)
SEQ_MAX = 1_000_000


# The form rings with the button's own credential, typed or in a cookie no other site can send (SameSite=Strict).
# Django's form token would refuse a call from a browser that keeps no cookies: a call is never refused.
@csrf_exempt
@never_cache
@sensitive_post_parameters("credential", "pin")
@require_http_methods(["GET", "HEAD", "POST"])
def press(request: HttpRequest) -> HttpResponse:
    """Show the button; ring when it is pressed. The lamp is lit only after the commit."""
    device, credential = _credential(request)
    context: dict[str, Any] = {
        "device": device,
        "enrolled": bool(device and credential),
        "boot_id": time.time_ns() // 1_000_000,
        "seq": secrets.randbelow(SEQ_MAX),
        "words": words("press", "age"),
    }
    if request.method != "POST":
        return _look(request, context, device, credential)
    kind = request.POST.get("kind", "sos")
    asked = ringing.Asked(
        device=device,
        credential=credential,
        kind=kind,
        boot_id=_number(request.POST.get("boot_id")),
        seq=_number(request.POST.get("seq")),
        pin=request.POST.get("pin", ""),
    )
    answer = ringing.ring(asked, CLOCK.now(), exercise=settings.EXERCISE)
    if isinstance(answer, Refusal) or not answer.lit:
        return _dark(request, context, answer)
    context |= _lit(asked, answer)
    return render(request, "press/press.html", context)


def _dark(request: HttpRequest, context: dict[str, Any], answer: Any) -> HttpResponse:
    rule = answer.rule if isinstance(answer, Refusal) else answer.refused
    away = rule == "unreachable"
    context |= {
        "tone": "critical",
        "said": _("Your call did not get through. Press again. In danger, call 112.")
        if away
        else _("This button is not known here. In danger, call 112."),
    }
    return render(request, "press/press.html", context, status=503 if away else 401)


def _lit(asked: ringing.Asked, answer: Any) -> dict[str, Any]:
    """Say what was received. A right PIN and a duress PIN read the same, to the byte."""
    if asked.kind == "cancel":
        if answer.cancelled:
            return {"tone": "quiet", "said": _("Cancelled.")}
        return {
            "tone": "attention",
            "said": _("This PIN was not accepted. Your call still stands."),
            "may_cancel": True,
        }
    if asked.kind == "test":
        return {"tone": "ours", "said": _("The test was received. The button works.")}
    ask_again = f"{reverse('press:press')}?seen={asked.boot_id}.{asked.seq}"
    if answer.seen:
        return {"tone": "resolved", "said": _("Someone has seen your call."), "may_cancel": True}
    return {"tone": "ours", "said": _("Your call has been received."), "ask_again": ask_again, "may_cancel": True}


def _look(request: HttpRequest, context: dict[str, Any], device: str, credential: str) -> HttpResponse:
    """Show the page; with `?seen=boot.seq`, say whether somebody has looked at that call."""
    boot, dot, seq = request.GET.get("seen", "").partition(".")
    if dot:
        try:
            became = ringing.became(device, credential, _number(boot), _number(seq))
        except Unreachable:
            became = ""
        if became == "taken_back":
            context |= {"tone": "quiet", "said": _("Cancelled.")}
        elif became:
            looked = became == "seen"
            context |= {
                "tone": "resolved" if looked else "ours",
                "said": _("Someone has seen your call.")
                if looked
                else _("Your call has been received. Nobody has looked at it yet."),
                "ask_again": "" if looked else request.get_full_path(),
                "may_cancel": True,
            }
    return render(request, "press/press.html", context)


def _credential(request: HttpRequest) -> tuple[str, str]:
    typed = request.POST.get("device", "").strip(), request.POST.get("credential", "").strip()
    if all(typed):
        return typed
    device, dot, credential = request.COOKIES.get(COOKIE, "").partition(".")
    return (device, credential) if dot else ("", "")


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else -1


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def enrol(request: HttpRequest, token: str) -> HttpResponse:
    """Open an invitation. Looking at the page uses nothing up; the button does, once."""
    found = invitations.find(token)
    if found is None:
        return render(request, "press/link_refused.html", status=410)
    if request.method != "POST":
        return render(request, "press/enrol.html", {"device": found.device_id})
    credential = invitations.accept(token)
    if isinstance(credential, Refusal):
        return render(request, "press/link_refused.html", status=410)
    # After the '#' it reaches neither a server nor a log; the page keeps it and clears its address.
    response = HttpResponseRedirect(f"{reverse('press:press')}#d={found.device_id}&k={credential}", status=303)
    response.set_cookie(
        COOKIE,
        f"{found.device_id}.{credential}",
        max_age=COOKIE_AGE,
        path=reverse("press:press"),
        secure=settings.ORIGIN.secure,
        httponly=True,
        samesite="Strict",
    )
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_safe
def own_rights(request: HttpRequest) -> HttpResponse:
    """Show the button's credential, which this browser alone has, to the pages of rights; nothing else is asked."""
    response = HttpResponseRedirect(reverse("rights:start"), status=303)
    device, credential = _credential(request)
    if proving.is_credential_of(device, credential):
        proving.remember(response, device)
    return response


@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """What makes the page installable."""
    colours = {"background_color": "#ffffff", "theme_color": "#b80d4c"}
    return JsonResponse(
        {
            "name": _("Emergency button"),
            "short_name": _("Emergency"),
            "lang": getattr(request, "LANGUAGE_CODE", "fr"),
            "start_url": reverse("press:press"),
            "scope": reverse("press:press"),
            "display": "standalone",
            "icons": [
                {"src": static(f"build/icons/press-{side}.png"), "sizes": f"{side}x{side}", "type": "image/png"}
                for side in (192, 512)
            ],
            **colours,
        },
        content_type="application/manifest+json",
    )


@require_safe
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker that keeps the page, never a call."""
    return service_worker("press-sw.js")
