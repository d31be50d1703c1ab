"""Words of staff's own for what customers are asked, and for what they have to do."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding.branding.models import Logo
from onboarding.lib.languages import spoken

from .causes import Cause

PLACEHOLDER = re.compile(r"\{(?!manufacturer\})[^}]*\}")


class OwnWords(models.Model):
    """Words that staff wrote, and for whom they are; an empty text there stands for every one."""

    type = models.CharField(
        gettext_lazy("type"), max_length=64, blank=True, help_text=gettext_lazy("Empty: for every type")
    )
    manufacturer = models.CharField(
        gettext_lazy("manufacturer"),
        max_length=128,
        blank=True,
        help_text=gettext_lazy("Empty: for every manufacturer"),
    )
    language = models.CharField(
        gettext_lazy("language"),
        max_length=10,
        blank=True,
        choices=spoken,
        help_text=gettext_lazy("Empty: for every language"),
    )

    class Meta:
        abstract = True

    @property
    def rank(self) -> tuple[bool, bool, bool]:
        """How particular it is: a manufacturer counts more than a type, and that more than a language."""
        return bool(self.manufacturer), bool(self.type), bool(self.language)

    def check_placeholders(self, names: Iterable[str]) -> None:
        """Refuse texts in which braces stand for what nothing is put in for.

        Raises: ValidationError.
        """
        for name in names:
            if found := PLACEHOLDER.search(getattr(self, name)):
                message = _("Nothing is known to stand for %(name)s. Use {manufacturer}.")
                raise ValidationError({name: message % {"name": found[0]}})


class HelpTextManager(models.Manager["HelpText"]):
    """Brings pictures along, without their content."""

    def get_queryset(self) -> models.QuerySet["HelpText"]:
        return super().get_queryset().select_related("picture").defer("picture__content")


class HelpText(OwnWords):
    """How customers are asked for one attribute. Without an attribute: the name of a type, and the line about it."""

    attribute = models.CharField(
        gettext_lazy("attribute"),
        max_length=128,
        blank=True,
        help_text=gettext_lazy("Empty: the type itself, with its name and the line about it"),
    )
    label = models.CharField(gettext_lazy("label or name"), max_length=100, blank=True)
    question = models.CharField(
        gettext_lazy("question"),
        max_length=100,
        blank=True,
        help_text=gettext_lazy("Of the manufacturer alone: the title of its page"),
    )
    missing = models.CharField(gettext_lazy("when nothing was given"), max_length=200, blank=True)
    hint = models.CharField(gettext_lazy("hint or line"), max_length=200, blank=True)
    example = models.CharField(gettext_lazy("example"), max_length=100, blank=True)
    where = models.TextField(gettext_lazy("where to find it"), max_length=600, blank=True)
    picture = models.ForeignKey(Logo, models.PROTECT, null=True, blank=True, related_name="+")

    objects = HelpTextManager()

    class Meta:
        verbose_name = gettext_lazy("help text")
        verbose_name_plural = gettext_lazy("help texts")
        ordering = ["attribute", "type", "manufacturer", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["type", "manufacturer", "attribute", "language"],
                name="onboarding_help_text_unique",
                violation_error_message=gettext_lazy("There is a help text for exactly this already. Change that one."),
            )
        ]

    def __str__(self) -> str:
        return " · ".join(map(str, filter(None, (self.attribute, self.type, self.manufacturer, self.language)))) or "–"

    def clean(self) -> None:
        if not self.attribute:
            self._check_type_alone()
        if self.picture and not self.where:
            raise ValidationError({"where": _("Say in words what the picture shows: some people cannot see it.")})
        texts = ("label", "question", "missing", "hint", "example", "where")
        if not any(getattr(self, name) for name in texts):
            raise ValidationError(_("Write at least one text. What is empty stays as the portal brings it."))
        self.check_placeholders(texts)

    def _check_type_alone(self) -> None:
        if not self.type:
            raise ValidationError({"attribute": _("Choose an attribute, or a type to name.")})
        if self.manufacturer:
            raise ValidationError({"manufacturer": _("A type has one name, whoever the manufacturer is.")})
        if self.question or self.missing or self.example or self.where or self.picture:
            raise ValidationError(_("A type has a name and one line, and nothing else."))
        if named := next((name for name in ("label", "hint") if "{manufacturer}" in getattr(self, name)), ""):
            raise ValidationError({named: _("A type has one name, whoever the manufacturer is.")})


class ActionText(OwnWords):
    """What a person has to do at a manufacturer's, and how long that takes, or what helps when it failed.

    Without an action: how long the wait is. Two are no actions of the platform's. `BEFORE`: what it takes, a point on
    each line, read before anything is asked for. `MANDATE`: after how many days a permission ends there, 0 for never.
    """

    class Action(models.TextChoices):
        BEFORE = "Before", gettext_lazy("before the start: what to have at hand")
        REDIRECT = "Redirect", gettext_lazy("visit the manufacturer's site")
        CONSENT = "Consent", gettext_lazy("approve in an app or e-mail")
        MANDATE = "Mandate", gettext_lazy("afterwards: when the permission there ends")
        DENIED = Cause.DENIED.value, gettext_lazy("it failed: somebody said no")
        EXPIRED = Cause.EXPIRED.value, gettext_lazy("it failed: nobody said yes in time")
        TAKEN = Cause.TAKEN.value, gettext_lazy("it failed: connected already")
        UNSUPPORTED = Cause.UNSUPPORTED.value, gettext_lazy("it failed: not supported")
        ACCOUNT = Cause.ACCOUNT.value, gettext_lazy("it failed: the account did not work")
        UNREACHABLE = Cause.UNREACHABLE.value, gettext_lazy("it failed: the device did not answer")
        UNKNOWN = Cause.UNKNOWN.value, gettext_lazy("it failed: no such device there")
        AWAY = Cause.AWAY.value, gettext_lazy("it failed: the manufacturer had a problem")
        OTHER = Cause.OTHER.value, gettext_lazy("it failed: nobody knows why")
        __empty__ = gettext_lazy("nothing: the manufacturer is at work")

    action = models.CharField(gettext_lazy("what is to be done"), max_length=64, blank=True, choices=Action.choices)
    headline = models.CharField(gettext_lazy("headline"), max_length=100, blank=True)
    sentence = models.TextField(gettext_lazy("what to do there"), max_length=600, blank=True)
    duration = models.CharField(gettext_lazy("how long it takes"), max_length=200, blank=True)
    days = models.PositiveSmallIntegerField(
        gettext_lazy("days that a permission lasts"),
        null=True,
        blank=True,
        help_text=gettext_lazy("0: it does not end. It counts for devices that are connected from now on"),
    )

    class Meta:
        verbose_name = gettext_lazy("text for the manufacturer's step")
        verbose_name_plural = gettext_lazy("texts for the manufacturer's step")
        ordering = ["action", "type", "manufacturer", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["action", "type", "manufacturer", "language"],
                name="onboarding_action_text_unique",
                violation_error_message=gettext_lazy("There is a text for exactly this already. Change that one."),
            )
        ]

    def __str__(self) -> str:
        return " · ".join(map(str, filter(None, (self.action, self.type, self.manufacturer, self.language)))) or "–"

    def clean(self) -> None:
        if self.action == self.Action.MANDATE:
            self._check_mandate()
            return
        if self.days is not None:
            raise ValidationError({"days": _("Days are for when the permission there ends.")})
        if not any((self.headline, self.sentence, self.duration)):
            raise ValidationError(_("Write at least one text. What is empty stays as the portal brings it."))
        if not self.action and (self.headline or self.sentence):
            raise ValidationError(_("While nobody has to do anything, customers only read how long it takes."))
        if self.action == self.Action.BEFORE and (self.headline or self.duration):
            raise ValidationError(_("Before the start, customers only read what to do: one point on each line."))
        self.check_placeholders(("headline", "sentence", "duration"))

    def _check_mandate(self) -> None:
        if self.days is None:
            raise ValidationError({"days": _("Say after how many days a permission ends there.")})
        if self.headline or self.sentence or self.duration or self.language:
            raise ValidationError(_("When a permission ends is a number of days, and the same in every language."))
