"""The sandbox's page about what is connected: there, access is ended, and readings stop and come again."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from sandbox import links, switches
from sandbox.entities import connected, find_entities
from sandbox.models import SandboxRequest, SandboxSilence
from sandbox.pages import get_request, show

LATEST = 50
SWITCHES = {"revoke": switches.revoke, "quieten": switches.quieten, "wake": switches.wake}
MAKER_SWITCHES = {"quieten": switches.quieten_maker, "wake": switches.wake_maker}


@never_cache
@require_safe
def entities(request: HttpRequest) -> HttpResponse:
    """Show what the latest requests became, and what can be done to it."""
    now = timezone.now()
    found = find_entities(connected(SandboxRequest.objects.visible(now)).newest_first()[:LATEST], now)
    silences = SandboxSilence.objects.filter(until=None)
    silent_makers = {(row.type, row.manufacturer) for row in silences.filter(request=None)}
    makers = sorted(silent_makers | {(entity.row.type, entity.row.manufacturer) for entity in found})
    quiet = set(silences.exclude(request=None).values_list("request_id", flat=True))
    return show(
        request,
        "entities",
        entities=[(entity, entity.row.id in quiet, links.query(entity.row, now)) for entity in found],
        makers=[(*maker, maker in silent_makers) for maker in makers],
    )


@require_POST
def entity(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Do something to the entity that a request became."""
    row = get_request(request_id)
    switch = SWITCHES.get(request.POST.get("do", ""))
    if switch is not None:
        switch(row, timezone.now())
    return redirect("sandbox:entities")


@require_POST
def maker(request: HttpRequest) -> HttpResponse:
    """Do something to all devices of a maker."""
    type_, manufacturer = (request.POST.get(name, "") for name in ("type", "manufacturer"))
    switch = MAKER_SWITCHES.get(request.POST.get("do", ""))
    if switch is not None and type_ and manufacturer:
        switch(type_, manufacturer, timezone.now())
    return redirect("sandbox:entities")
