"""The portal's settings, in a hurry: a worker that soon looks again while somebody watches, and passwords made fast.

The platforms of journeys take no time, and nobody guesses the passwords of their desks.
"""

from datetime import timedelta

from onboarding.request import schedule
from realto_portal.settings import *  # noqa: F403

schedule.WATCHED_INTERVALS = ((timedelta(minutes=1), timedelta(seconds=0.3)), *schedule.WATCHED_INTERVALS[1:])
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
