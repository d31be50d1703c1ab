"""What is taken as an address can be mailed to; what cannot be is refused where it is entered."""

from contextlib import suppress
from email.parser import BytesParser
from email.policy import SMTP

import pytest
from django.core.mail import EmailMessage
from hypothesis import example, given
from hypothesis import strategies as st

from onboarding.lib.addresses import InvalidAddress, canonical

LABELS = st.text(alphabet="abcz09-\u00e9\u00df\u0142\u03b1\u0436\u4f8b\u05d0\u0627\u0131", min_size=1, max_size=64)
NAMES = st.text(alphabet="abcXYZ09.!#$%&'*+-/=?^_`{|}~ \u00e9\"(),:;<>@[]\\", min_size=1, max_size=66)
ADDRESSES = st.builds(
    lambda name, labels: f"{name}@{'.'.join(labels)}", NAMES, st.lists(LABELS, min_size=2, max_size=5)
)


@given(st.emails() | ADDRESSES)
@example("jan@stra\u00dfe.example")
@example(f"{'x' * 64}@example.org")
def test_that_is_taken_arrives_as_it_is_stored(typed: str) -> None:
    with suppress(InvalidAddress):
        stored = canonical(typed)
        assert stored.isascii()
        assert len(stored) <= 254
        assert canonical(stored) == stored
        sent = EmailMessage("Your link", "Here it is.", "us@example.org", [stored]).message().as_bytes()
        (to,) = BytesParser(policy=SMTP).parsebytes(sent)["To"].addresses
        assert to.addr_spec == stored


@pytest.mark.parametrize(
    "typed",
    [
        *(f"{'x' * 65}@example.org", f"a@{'b' * 64}.org", "a@1.2.3.4", "a@[1.2.3.4]", '"a b"@x.org', "a..b@x.org"),
        *(".a@x.org", "a.@x.org", "a@-x.org", "a@x-.org", "a@x_y.org", "a@x.invalid", "a@\u2603.net", "a@xn--n3h.net"),
        *("a@printer.local", "a@localhost", "a@x..org"),
    ],
)
def test_that_no_server_takes_is_refused(typed: str) -> None:
    with pytest.raises(InvalidAddress, match=r"Enter a complete e-mail address"):
        canonical(typed)
