"""Where most people have their mailbox, to ask about an address that comes near. Pure."""

from rapidfuzz.distance import OSA

# The providers of many in the countries that we speak the languages of, without names so short that others come near.
COMMON = (
    *("gmail.com", "hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "googlemail.com", "protonmail.com"),
    *("hotmail.be", "outlook.be", "telenet.be", "skynet.be", "proximus.be", "scarlet.be"),
    *("hotmail.nl", "outlook.nl", "ziggo.nl", "kpnmail.nl", "planet.nl"),
    *("hotmail.fr", "outlook.fr", "yahoo.fr", "orange.fr", "wanadoo.fr", "laposte.net"),
    *("hotmail.de", "outlook.de", "yahoo.de", "t-online.de", "freenet.de", "hotmail.co.uk", "yahoo.co.uk"),
)
# Providers of their own, however near they come.
OTHERS = frozenset({"ymail.com", "email.com", "mail.com"})
NEAR = 1
# Endings that nobody has, of the names that everybody knows.
WRONG_ENDINGS = frozenset({"con", "co", "cm", "om", "cmo", "comm", "ocm", "vom", "xom"})


def likely_domain(domain: str) -> str:
    """Return the common provider that a domain is probably meant to be; nothing for one that is fine as it is.

    Near is one letter more, less, other or changed in place with its neighbour, or an ending that nobody has.
    """
    if domain in COMMON or domain in OTHERS:
        return ""
    return next((provider for provider in COMMON if _is_near(domain, provider)), "")


def _is_near(domain: str, provider: str) -> bool:
    name, _dot, ending = domain.partition(".")
    known, _dot, right = provider.partition(".")
    if ending == right or (right == "com" and ending in WRONG_ENDINGS):
        return OSA.distance(name, known, score_cutoff=NEAR) <= NEAR
    return False
