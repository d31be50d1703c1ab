"""The address of a customer: sealed, with a column beside it by which it is found and compared."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from onboarding.lib.addresses import LONGEST_ADDRESS, key_of
from onboarding.lib.sealed import keyed_hash
from onboarding.lib.sealed_fields import SealedModel, SealedTextField, hash_of, is_filled


def address_hash(address: str) -> str:
    """Return what a stored address is found and compared by; nothing for what equals no other."""
    return keyed_hash(key_of(address))


def address_field(**options: Any) -> SealedTextField:
    """Make a column for an address, whose keyed hash is of the address as it is compared."""
    return SealedTextField(max_length=LONGEST_ADDRESS, found_by=key_of, **options)


class Reachable(SealedModel):
    """A row whose customer can be written to."""

    contact_email = address_field(
        blank=True, help_text=_("The customer's own address; never the platform's attribute `email`")
    )
    contact_key = hash_of("contact_email")

    class Meta:
        abstract = True

    @property
    def has_address(self) -> bool:
        """Whether an address is on file; it is not opened for that."""
        return is_filled(self, "contact_email")
