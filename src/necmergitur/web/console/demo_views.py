"""The demonstration: press a simulated street button from the map."""

import os

import urllib3
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_POST

from necmergitur.web.accounts.rules import require
from necmergitur.web.console import rights
from necmergitur.web.environment import Origin
from necmergitur.web.facts.models import Device

TIMEOUT_S = 5.0  # a press is lit within a second, or the simulation is broken


@require(rights.may_work_here)
@require_POST
def press(request: HttpRequest, device_id: str) -> HttpResponse:
    """Forward to the simulated devices' control address on this machine; say when the lamp was lit."""
    control = os.environ.get("NEC_SIM_DEVICES_URL", "")
    if not settings.DEMO or not control or not Origin(control).loopback:
        raise Http404
    if not Device.objects.filter(id=device_id, retired_at=None).exists():
        raise Http404
    try:
        answer = urllib3.request(
            "POST", f"{control.rstrip('/')}/press/{device_id}", timeout=TIMEOUT_S, retries=False, redirect=False
        )
    except (urllib3.exceptions.HTTPError, OSError):
        return JsonResponse({"rule": "simulation_silent"}, status=502)
    try:
        said = answer.json()
    except ValueError:
        said = {}
    return JsonResponse({"lamp": said.get("lamp"), "ms": said.get("ms")}, status=200 if answer.status < 400 else 502)
