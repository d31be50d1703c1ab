"""Choosing a device for a customer, on every page that does: what was chosen so far shows the fields that it needs."""

from django.http import HttpRequest

from onboarding.catalogue import catalogue
from onboarding.intake.device_form import CHOOSE, CHOSEN, DeviceForm


def form_of[Form: DeviceForm](form: type[Form], request: HttpRequest) -> Form:
    """Make the form that was sent; or one that asks, with what was chosen so far, or what the address names."""
    offers = catalogue.load()
    if request.method != "POST":
        return form(catalogue=offers, known={name: request.GET.get(name, "") for name in CHOSEN})
    if CHOOSE in request.POST:
        return form(catalogue=offers, known=request.POST.dict())
    return form(request.POST, catalogue=offers)
