"""The portal's settings with a platform that fails in every way it can. For storms only."""

import os

from realto_portal.settings import *  # noqa: F403

SANDBOX_TRANSPORT = "tests.chaos.faults.FaultyTransport"
CHAOS_FAULTS = float(os.environ["CHAOS_FAULTS"])  # the share of calls that go wrong
CHAOS_LOG = os.environ["CHAOS_LOG"]  # one line for each call that reaches the transport
CHAOS_HOLD = float(os.environ["CHAOS_HOLD"])  # seconds between the platform's acting and its answer to a POST
SANDBOX_STEP_SECONDS = 0.3
# Nobody looks at the pages: they need no collected files.
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
