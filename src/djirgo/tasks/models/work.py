"""The time ledger: who worked on what, from when to when; and the clock of a task, which writes it.

Reports read the ledger by whole microseconds and by its reach. An interval that reaches into a range began at most its
own length before it: so the ledger is sorted by how long its intervals are, roughly, and a report reads of each kind
what began within the range or so much before it, and nothing else.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.db import connection, models
from django.db.models import Case, F, Func, Q, Value, When
from django.db.models.lookups import LessThanOrEqual

from djirgo.accounts.models import User
from djirgo.rows import new, note
from djirgo.tasks.models.span import Span, microseconds

#: An interval of reach 0 is at most so many microseconds long, and so on; the last holds all others, and what runs.
REACHES = (*(days * 86_400_000_000 for days in (1, 32, 1024)), 2**62)


class Microseconds(Func):
    """An instant as whole microseconds since 1970, in both databases the same as `since_epoch`."""

    output_field = models.BigIntegerField()
    template = "(EXTRACT(EPOCH FROM %(expressions)s AT TIME ZONE 'UTC') * 1000000)::bigint"
    #: There an instant is a text of up to six decimals, and `strftime` alone would round them; char(37) is a `%`.
    template_sqlite = (
        "(CAST(strftime(char(37) || 's', substr(%(expressions)s, 1, 19)) AS INTEGER) * 1000000"
        " + CAST(substr(substr(%(expressions)s, 21, 6) || '000000', 1, 6) AS INTEGER))"
    )

    def as_sqlite(self, compiler: Any, connection: Any, **more: Any) -> Any:
        return self.as_sql(compiler, connection, template=self.template_sqlite, **more)

    @classmethod
    def sql(cls, column: str) -> str:
        """The same of a column in a statement that is written by hand."""
        template = {"postgresql": cls.template, "sqlite": cls.template_sqlite}[connection.vendor]
        return template % {"expressions": column}


def reach() -> Case:
    """How far an interval reaches: the first of `REACHES` that it fits into."""
    length = Microseconds("ended_at") - Microseconds("started_at")
    fits = [When(LessThanOrEqual(length, Value(longest)), then=Value(kind)) for kind, longest in enumerate(REACHES)]
    return Case(*fits[:-1], default=Value(len(REACHES) - 1))


class WorkIntervalQuerySet(models.QuerySet["WorkInterval"]):
    def running(self) -> Self:
        return self.filter(ended_at=None)

    def within(self, span: Span) -> Self:
        """Those that share some time with the span."""
        is_something = Q(ended_at=None) | Q(ended_at__gt=F("started_at"))
        goes_on = Q(ended_at=None) | Q(ended_at__gt=span.started_at)
        return self.filter(is_something, goes_on, started_at__lt=span.ended_at)


class WorkInterval(models.Model):
    """One stretch of work, exact to the microsecond. While it has no end, the clock is running.

    The stretches of one task share no time: the database sees to it (the migration `time`).
    """

    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="intervals", db_index=False)
    performer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="intervals", db_index=False)
    #: The task's project once more, so that a report finds its own by one index.
    project = models.ForeignKey("tasks.Project", models.CASCADE, related_name="+", db_index=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    begins = models.GeneratedField(
        expression=Microseconds("started_at"), output_field=models.BigIntegerField(), db_persist=True
    )
    ends = models.GeneratedField(
        expression=Microseconds("ended_at"), output_field=models.BigIntegerField(null=True), db_persist=True
    )
    reach = models.GeneratedField(expression=reach(), output_field=models.SmallIntegerField(), db_persist=True)

    objects = WorkIntervalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task"], condition=models.Q(ended_at=None), name="a_task_has_one_running_interval"
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at=None) | models.Q(ended_at__gte=models.F("started_at")),
                name="work_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["task", "started_at", "id"], name="work_on_task"),
            # A report is answered from one of these; by PostgreSQL, without a look at the table.
            models.Index(fields=["project", "reach", "begins", "ends", "performer", "task"], name="work_in_project"),
            models.Index(fields=["performer", "reach", "begins", "ends", "project", "task"], name="work_by_performer"),
        ]

    def __str__(self) -> str:
        return f"{self.performer}: {self.started_at} to {self.ended_at or 'now'}"

    def microseconds(self, *, now: datetime) -> int:
        """How long it is; one that is running, until now."""
        return max(microseconds(self.started_at, self.ended_at or now), 0)


class Timed(models.Model):
    """The part of a task that says how long it was worked on."""

    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    #: The sum of the intervals that have ended. The one that has not began at `running_since`.
    worked_microseconds = models.BigIntegerField(default=0)
    running_since = models.DateTimeField(null=True)

    if TYPE_CHECKING:
        project_id: int

    class Meta:
        abstract = True

    @property
    def is_running(self) -> bool:
        return self.running_since is not None

    def _start_clock(self, performer: User, now: datetime) -> None:
        note(new(WorkInterval, task_id=self.pk, project_id=self.project_id, performer=performer, started_at=now))
        self.running_since = now

    def _stop_clock(self, now: datetime) -> None:
        if self.running_since is None:
            return
        WorkInterval.objects.running().filter(task_id=self.pk).update(ended_at=now)
        self.worked_microseconds += microseconds(self.running_since, now)
        self.running_since = None
