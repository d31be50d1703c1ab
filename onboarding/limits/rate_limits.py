"""Whether something may be done now, or was done too often: `LIMITS` says what, the storage counts.

Nobody can be recognised in what is stored: addresses and subjects go in as keyed hashes. A storage that fails lets
everything through and says so in the log: a limiter that is ill must not take the portal down.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.db import Error, connection, transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string

from .limit_storage import Count, DatabaseStorage, Use
from .limit_table import LIMITS, SCOPES
from .models import RateLimitTally

logger = logging.getLogger(__name__)

SALT = "onboarding.rate-limits"
# So many networks of a customer's line are one address: a household gets a whole /64.
IPV6_PREFIX = 64
# So many of them belong to one line, at most: what a company or somebody with a server gets is a /48.
LINE_PREFIX = 48
TALLY = RateLimitTally._meta.db_table
ADD_ONE = (
    f"INSERT INTO {TALLY} (hour, name, scope, times) VALUES (%s, %s, %s, 1)"  # noqa: S608
    f" ON CONFLICT (hour, name, scope) DO UPDATE SET times = {TALLY}.times + 1"
)


# The library wraps what its own storages raise; ours raises what the database does.
TROUBLE = (StorageError, Error)

type Ask = Callable[[Storage, Sequence[Use]], Mapping[str, Count]]


@dataclass(frozen=True)
class Verdict:
    """Whether it was too often; if so, whose count is full (`scope`) and when its window ends, in Unix seconds."""

    is_over: bool = False
    scope: str = ""
    ends_at: float = 0.0

    @property
    def seconds(self) -> int:
        """How long to wait, at least one second."""
        return max(1, int(self.ends_at - time.time() + 0.999))


FREE = Verdict()


def hit(name: str, *, address: str = "", subject: str = "", scopes: Collection[str] = SCOPES) -> Verdict:
    """Count one use of what is limited under this name, and tell whether it was one too many.

    An empty address or subject is not limited by itself. `scopes`: count and ask for these only.
    """
    try:
        verdict = _judge(_uses(name, address, subject, scopes), _count)
    except TROUBLE:
        logger.exception("Rate limits cannot be counted; everything is let through.")
        return FREE
    if verdict.is_over:
        _tally(name, verdict.scope)
    return verdict


def look(name: str, *, address: str = "", subject: str = "") -> Verdict:
    """Tell whether one more use would be too many; counts nothing."""
    try:
        return _judge(_uses(name, address, subject), _foresee)
    except TROUBLE:
        logger.exception("Rate limits cannot be read; everything is let through.")
        return FREE


def give_back(name: str, *, address: str = "", subject: str = "", scopes: Collection[str] = SCOPES) -> None:
    """Take back the last `hit`, of the same: where only failures count, it was a success."""
    try:
        kept, uses = storage(), _uses(name, address, subject, scopes)
        if isinstance(kept, DatabaseStorage):
            kept.give_back(use.key for use in uses)
            return
        for use in uses:
            kept.incr(use.key, use.seconds, -1)
    except TROUBLE:
        logger.exception("A rate limit could not be given back.")


def address_of(http: HttpRequest) -> str:
    """Return from where a request comes, as the limits count it: an IPv4 address, or the network of an IPv6 one.

    Behind a proxy it is what the proxy itself put last into `X-Forwarded-For`; what stands before it came with the
    request, and may be made up.
    """
    told = http.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return network_of(told.rpartition(",")[2].strip() or http.META.get("REMOTE_ADDR", ""))


def network_of(address: str) -> str:
    """Return what counts as one address; text that is none stands for itself."""
    bare = address.partition("]")[0].removeprefix("[")  # [2001:db8::1]:443
    if bare.count(":") == 1:  # 192.0.2.1:443
        bare = bare.partition(":")[0]
    try:
        found = ip_address(bare.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return str(found)
    return str(found.ipv4_mapped or ip_network((found, IPV6_PREFIX), strict=False))


def storage() -> Storage:
    """Return where counts are kept.

    Raises: ConfigurationError when the setting names none, or one whose client is not installed.
    """
    return _storage(settings.RATE_LIMIT_STORAGE or "database://")


@lru_cache
def _storage(uri: str) -> Storage:
    # Nobody waits for a storage that does not answer.
    patience = {"socket_timeout": 1.0} if uri.startswith(("redis", "valkey")) else {}
    found = storage_from_string(uri, wrap_exceptions=True, **patience)
    if not isinstance(found, Storage):
        raise ConfigurationError("An asynchronous storage cannot be used here.")
    return found


def _judge(uses: Sequence[Use], ask: Ask) -> Verdict:
    counts = ask(storage(), uses) if uses else {}
    full = [(use, counts[use.key]) for use in uses if use.key in counts and counts[use.key].count > use.most]
    if not full:
        return FREE
    use, count = full[0]
    return Verdict(is_over=True, scope=use.scope, ends_at=count.ends_at)


def _count(kept: Storage, uses: Sequence[Use]) -> Mapping[str, Count]:
    """Count every key once, the narrowest first; what comes after a full one is not counted."""
    if isinstance(kept, DatabaseStorage):
        return kept.use(uses)
    counts: dict[str, Count] = {}
    for use in uses:
        if any(other.rank < use.rank and counts[other.key].count > other.most for other in uses[: len(counts)]):
            break
        times = kept.incr(use.key, use.seconds)
        counts[use.key] = Count(times, kept.get_expiry(use.key) if times > use.most else 0.0)
    return counts


def _foresee(kept: Storage, uses: Sequence[Use]) -> Mapping[str, Count]:
    """Return what the counts would be after one more use."""
    if isinstance(kept, DatabaseStorage):
        counts = kept.read(use.key for use in uses)
    else:
        counts = {use.key: Count(kept.get(use.key), kept.get_expiry(use.key)) for use in uses}
    return {key: Count(count.count + 1, count.ends_at) for key, count in counts.items()}


def _uses(name: str, address: str, subject: str, scopes: Collection[str] = SCOPES) -> list[Use]:
    """List what one attempt counts, the narrowest first."""
    network = _line_of(address)
    whose = {
        "pair": f"{len(subject)} {subject}{network or address}" if subject and address else "",
        "address": address,
        "network": network,
        "subject": subject,
        "overall": "everybody",
    }
    return [
        Use(item.key_for(name, scope, _digest(name, scope, whose[scope])), item.get_expiry(), item.amount, rank, scope)
        for rank, (scope, item) in enumerate(LIMITS[name].items)
        if whose[scope] and scope in scopes
    ]


def _line_of(address: str) -> str:
    """Return the network that one line may have, for one of IPv6; empty for any other address."""
    try:
        found = ip_network(address)
    except ValueError:
        return ""
    return str(found.supernet(new_prefix=LINE_PREFIX)) if found.version == 6 else ""


def _digest(name: str, scope: str, value: str) -> str:
    """Return what stands for a value of any length and any characters."""
    whom = value.encode("utf-8", "surrogatepass").hex()
    return salted_hmac(SALT, f"{name}/{scope}/{whom}", algorithm="sha256").hexdigest()[:40]


def _tally(name: str, scope: str) -> None:
    """Count for staff that somebody was stopped; a count that cannot be stored is lost."""
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(ADD_ONE, [connection.ops.adapt_datetimefield_value(hour), name, scope])
    except Error:
        logger.warning("A stop by a rate limit was not counted.", exc_info=True)
