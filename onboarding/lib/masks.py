"""Masks for what tells whose it is, wherever it would be read without need: on pages of the desk and in logs. Pure."""

import re

# What looks like an e-mail address, a VIN, or the number of a meter, whosoever it is. Bounds keep long words quick.
LIKELY = re.compile(
    r"[^\s@<>\"'(),;:=]{1,64}@[^\s@<>\"'(),;:=]{1,255}\.\w+"
    r"|(?<![A-Z0-9])(?=[A-Z]*[0-9])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])"
    r"|(?<![0-9])[0-9]{13,18}(?![0-9])",
    re.IGNORECASE,
)


def mask_likely(text: str) -> str:
    """Mask in a text what looks like an address or the number of a device."""
    return LIKELY.sub(lambda found: mask(found[0]), text)


def mask(value: str) -> str:
    """Hide an identifier for lists and logs: its end stays, at most 4 characters; of an e-mail address, the domain."""
    local, at, domain = value.rpartition("@")
    if at and local and domain:
        return f"{local[0] if len(local) > 1 else ''}•••@{domain}"
    kept = min(4, max(0, len(value) - 1) // 4)  # of a short code, nearly everything has to go
    hidden = len(value) - kept
    return "•" * hidden + value[hidden:]
