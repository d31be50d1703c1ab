"""What every kind of work in our tables shares: a lease that may be over."""

from datetime import datetime

from django.db.models import Q


def is_free(now: datetime) -> Q:
    """Match the rows that no worker holds."""
    return Q(lease_expires_at=None) | Q(lease_expires_at__lte=now)
