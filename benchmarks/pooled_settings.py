"""The benchmarks' settings with psycopg's pool in place of connections that threads keep."""

from benchmarks.settings import *  # noqa: F403

DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405  a pool wants them back
DATABASES["default"]["OPTIONS"]["pool"] = True  # noqa: F405
