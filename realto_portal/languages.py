"""The languages of the portal: English, which the code says, and each that has a compiled catalogue in `locale/`."""

from pathlib import Path

from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

# Those that the support desk speaks too: their catalogues have every message. To staff, others are English.
AT_THE_DESK = ("de", "en", "fr", "nl")


def in_folder(locale: Path) -> list[tuple[str, str]]:
    """Return (code, its own name) of every language, in the order of these names."""
    codes = {"en", *(to_language(path.parts[-3]) for path in locale.glob("*/LC_MESSAGES/django.mo"))}
    names = {code: LANG_INFO[code]["name_local"] for code in codes}
    return sorted(((code, name[:1].upper() + name[1:]) for code, name in names.items()), key=lambda pair: pair[1])
