"""A storm's settings, with limits that a benchmark does not meet."""

from benchmarks.settings import *  # noqa: F403
from tests.chaos.settings import *  # noqa: F403
