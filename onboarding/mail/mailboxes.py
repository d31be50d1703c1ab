"""How much one mailbox may get from us, whoever asks: somebody else's may have been typed in, on purpose or not.

What was queued is the count, so that nothing can be asked for twice at the same moment, and a failing mail server adds
nothing up.
"""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from onboarding.lib.addresses import key_of
from onboarding.limits.limit_storage import hold

from .models import Mail

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# Links that people ask for by themselves, within any hour; and together with those that a colleague sends.
MOST_LINKS, MOST_LINKS_BY_STAFF = 3, 10
# All other mails, of many devices of one person: more than this waits an hour, and after that many a day it is enough.
MOST_NEWS, MOST_NEWS_A_DAY = 20, 100
LINKS = (Mail.Kind.LINK, Mail.Kind.INVITATION)
# A reminder brings a link again, to whoever's address was typed.
WITH_REMINDERS = (*LINKS, Mail.Kind.REMINDER)


def mailbox_of(address: str) -> str:
    """Return what tells a mailbox, as it is stored: the same however the address of it is written.

    What stands behind a plus arrives in the same one almost everywhere; where it does not, two people share a count.
    """
    local, _at, domain = (key_of(address) or address).rpartition("@")
    plain = local.partition("+")[0] or local
    if domain in {"gmail.com", "googlemail.com"}:  # dots do not count there, and both are the same
        plain, domain = plain.replace(".", ""), "gmail.com"
    return salted_hmac("onboarding.mailbox", f"{plain}@{domain}", algorithm="sha256").hexdigest()


def has_room(address: str, most: int = MOST_LINKS) -> bool:
    """Tell whether a mailbox may get one more link; for the transaction that queues it, which others wait for."""
    hold(f"mailbox/{mailbox_of(address)}")
    return not is_full(address, most)


def is_full(address: str, most: int) -> bool:
    """Tell whether a mailbox got so many links within an hour, counting those that are on their way."""
    mailbox, since = mailbox_of(address), timezone.now() - HOUR
    on_its_way = Q(queued_at__gt=since) | Q(sent_at__gt=since) | Q(due_at__isnull=False)
    return _mails_to(mailbox).filter(on_its_way, kind__in=LINKS).count() >= most


def wait_until(mail: Mail, now: datetime) -> datetime | None:
    """Return when a mail that is no link may go, because its mailbox got so many within an hour; None is now.

    A reminder counts with links: somebody else's address may have been given for many devices. Of one device there is
    a ladder of four.
    """
    if mail.kind == Mail.Kind.REMINDER:
        got = _mails_to(mail.mailbox).filter(sent_at__gt=now - HOUR, kind__in=WITH_REMINDERS)
        got = got.exclude(request=mail.request)
        is_full = bool(mail.mailbox) and got[:MOST_LINKS].count() >= MOST_LINKS
    else:
        is_full = mail.kind not in LINKS and _news(mail, now - HOUR) >= MOST_NEWS
    return now + HOUR if is_full else None


def is_enough(mail: Mail, now: datetime) -> bool:
    """Tell whether a mailbox got so much within a day that it is left alone."""
    return mail.kind not in LINKS and _news(mail, now - DAY) >= MOST_NEWS_A_DAY


def _news(mail: Mail, since: datetime) -> int:
    if not mail.mailbox:  # queued before mailboxes were told apart
        return 0
    return _mails_to(mail.mailbox).filter(sent_at__gt=since).exclude(kind__in=LINKS)[:MOST_NEWS_A_DAY].count()


def _mails_to(mailbox: str) -> QuerySet[Mail]:
    return Mail.objects.filter(mailbox=mailbox).exclude(to="").order_by()
