"""How often workers do what: counted in the memory of each, and added to rows a few times a minute.

What a worker counted since then is lost when it is killed; that is the price of no write for each thing that is done.
"""

import threading

from django.db import connection, transaction

from .count_models import WorkCount

TABLE = WorkCount._meta.db_table
ADD = (
    f"INSERT INTO {TABLE} (name, outcome, amount) VALUES (%s, %s, %s)"  # noqa: S608
    f" ON CONFLICT (name, outcome) DO UPDATE SET amount = {TABLE}.amount + excluded.amount"
)
_lock = threading.Lock()
_counted: dict[tuple[str, str], float] = {}


def add(name: str, outcome: str, amount: float = 1) -> None:
    """Count something that ended in one of a few ways, or the seconds that it took."""
    with _lock:
        _counted[name, outcome] = _counted.get((name, outcome), 0) + amount


def flush() -> None:
    """Add to the rows what this process counted; nothing is written when it counted nothing."""
    with _lock:
        counted = dict(_counted)
        _counted.clear()
    if not counted:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.executemany(ADD, [(*key, amount) for key, amount in sorted(counted.items())])
    except Exception:
        for key, amount in counted.items():
            add(*key, amount)  # for the next time
        raise
