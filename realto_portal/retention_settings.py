"""For how many days what is kept, after which it goes by itself; 0 keeps it. Part of `settings`.

`docs/retention.md` says what each of them is and from when its days count.
"""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

USUAL_DAYS = {
    "drafts": 30,
    "failed": 90,
    "withdrawn": 0,
    "calls": 90,
    "timelines": 730,
    "disclosures": 1095,
    "mails": 365,
    "links": 365,
    "invitations": 365,
    "pushes": 60,
    "invitation_files": 7,
    "webhooks": 30,
    "wishes": 365,
    "bulk_jobs": 90,
    "sign_ins": 730,
    "desk_changes": 1095,
    "catalogue_changes": 365,
    "answers": 730,
    "limits": 90,
    "browser_reports": 30,
    "faults": 30,
    "sandbox": 365,
    "departures": 1095,
}
# Whoever signs in from a network where their name got in lately is not locked out by a stranger: that is looked up.
FEWEST_SIGN_IN_DAYS = 30


def retention_days(chosen: Iterable[str]) -> dict[str, int]:
    """Read how long each kind is kept, as `mails=180`; what is not named keeps its usual days.

    Raises: ImproperlyConfigured with a sentence that says what to set.
    """
    days = dict(USUAL_DAYS)
    for part in filter(None, chosen):
        name, _equals, number = part.partition("=")
        if name not in days or not number.isdecimal() or len(number) > 5:
            example = "drafts=14,mails=180"
            raise ImproperlyConfigured(f"Set RETENTION_DAYS to names of docs/retention.md with days, e.g. {example}.")
        days[name] = int(number)
    if 0 < days["sign_ins"] < FEWEST_SIGN_IN_DAYS:
        raise ImproperlyConfigured(f"Keep sign_ins in RETENTION_DAYS for {FEWEST_SIGN_IN_DAYS} days or more.")
    return days
