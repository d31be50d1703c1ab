"""What the portal holds of people, table by table: the one list that the export, the page for lawyers and a test read.

Every column of a table that has anything of people is here, either among those that a person is told or with the
reason why not. `docs/privacy.md` has it as a table; a test fails for a column that is in neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.apps import apps
from django.db.models import Model

# Why a person is not told a column.
OPENS = "opens something for whoever has it"
COPY = "a hash or copy of another one, to find or compare it by"
TIES = "ties rows together, or counts them"
WORK = "how workers do it"
HARMLESS = "tells of nobody"
COLLEAGUE = "names a colleague"
KEPT_SECRET = "secret of the colleague's own"  # noqa: S105  words

# Columns of whatever workers do.
LEASE = ("due_at", "lease", "lease_expires_at", "failures")


@dataclass(frozen=True)
class Holding:
    """What one table holds of people: why, for how long (a kind of `docs/retention.md`), and who may see it."""

    why: str
    kept: str
    seen_by: str
    told: tuple[str, ...] = ()
    not_told: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def columns(self) -> set[str]:
        return {*self.told}.union(*self.not_told.values())

    def told_as_text(self) -> str:
        return ", ".join(f"`{name}`" for name in self.told) or "–"

    def rest_as_text(self) -> str:
        parts = (f"{why}: {', '.join(f'`{name}`' for name in names)}" for why, names in self.not_told.items())
        return "; ".join(parts) or "–"


def model_of(label: str) -> type[Model]:
    return apps.get_model(label)


def columns_of(model: type[Model]) -> set[str]:
    """Return the names of all columns of a table."""
    return {column.name for column in model._meta.concrete_fields}


def table(holdings: Mapping[str, Holding], told: str, rest: str) -> str:
    """Write holdings as a table of Markdown; `told` and `rest` are the headings of the columns in question."""
    head = f"| Table | Why | How long | Who sees it | {told} | {rest} |\n|---|---|---|---|---|---|\n"
    return head + "".join(
        f"| `{model_of(label)._meta.db_table}` | {has.why} | {has.kept} | {has.seen_by} | {has.told_as_text()} "
        f"| {has.rest_as_text()} |\n"
        for label, has in holdings.items()
    )
