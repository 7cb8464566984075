"""A team and its programs do whatever they may and may not do, in any order, and after every step all of it holds.

The domain is driven through its own methods with a clock that only the machine moves. What is allowed, and who may, is
written here once more, as the contract has it and not as the program does.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from djirgo.accounts.models import User
from djirgo.errors import DomainError
from djirgo.events.models import Event
from djirgo.tasks import jobs
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.models import Attempt, Dependency, Label, Priority, Project, Role, Status, Task, WorkInterval
from djirgo.tasks.models.lease import LeaseLost
from djirgo.tasks.models.project import GENERAL
from tests.tasks.conftest import NOON
from tests.tasks.holds import (
    BEGUN,
    DONE,
    MOVES,
    NEW,
    OFF,
    follows_the_state_machine,
    is_in_its_place,
    is_timed,
    is_what_its_history_says,
)

#: Beside members, who may: the words are looked up in `Machine.is`.
WHO = {
    "start": {"nobody's", "performer"},
    "pause": {"performer"},
    "resume": {"performer"},
    "release": {"performer", "owner", "manager"},
    "complete": {"performer", "manager"},
    "fail": {"performer"},
    "cancel": {"owner", "manager"},
    "reopen": {"owner", "performer", "manager"},
    "edit": {"owner", "manager"},
    "delete": {"owner", "manager"},
}
#: The verbs that are told of by events of their own.
TOLD = {
    "start": "task.started",
    "pause": "task.paused",
    "resume": "task.resumed",
    "release": "task.released",
    "complete": "task.completed",
    "fail": "task.failed",
    "cancel": "task.cancelled",
    "reopen": "task.reopened",
}
#: What its holder does not do without the token.
FENCED = ("pause", "resume", "release", "complete", "fail", "cancel")
MOST_TASKS = 12

Pick = int
picks = st.integers(0, 99)
several = st.lists(picks, max_size=3)
priorities = st.sampled_from(Priority)
labels = st.lists(st.sampled_from(["ocr", "de", "ru"]), max_size=2, unique=True)
lengths = st.none() | st.integers(10, 60)
spans = st.sampled_from([0.0, 0.5, 3.0, 9.0, 10.0, 40.0, 400.0])
#: Which token is shown: that of the lease, one that was, one that never was, none.
tokens = st.sampled_from(["right", "stale", "wrong", "none"])


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.around = transaction.atomic()
        self.around.__enter__()
        self.now = NOON
        self.clock = mock.patch.object(jobs, "database_now", side_effect=lambda: self.now)
        self.clock.start()
        self.ids: list[int] = []
        #: The tokens that a task was ever leased by, with the holder and the version that it was claimed at.
        self.granted: dict[int, list[tuple[str, User, int]]] = defaultdict(list)
        self.some_are_leased = False

    def teardown(self) -> None:
        self.clock.stop()
        transaction.set_rollback(True)
        self.around.__exit__(None, None, None)

    @initialize()
    def found(self) -> None:
        make = User.objects.create_user
        self.ann, self.bob, self.boss, self.vic = (make(name) for name in ("ann", "bob", "boss", "vic"))
        self.bots = [User.create_bot(name, by=self.ann, at=self.now) for name in ("robin", "robot")]
        self.people = [self.ann, self.bob, self.boss, self.vic, *self.bots]
        self.general = Project.objects.get(pk=GENERAL)
        self.private = Project.create(by=self.ann, at=self.now, name="Private")
        self.general.admit(self.boss, by=None, at=self.now, role=Role.MANAGER)
        for user, role in ((self.boss, Role.MANAGER), (self.vic, Role.VIEWER), (self.bots[0], Role.MEMBER)):
            self.private.admit(user, by=self.ann, at=self.now, role=role)
        self.projects = [self.general, self.private]
        for number, by in enumerate([self.ann, self.boss, self.bots[0]] * 2):
            project, words = self.projects[number % 2], ["ocr", "de"][: number % 3]
            self.ids.append(Task.create(by=by, at=self.now, text="Something to do", project=project, labels=words).pk)

    # --- What they do ---------------------------------------------------------------------------------------------

    @rule(seconds=spans)
    def time_goes_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @precondition(lambda self: len(self.ids) < MOST_TASKS)
    @rule(who=picks, where=picks, labels=labels, priority=priorities, waits_for=several)
    def create(self, who: Pick, where: Pick, labels: list[str], priority: Priority, waits_for: list[Pick]) -> None:
        by, project = self.user(who), self.projects[where % 2]
        edits = {"labels": labels, "priority": priority, "blocked_by": self.some(waits_for, project)}
        with self.may_be_refused() as refused:
            task = Task.create(by=by, at=self.now, text="Something to do", project=project, **edits)
        if not refused:
            assert self.takes_part(by, project)
            self.ids.append(task.pk)

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, which=picks, shows=tokens, retry=st.booleans())
    def use_a_verb(self, what: Pick, who: Pick, which: Pick, shows: str, retry: bool) -> None:
        task = self.task(what)
        by, verb = self.actor(task, who), self.verb(task, which)
        if verb in ("start", "reopen"):
            self.do(task, by, verb, lambda: getattr(task, verb)(by=by, at=self.now))
            return
        more = {"retry": retry} if verb == "fail" else {}
        lease = self.token(task, shows)
        self.do(task, by, verb, lambda: getattr(task, verb)(by=by, at=self.now, lease=lease, **more), lease=lease)

    @rule(which=picks, seconds=st.sampled_from([10, 60]), labels=labels)
    def a_bot_claims(self, which: Pick, seconds: int, labels: list[str]) -> None:
        bot = self.bots[which % 2]
        self.note_leases(claim(Wish(bot, None, labels), at=self.now, lease_seconds=seconds), bot, leased=True)

    @precondition(lambda self: self.some_are_leased)
    @rule(what=picks, verb=st.sampled_from([*FENCED, "renew"]), token=st.booleans())
    def its_holder_goes_on(self, what: Pick, verb: str, token: bool) -> None:
        """Who holds the lease may do all that a performer may, until it runs out; without the token nothing."""
        leased = self.leased()
        task = leased[what % len(leased)]
        lease, by, _ = self.granted[task.pk][-1]
        shown = lease if token else None
        if verb == "renew":
            if token:
                self.renew_by(task, by, lease, None)
            return
        refusal = self.do(task, by, verb, lambda: getattr(task, verb)(by=by, at=self.now, lease=shown), lease=shown)
        if not token:
            assert isinstance(refusal, LeaseLost)
        elif self.lease_lasts and verb in ("release", "complete", "fail"):
            assert refusal is None

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, shows=tokens, seconds=lengths)
    def renew(self, what: Pick, who: Pick, shows: str, seconds: int | None) -> None:
        task = self.task(what)
        if lease := self.token(task, shows):
            self.renew_by(task, self.actor(task, who), lease, seconds)

    def renew_by(self, task: Task, by: User, lease: str, seconds: int | None) -> None:
        version, events = task.version, Event.objects.count()
        with self.may_be_refused() as refused:
            task.renew(lease, by=by, at=self.now, seconds=seconds)
        if not refused:
            assert (lease, by) == self.granted[task.pk][-1][:2]
            assert task.lease_expires_at is not None
            assert task.lease_expires_at > self.now
        assert (task.version, Event.objects.count()) == (version, events)

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, whom=picks, nobody=st.booleans(), shows=tokens)
    def assign(self, what: Pick, who: Pick, whom: Pick, nobody: bool, shows: str) -> None:
        task = self.task(what)
        by, lease = self.actor(task, who), self.token(task, shows)
        performer = None if nobody else self.user(whom)
        was_nobodys = task.performer_id in (None, by.pk)
        refusal = self.do(
            task, by, "assign", lambda: task.assign(performer, by=by, at=self.now, lease=lease), lease=lease
        )
        if refusal is None:
            by_right = self.is_one_of(task, by, {"owner", "manager"})
            assert by_right or (was_nobodys and performer in (None, by)) or self.has_done_nothing

    @rule(
        who=picks,
        where=st.none() | picks,
        labels=labels,
        limit=st.integers(1, 3),
        seconds=lengths,
    )
    def claim(self, who: Pick, where: Pick | None, labels: list[str], limit: int, seconds: int | None) -> None:
        by, project = self.user(who), None if where is None else self.projects[where % 2]
        expected = self.queue_of(by, project, labels)[:limit]
        with self.may_be_refused() as refused:
            got = claim(Wish(by, project, labels), at=self.now, lease_seconds=seconds, limit=limit)
        if refused:
            assert project
            assert not self.takes_part(by, project)
            return
        assert [task.pk for task in got] == expected
        self.note_leases(got, by, leased=seconds is not None or by.is_bot)

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, seconds=lengths)
    def claim_this(self, what: Pick, who: Pick, seconds: int | None) -> None:
        task = self.task(what)
        by = self.actor(task, who)
        refusal = self.do(task, by, "start", lambda: task.claim(lease_seconds=seconds, by=by, at=self.now))
        if refusal is None:
            self.note_leases([task], by, leased=seconds is not None or by.is_bot)

    @precondition(lambda self: self.some_are_leased)
    @rule(seconds=spans)
    def leases_are_swept(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        jobs.return_expired_leases(self.now)
        assert not Task.objects.filter(lease_expires_at__lte=self.now).exists()

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, labels=labels, priority=priorities, due=st.none() | spans, shows=tokens)
    def edit(self, what: Pick, who: Pick, labels: list[str], priority: Priority, due: float | None, shows: str) -> None:
        task = self.task(what)
        by, lease = self.actor(task, who), self.token(task, shows)
        due_at = None if due is None else NOON + timedelta(seconds=due)
        edits = {"labels": labels, "priority": priority, "due_at": due_at}
        self.do(task, by, "edit", lambda: task.edit(by=by, at=self.now, lease=lease, **edits), lease=lease)

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, waits_for=several)
    def make_it_wait(self, what: Pick, who: Pick, waits_for: list[Pick]) -> None:
        task = self.task(what)
        by = self.actor(task, who)
        ids = self.some(waits_for, task.project)
        refusal = self.do(task, by, "edit", lambda: task.edit(by=by, at=self.now, blocked_by=ids))
        if refusal is None:
            assert task.blocked_by == ids

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, where=picks)
    def move(self, what: Pick, who: Pick, where: Pick) -> None:
        task, project = self.task(what), self.projects[where % 2]
        by = self.actor(task, who)
        self.do(task, by, "edit", lambda: task.edit(by=by, at=self.now, project=project))

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks, status=st.sampled_from(Status), shows=tokens, text=st.none() | st.just("Said anew"))
    def set_the_status(self, what: Pick, who: Pick, status: Status, shows: str, text: str | None) -> None:
        task = self.task(what)
        by, lease = self.actor(task, who), self.token(task, shows)
        edits: dict[str, Any] = {"text": text} if text else {}
        with self.may_be_refused():
            task.revise(status, by=by, at=self.now, lease=lease, **edits)
        if not self.has_done_nothing:
            assert self.takes_part(by, task.project)
            assert task.status == status

    @precondition(lambda self: self.ids)
    @rule(what=picks, who=picks)
    def delete(self, what: Pick, who: Pick) -> None:
        task = self.task(what)
        by = self.actor(task, who)
        pk, project, allowed = task.pk, task.project, self.is_one_of(task, by, WHO["delete"])
        with self.may_be_refused() as refused:
            task.delete_for_good(by=by, at=self.now)
        if not refused:
            assert allowed
            assert self.takes_part(by, project)
            self.ids.remove(pk)

    @rule(who=picks, whom=picks)
    def let_go(self, who: Pick, whom: Pick) -> None:
        with self.may_be_refused() as refused:
            self.private.remove_member(self.user(whom), by=self.ann if who % 4 else self.user(who), at=self.now)
        if not refused:
            assert not self.private.tasks.held_by(self.user(whom)).exists()

    @rule(who=picks, whom=picks, role=st.sampled_from([Role.VIEWER, Role.MEMBER, Role.MANAGER]))
    def take_in(self, who: Pick, whom: Pick, role: Role) -> None:
        is_member = self.private.memberships.filter(user=self.user(whom)).exists()
        change = self.private.change_member if is_member else self.private.admit
        with self.may_be_refused():
            change(self.user(whom), by=self.ann if who % 4 else self.user(who), at=self.now, role=role)

    # --- How they do it -------------------------------------------------------------------------------------------

    def do(
        self, task: Task, by: User, verb: str, act: Callable[[], object], *, lease: str | None = None
    ) -> DomainError | None:
        """Do it; what was refused has changed nothing, what was done was allowed, and no stale token did anything."""
        began = self.status_of(task)
        needs_token = self.is_leased(task) and self.holder_of(task) == by and verb in FENCED
        is_good = lease is None or (self.is_leased(task) and lease == self.granted[task.pk][-1][0])
        self.lease_lasts = bool(task.lease_expires_at and task.lease_expires_at > self.now)
        allowed = verb == "assign" or self.is_one_of(task, by, WHO[verb])
        with self.may_be_refused() as refused:
            act()
        if self.has_done_nothing:
            return refused[0] if refused else None
        assert allowed
        assert self.takes_part(by, task.project)
        assert is_good, f"{verb} by a token that opens nothing"
        assert lease is None or self.lease_lasts, f"{verb} by a lease that has run out"
        assert not (needs_token and lease is None), f"{verb} without the token"
        if verb in ("start", "assign"):
            assert began in (NEW, BEGUN)
        return None

    @contextmanager
    def may_be_refused(self) -> Iterator[list[DomainError]]:
        """A refusal leaves everything as it was; anything else that is raised is a fault."""
        before = self.everything()
        refused: list[DomainError] = []
        try:
            yield refused
        except DomainError as refusal:
            refused.append(refusal)
        self.has_done_nothing = self.everything() == before
        assert self.has_done_nothing or not refused

    def note_leases(self, tasks: Sequence[Task], by: User, *, leased: bool) -> None:
        for task in tasks:
            assert task.performer_id == by.pk
            assert bool(task.lease_token) == leased
            if task.lease_token:
                self.granted[task.pk].append((task.lease_token, by, task.version))

    # --- What they know -------------------------------------------------------------------------------------------

    def user(self, pick: Pick) -> User:
        return self.people[pick % len(self.people)]

    def actor(self, task: Task, pick: Pick) -> User:
        """Mostly somebody who has to do with the task."""
        if pick % 4 == 0:
            return self.user(pick // 4)
        return [task.performer or task.owner, task.owner, self.boss][pick // 4 % 3]

    def verb(self, task: Task, pick: Pick) -> str:
        """Mostly one that fits the task."""
        fitting = [verb for verb, type_ in TOLD.items() if task.status in {before for before, _ in MOVES[type_]}]
        verbs = [*TOLD] if pick % 4 == 0 else fitting
        return verbs[pick // 4 % len(verbs)]

    def task(self, pick: Pick) -> Task:
        return Task.objects.get(pk=self.ids[pick % len(self.ids)])

    def some(self, picked: list[Pick], project: Project) -> list[int]:
        """Tasks of a project, and now and then one that is of another."""
        ids = list(project.tasks.order_by("pk").values_list("pk", flat=True)) + self.ids[:1]
        return list(dict.fromkeys(ids[pick % len(ids)] for pick in picked)) if ids else []

    def token(self, task: Task, shows: str) -> str | None:
        ever = [token for token, _, _ in self.granted[task.pk]]
        now = ever[-1:] if self.is_leased(task) else []
        known = {"right": now, "stale": ever[: len(ever) - len(now)], "wrong": ["made up"], "none": []}[shows]
        return known[-1] if known else None

    def leased(self) -> list[Task]:
        return [task for task in Task.objects.filter(pk__in=self.granted).order_by("pk") if self.is_leased(task)]

    def is_leased(self, task: Task, history: Sequence[Event] | None = None) -> bool:
        """By the history alone: since it was claimed under the last lease it was never out of the holder's hands."""
        if not self.granted[task.pk]:
            return False
        _, holder, version = self.granted[task.pk][-1]
        known = Event.objects.about(f"tasks/{task.pk}") if history is None else history
        shown = [event.data["task"] for event in known]
        return all(
            (then["task_status"], then["performer"]) == (BEGUN, holder.username)
            for then in shown
            if then["version"] >= version
        )

    def holder_of(self, task: Task) -> User:
        return self.granted[task.pk][-1][1]

    def takes_part(self, user: User, project: Project) -> bool:
        return project == self.general or self.role(user, project) >= Role.MEMBER

    def role(self, user: User, project: Project) -> int:
        """-1 for somebody who has none."""
        return next(iter(project.memberships.filter(user=user).values_list("role", flat=True)), -1)

    def is_one_of(self, task: Task, user: User, words: set[str]) -> bool:
        is_ = {
            "owner": task.owner_id == user.pk,
            "performer": task.performer_id == user.pk,
            "nobody's": task.performer_id is None,
            "manager": self.role(user, task.project) >= Role.MANAGER,
        }
        return any(is_[word] for word in words)

    def status_of(self, task: Task) -> str:
        return Task.objects.values_list("status", flat=True).get(pk=task.pk)

    def queue_of(self, user: User, project: Project | None, wanted: list[str]) -> list[int]:
        """What somebody would be given, worked out the long way."""
        status = dict(Task.objects.values_list("pk", "status"))
        found = [
            task
            for task in Task.objects.select_related("project")
            if task.status == NEW
            and task.performer_id in (None, user.pk)
            and (project is None or task.project == project)
            and self.takes_part(user, task.project)
            and set(wanted) <= set(task.labels)
            and all(status[pk] in (DONE, OFF) for pk in task.blocked_by)
        ]
        found.sort(key=lambda task: (-task.priority, task.due_at is None, task.due_at or NOON, task.pk))
        return [task.pk for task in found]

    def everything(self) -> list[list[tuple[Any, ...]]]:
        models = (Task, Label, Dependency, WorkInterval, Attempt)
        rows = [list(model._default_manager.order_by("pk").values_list()) for model in models]
        return [*rows, [(Event.objects.count(),)]]

    # --- What holds -----------------------------------------------------------------------------------------------

    @invariant()
    def all_of_it_holds(self) -> None:
        parts = ("intervals", "label_index", "spent_attempts", "dependencies", "dependents")
        found = Task.objects.select_related("owner", "performer", "project").prefetch_related(*parts)
        self.tasks = list(found.order_by("pk"))
        assert [task.pk for task in self.tasks] == sorted(self.ids)
        self.status = {task.pk: task.status for task in self.tasks}
        histories: dict[str, list[Event]] = defaultdict(list)
        for event in Event.objects.order_by("id"):
            histories[event.subject].append(event)
        for subject, history in histories.items():
            if subject.startswith("tasks/"):
                follows_the_state_machine(history)
        self.some_are_leased = any(
            self.is_leased(task, histories[f"tasks/{task.pk}"]) for task in self.tasks if task.pk in self.granted
        )
        for task in self.tasks:
            history = histories[f"tasks/{task.pk}"]
            is_what_its_history_says(task, history)
            is_timed(task, list(task.intervals.all()))
            is_in_its_place(task)
            self.waits_for_what_is_unfinished(task)
            if task.performer and task.status in (NEW, BEGUN):
                assert self.takes_part(task.performer, task.project)

    def waits_for_what_is_unfinished(self, task: Task) -> None:
        assert {dependency.blocker_id for dependency in task.dependencies.all()} == set(task.blocked_by)
        assert task.is_blocked == any(self.status[pk] not in (DONE, OFF) for pk in task.blocked_by)
        assert task.blocks_others or not task.dependents.all()
        waits_for = {other.pk: other.blocked_by for other in self.tasks}
        ahead = list(task.blocked_by)
        for pk in ahead:
            assert pk != task.pk, "a cycle"
            ahead += [further for further in waits_for[pk] if further not in ahead]


@pytest.mark.django_db
def test_whatever_is_done_in_whatever_order_all_of_it_holds() -> None:
    bounds = settings(
        max_examples=25,
        stateful_step_count=50,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Machine, settings=bounds)
