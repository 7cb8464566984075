"""What is asked of tasks all the time, in statements that are compiled once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import or_
from typing import Any, ClassVar

from django.db.models import BooleanField, F, Func, Q

from djirgo.accounts.models import User
from djirgo.rest.pages import Ordering, Place, page
from djirgo.statements import Slot, Statement
from djirgo.tasks.models import Project, Task
from djirgo.tasks.representation import Row

_any = Statement(lambda: Task.objects.filter(pk=Slot("id")))
_seen = Statement(lambda: Task.objects.filter(pk=Slot("id")).seen_by(Slot("user")))
_any_row = Statement(lambda: Task.objects.filter(pk=Slot("id")).rows(), instants_as_text=True)
_seen_row = Statement(lambda: Task.objects.filter(pk=Slot("id")).seen_by(Slot("user")).rows(), instants_as_text=True)


def task(user: User, pk: int) -> Task | None:
    """A task by its id, if the user may see it."""
    return _any.one(id=pk) if user.is_staff else _seen.one(id=pk, user=user.pk)


def row(user: User, pk: int) -> Row | None:
    """The same, as a row to show."""
    return _any_row.row(id=pk) if user.is_staff else _seen_row.row(id=pk, user=user.pk)


@dataclass(frozen=True)
class CommonList:
    """A list of tasks, narrowed to what is common and has one column."""

    columns: ClassVar[dict[str, str]] = {
        "task_status": "status",
        "owner": "owner_id",
        "performer": "performer_id",
        "project": "project_id",
        "priority": "priority",
    }
    model: ClassVar[type[Task]] = Task

    user: User
    #: By the names of the API.
    values: dict[str, Any]

    def page(self, ordering: Ordering, place: Place | None, backwards: bool, wanted: int) -> list[Row]:
        whole, own = map(_padded, ([], []) if self.user.is_staff else Project.objects.seen_by(self.user))
        if not (whole or own or self.user.is_staff):
            return []
        beyond = {"value": place[0], "after": place[1]} if place else {}
        names = tuple(sorted(self.values))
        statement = _pages(names, len(whole), len(own), ordering, place is not None, backwards, wanted)
        return statement.rows(
            user=self.user.pk, **self.values, **beyond, **_named("whole", whole), **_named("own", own)
        )


@lru_cache(maxsize=512)
def _pages(
    names: tuple[str, ...], whole: int, own: int, ordering: Ordering, goes_on: bool, backwards: bool, wanted: int
) -> Statement[Task]:
    """The statement for all pages of one shape."""

    def build() -> Any:
        columns = CommonList.columns
        seen = {"project": Slot("whole0")} if (whole, own) == (1, 0) else {}
        led = seen | {name: Slot(name) for name in names}
        leading = _leading(led) if ordering.column == "id" else None
        tasks = Task.objects.filter(**{columns[name]: Slot(name) for name in names if name != leading})
        if whole or own:
            of_theirs = Q(owner_id=Slot("user")) | Q(performer_id=Slot("user"))
            tasks = tasks.filter(_one_of("whole", whole) | _one_of("own", own) & of_theirs)
        place = (Slot("value"), Slot("after")) if goes_on else None
        rows = page(tasks.rows(), ordering, place, backwards)
        if leading:
            by = ordering._replace(column=columns[leading])
            rows = rows.filter(Led(F(by.column), led[leading])).order_by(*by.columns(backwards=backwards))
        return rows[:wanted]

    return Statement(build, instants_as_text=True)


class Led(Func):
    """`column = value`, said so that PostgreSQL goes over the index that the column leads.

    Where `status = …` is ordered by id, it may go over all ids instead, past every task that is newer and has another
    status: millions of them, where it believes that they are evenly spread. Of `= ANY` it does not know that it means
    one value, and so it needs an index that is in the order of both.
    """

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> tuple[str, list[Any]]:  # type: ignore[override]
        (column, a), (value, b) = [compiler.compile(expression) for expression in self.source_expressions]
        of_one = f"{column} = {value}" if connection.vendor == "sqlite" else f"{column} = ANY(ARRAY[{value}])"
        return of_one, [*a, *b]


def _leading(names: Collection[str]) -> str | None:
    """Of what a list is narrowed to, the first column of the index that holds fewest besides."""
    by_status = "project" if {"project", "task_status"} <= {*names} else "task_status"
    return next((name for name in ("owner", "performer", by_status, "priority", "project") if name in names), None)


def _padded(ids: Sequence[int]) -> Sequence[int]:
    """With some of them twice, so that there are statements for 1, 2, 4, 8 … projects, and not for every number."""
    number = 1 << max(len(ids) - 1, 0).bit_length()
    return [*ids, *list(ids[-1:]) * (number - len(ids))]


def _named(name: str, ids: Sequence[int]) -> dict[str, int]:
    return {f"{name}{place}": pk for place, pk in enumerate(ids)}


def _one_of(name: str, number: int) -> Q:
    """Django has no `IN` for what is not known beforehand."""
    if number == 1:
        return Q(Led(F("project_id"), Slot(f"{name}0")))
    return reduce(or_, (Q(project_id=Slot(f"{name}{place}")) for place in range(number)), Q(pk__in=[]))
