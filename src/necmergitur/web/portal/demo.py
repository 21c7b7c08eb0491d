"""The demonstration's inboxes: what the city wrote to its invented people, who have no telephones."""

import os
from datetime import UTC, datetime
from typing import Any

import urllib3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from necmergitur.web.environment import Origin

TIMEOUT_S = 5.0


@never_cache
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """Show the newest messages, in a demonstration on this machine alone."""
    control = os.environ.get("NEC_SIM_DEVICES_URL", "")
    if not settings.DEMO or not control or not Origin(control).loopback:
        raise Http404
    said: list[dict[str, Any]] = []
    silent = False
    try:
        address = f"{control.rstrip('/')}/messages"
        said = urllib3.request("GET", address, timeout=TIMEOUT_S, retries=False, redirect=False).json()
    except (urllib3.exceptions.HTTPError, OSError, ValueError):
        silent = True
    rows = [{"at": datetime.fromtimestamp(one["at"], UTC), "to": one["to"], "text": one["text"]} for one in said]
    return render(request, "portal/demo_messages.html", {"rows": rows, "silent": silent})
