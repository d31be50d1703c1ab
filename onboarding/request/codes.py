"""Ids that nobody can guess, and codes that people read aloud."""

import secrets

# Read aloud on the phone: no letters or digits that sound or look alike.
SUPPORT_ALPHABET = "ACDEFHJKLMNPRTUVWXY3479"
SUPPORT_LENGTH = 8


def new_reference() -> str:
    """Make the public id of a request: 128 random bits, safe in a URL."""
    return secrets.token_urlsafe(16)


def spoken(code: str) -> str:
    """Write a code of eight in two groups, as people read it aloud."""
    return f"{code[:4]}-{code[4:]}"


def new_support_code() -> str:
    """Make the short code of a request, which people read aloud: eight letters and digits."""
    return "".join(secrets.choice(SUPPORT_ALPHABET) for _place in range(SUPPORT_LENGTH))
