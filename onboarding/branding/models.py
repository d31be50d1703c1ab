"""How the portal looks and whom it names: the brand of the company that runs it."""

from __future__ import annotations

import re
from base64 import b64encode

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext_lazy as _

from . import contrast, image_upload, senders

LOGO_HEIGHT = 36  # pixels, in the header
SHA256 = re.compile(r"[0-9a-f]{64}")

check_phone = RegexValidator(
    r"^\+?[0-9][0-9 ()/.-]{3,}$", _("Enter a telephone number, e.g. +32 2 123 45 67."), code="phone"
)
check_https = RegexValidator(r"^https://", _("Use an address that begins with https://."), code="https")


def check_accent(value: str) -> None:
    """Raises: ValidationError when the accent cannot be read on light pages; it names the nearest that can."""
    check_contrast(value, contrast.LIGHT)


def check_dark_accent(value: str) -> None:
    """Raises: ValidationError when the accent cannot be read on dark pages; it names the nearest that can."""
    check_contrast(value, contrast.DARK)


def check_contrast(value: str, scheme: contrast.Scheme) -> None:
    if not contrast.is_colour(value):
        raise ValidationError(_("Enter a colour as # and six digits or letters a to f, e.g. #0a5546."))
    measured = contrast.lowest_contrast(value, scheme)
    if measured < contrast.NEEDED:
        message = _(
            "People cannot read this colour well: its contrast is %(measured)s, needed is %(needed)s. "
            "The nearest colour that works is %(nearest)s."
        )
        found = {"measured": _number(contrast.rounded_down(measured)), "needed": _number(contrast.NEEDED)}
        raise ValidationError(message, params=found | {"nearest": contrast.nearest(value, scheme)})


def _number(ratio: float) -> str:
    return number_format(ratio, decimal_pos=1)


class Logo(models.Model):
    """A picture, found by its hash. It is never changed: a page that is still open goes on to show it."""

    sha256 = models.CharField(max_length=64, unique=True)
    media_type = models.CharField(max_length=32)
    ratio = models.FloatField(help_text=_("Width by height"))
    content = models.BinaryField()

    class Meta:
        verbose_name = _("logo")
        verbose_name_plural = _("logos")

    def __str__(self) -> str:
        return self.media_type

    @property
    def url(self) -> str:
        """Where it is served; one that is not stored yet, in a preview, brings itself along. Empty: nowhere."""
        if self.pk is None:
            return f"data:{self.media_type};base64,{b64encode(self.content).decode()}"
        return reverse("onboarding:logo", args=[self.sha256]) if self.is_sound else ""

    @property
    def is_sound(self) -> bool:
        """Its facts make sense, whatever its content is."""
        has_hash = self.pk is None or (isinstance(self.sha256, str) and bool(SHA256.fullmatch(self.sha256)))
        return has_hash and self.media_type in image_upload.MEDIA_TYPES and image_upload.is_shape(self.ratio)

    @property
    def shape(self) -> float:
        """Width by height, of one that makes no sense that of a square."""
        return self.ratio if image_upload.is_shape(self.ratio) else 1.0

    @property
    def width(self) -> int:
        return max(1, round(self.height * self.shape))

    @property
    def height(self) -> int:
        return LOGO_HEIGHT


class Brand(models.Model):
    """What staff set in the desk; what is empty here comes from settings, see `onboarding.branding.brand`. One row."""

    name = models.CharField(
        _("name"),
        max_length=60,
        blank=True,
        validators=[senders.check_one_line],
        help_text=_("At the top of every page and mail"),
    )
    logo = models.ForeignKey(Logo, models.PROTECT, null=True, blank=True, related_name="+")
    logo_dark = models.ForeignKey(Logo, models.PROTECT, null=True, blank=True, related_name="+")
    is_name_in_logo = models.BooleanField(
        _("the logo contains the name"), default=False, help_text=_("Then the name does not stand beside it.")
    )
    accent = models.CharField(
        _("accent colour"), max_length=7, blank=True, validators=[check_accent], help_text=_("As in #0a5546")
    )
    accent_dark = models.CharField(
        _("accent colour on dark pages"),
        max_length=7,
        blank=True,
        validators=[check_dark_accent],
        help_text=_("Empty: derived from the accent colour"),
    )
    # Together they fit into a consent record, which says whom to ask.
    support_phone = models.CharField(_("telephone"), max_length=40, blank=True, validators=[check_phone])
    support_email = models.EmailField(_("e-mail"), max_length=70, blank=True)
    support_url = models.URLField(_("help pages"), max_length=80, blank=True, validators=[check_https])
    sender_name = models.CharField(_("sender's name"), max_length=60, blank=True, validators=[senders.check_one_line])
    sender_address = models.EmailField(
        _("sender's address"),
        blank=True,
        validators=[senders.check_sender],
        help_text=_("Your mail server has to be allowed to send for it."),
    )
    privacy_url = models.URLField(_("privacy statement"), blank=True, validators=[check_https])
    legal_notice_url = models.URLField(_("legal notice"), blank=True, validators=[check_https])
    terms_url = models.URLField(_("terms of use"), blank=True, validators=[check_https])
    accessibility_url = models.URLField(_("accessibility statement"), blank=True, validators=[check_https])

    class Meta:
        verbose_name = _("brand")
        verbose_name_plural = _("brand")

    def __str__(self) -> str:
        return str(_("Brand"))
