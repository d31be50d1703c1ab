"""The portal's settings with a language that only tests speak in the place of one of its own."""

import os

from .settings import *  # noqa: F403

LOCALE_PATHS = [os.environ["PSEUDO_LOCALE"]]
