"""The keys of what is stored: from variables of the environment, or from the files that they name."""

from base64 import b64encode
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

# For trying the portal on one machine: everybody knows them.
LOCAL_DATA_KEYS = [b64encode(b"local-only: guards nothing, 32 b").decode()]
LOCAL_INDEX_KEY = b64encode(b"local-only: hides nothing, 32 by").decode()


def read(name: str, text: str, file: str) -> list[str]:
    """Return the keys in the text of a variable, separated by commas or lines; or in a `file`, when one is named.

    Raises: ImproperlyConfigured when that cannot be read.
    """
    try:
        text = Path(file).read_text() if file else text
    except OSError as problem:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {problem.strerror}.") from None
    return text.replace(",", " ").split()
