"""The portal's settings, for a worker that soon looks again while somebody watches: these platforms take no time."""

from datetime import timedelta

from onboarding.request import schedule
from realto_portal.settings import *  # noqa: F403

schedule.WATCHED_INTERVALS = ((timedelta(minutes=1), timedelta(seconds=0.3)), *schedule.WATCHED_INTERVALS[1:])
