"""Keys for trying the portal on one machine: everybody knows them."""

from base64 import b64encode

LOCAL_DATA_KEYS = [b64encode(b"local-only: guards nothing, 32 b").decode()]
LOCAL_INDEX_KEY = b64encode(b"local-only: hides nothing, 32 by").decode()
