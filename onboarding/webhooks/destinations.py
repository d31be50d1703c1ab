"""Which machines webhooks may be sent to. Pure; `docs/security.md` says why.

An address is looked at twice: as it is typed at the desk, and again each time when a connection stands, because what a
name stands for may change in between. `is_local`: the portal runs on somebody's own machine.
"""

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

from onboarding.lib.safe_links import LOOPBACK, parts_of

# Those of clouds that are not link-local: Amazon (credentials of pods, too), Google, Alibaba, Azure, Oracle.
METADATA = (
    *(ip_network("fd00:ec2::/32"), ip_network("fd20:ce::/32")),
    *(ip_network("100.100.100.200"), ip_network("168.63.129.16"), ip_network("192.0.0.192")),
)
# Stand for the addresses of IPv4 in networks that have none of their own.
NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


def is_safe_url(url: str, *, is_local: bool) -> bool:
    """Tell whether an address may be entered: https without a name, a password or a fragment in it.

    On one's own machine http will do for that machine itself.
    """
    parts = parts_of(url)
    try:
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:  # no port has such a number
        return False
    is_plain = has_host and "@" not in parts.netloc and "#" not in url
    is_own = is_local and parts.scheme == "http" and parts.hostname in LOOPBACK
    return is_plain and (parts.scheme == "https" or is_own)


def may_be_reached(address: str, *, is_local: bool) -> bool:
    """Tell whether a machine at this IP address may be called: none that only this machine, or a cloud, has."""
    try:
        found = _plain(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if found.is_loopback:
        return is_local
    is_nobodys = found.is_link_local or found.is_unspecified or found.is_multicast or found.is_reserved
    return not is_nobodys and not any(found in network for network in METADATA)


def _plain(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """Return the address of IPv4 that one of IPv6 stands for, if it does."""
    if isinstance(address, IPv4Address):
        return address
    is_inside = any(address in network for network in NAT64)
    inner = IPv4Address(int(address) & 0xFFFFFFFF) if is_inside else None
    return address.ipv4_mapped or address.sixtofour or inner or address
