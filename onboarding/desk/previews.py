"""What previews show: staff's draft among everything else that is written, for a device that it is about."""

from typing import Any

from django.utils.translation import gettext, ngettext

from onboarding.branding import sound
from onboarding.catalogue import help_texts
from onboarding.catalogue.catalogue import Attribute, Offer
from onboarding.catalogue.causes import Cause
from onboarding.catalogue.help_models import ActionText, HelpText, OwnWords
from onboarding.catalogue.shipped_help import same_maker
from onboarding.catalogue.shipped_makers import MANUFACTURER
from onboarding.intake.forms import ShownField
from onboarding.portal.pages import TypeChoice

from .offers import offered

USUAL_TYPE = "EV"


def help_preview(draft: HelpText) -> dict[str, Any]:
    """Collect the field, or the type, as a customer will see it."""
    others = HelpText.objects.exclude(pk=draft.pk)
    rows = [*sound.rows(others, needed=help_texts.SCOPES[HelpText]), draft]
    if not draft.attribute:
        return {"choice": TypeChoice(draft.type, help_texts.type_help(draft.type, rows=rows))}
    if draft.attribute == MANUFACTURER:
        offer = example_offer(draft)
        words = help_texts.maker_help(offer.type, offer.manufacturer, rows=rows)
        return {"asked": words, "offer": offer, "device": help_texts.type_help(offer.type)}
    offer = example_offer(draft, draft.attribute)
    asked = next((known for known in offer.attributes if known.name == draft.attribute), Attribute(draft.attribute))
    words = help_texts.help_for(offer.type, offer.manufacturer, draft.attribute, rows=rows)
    hint = str(words.hint) or asked.description
    field = ShownField(draft.attribute, words, value="", hint=hint, is_required=asked.is_required, errors=[])
    return {"fields": [field], "offer": offer, "device": help_texts.type_help(offer.type)}


def action_preview(draft: ActionText) -> dict[str, Any]:
    """Collect the top of the status page, as a customer will see it."""
    others = ActionText.objects.exclude(pk=draft.pk)
    rows = [*sound.rows(others, needed=help_texts.SCOPES[ActionText]), draft]
    offer = example_offer(draft)
    names = {"manufacturer": offer.manufacturer}
    about = {"offer": offer, "device": help_texts.type_help(offer.type)}
    if not draft.action:
        return about | {"wait": help_texts.usual_wait(offer.type, offer.manufacturer, rows=rows) % names}
    if draft.action == ActionText.Action.BEFORE:
        points = help_texts.before_start(offer.type, offer.manufacturer, rows=rows)
        return about | {"before_start": points}
    if draft.action == ActionText.Action.MANDATE:
        return about | {"wait": _lasting(help_texts.mandate_days(offer.type, offer.manufacturer, rows=rows)) % names}
    step = help_texts.action_guidance(draft.action, offer.type, offer.manufacturer, rows=rows)
    sentence = f"{step.sentence} {step.duration}".strip()
    icon = "problem" if draft.action in set(Cause) else "action"
    told = {"headline": str(step.headline) % names, "sentence": sentence % names}
    return about | told | {"icon_file": f"img/status-{icon}.svg"}


def _lasting(days: int) -> str:
    if not days:
        return gettext("A permission at %(manufacturer)s does not end by itself.")
    words = ngettext(
        "A permission at %(manufacturer)s ends after {days} day.",
        "A permission at %(manufacturer)s ends after {days} days.",
        days,
    )
    return words.format(days=days)


def example_offer(draft: OwnWords, attribute: str = "") -> Offer:
    """Return the first offer that a draft is about; a made-up one when there is none."""
    fitting = (
        offer
        for offer in offered().offers
        if draft.type in {"", offer.type}
        and (not draft.manufacturer or same_maker(draft.manufacturer, offer.manufacturer))
        and (not attribute or any(known.name == attribute for known in offer.attributes))
    )
    return next(fitting, Offer(draft.type or USUAL_TYPE, draft.manufacturer or "–", ()))
