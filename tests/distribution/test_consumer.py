"""What sets it off: whatever happens after which something can be given, and the clock."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.config.schedule import SCHEDULE
from djirgo.config.subscriptions import SUBSCRIPTIONS
from djirgo.distribution import consumers
from djirgo.distribution import dispatch as giving_out
from djirgo.distribution.consumers import give_out_work
from djirgo.distribution.dispatch import STEP
from djirgo.distribution.jobs import offer_waiting
from djirgo.distribution.policies import POLICIES
from djirgo.events.brokers.inprocess import InProcessBroker
from djirgo.events.consumer import Consumer
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.events.sequencer import number_events
from djirgo.tasks.jobs import return_work_of_the_departed
from djirgo.tasks.models import Project, Role, Task
from tests.distribution.conftest import NOON, Crew, give_out, person, put_in

Happens = Callable[[Project], object]


@pytest.fixture
def consumer(db: None) -> Consumer:
    """As the worker has it, embedded."""
    broker = InProcessBroker(SUBSCRIPTIONS)
    broker.prepare(at=timezone.now())
    subscription = next(row for row in SUBSCRIPTIONS if row.name == "distribution")
    return Consumer(subscription, broker.inbox(subscription))


def listen(consumer: Consumer) -> int:
    """Until there is nothing more to hear; answers how many batches that were."""
    batches = 0
    while number_events() or consumer.step():
        batches += 1
    return batches


def holder(task: Task) -> str | None:
    performer = Task.objects.get(pk=task.pk).performer
    return performer.username if performer else None


def member(project: Project, name: str, **edits: object) -> None:
    project.change_member(person(name), by=None, at=NOON, **edits)  # type: ignore[arg-type]


def busy(project: Project) -> Task:
    """What Ann has begun, and may have no second one beside."""
    return project.tasks.get(text="Busy")


#: Ann has one task and a limit of one; each of these lets her, or Bob, take the other.
HAPPENINGS: dict[str, tuple[Happens, str]] = {
    "she completes what she has": (lambda p: busy(p).complete(by=person("ann"), at=NOON), "ann"),
    "she fails it for good": (lambda p: busy(p).fail(retry=False, by=person("ann"), at=NOON), "ann"),
    "it is cancelled": (lambda p: busy(p).cancel(by=person("boss"), at=NOON), "ann"),
    "it is deleted": (lambda p: busy(p).delete_for_good(by=person("boss"), at=NOON), "ann"),
    "it is given to another": (lambda p: busy(p).assign(person("boss"), by=person("boss"), at=NOON), "ann"),
    "it moves to another project": (
        lambda p: busy(p).edit(by=person("boss"), at=NOON, project=Project.objects.get(pk=1)),
        "ann",
    ),
    "her limit is raised": (lambda p: member(p, "ann", wip_limit=2), "ann"),
    "somebody joins": (lambda p: p.admit(person("bob"), by=None, at=NOON), "bob"),
    "somebody comes back": (lambda p: member(p, "away", available=True), "away"),
    "somebody is promoted": (lambda p: member(p, "viewer", role=Role.MEMBER), "viewer"),
}


@pytest.mark.parametrize("name", HAPPENINGS)
def test_a_task_that_waits_is_given_out_as_soon_as(name: str, project: Project, crew: Crew, consumer: Consumer) -> None:
    (ann,) = crew("ann", wip_limit=1)
    crew("away", available=False)
    crew("viewer", role=Role.VIEWER)
    happens, who = HAPPENINGS[name]
    put_in(project, text="Busy").start(by=ann, at=NOON)
    waiting = put_in(project)
    listen(consumer)
    assert holder(waiting) is None
    happens(project)
    listen(consumer)
    assert holder(waiting) == who


def test_a_task_that_waits_is_given_out_as_soon_as_somebody_learns_what_it_takes_or_it_takes_less(
    project: Project, crew: Crew, consumer: Consumer
) -> None:
    crew("ann")
    first, second = put_in(project, "ru"), put_in(project, "tr")
    listen(consumer)
    assert (holder(first), holder(second)) == (None, None)
    member(project, "ann", skills=["ru"])
    listen(consumer)
    assert (holder(first), holder(second)) == ("ann", None)
    second.edit(by=person("boss"), at=NOON, labels=[])
    listen(consumer)
    assert holder(second) == "ann"


def test_a_task_is_given_out_when_it_arrives_and_again_when_it_comes_back(
    project: Project, crew: Crew, consumer: Consumer
) -> None:
    ann, bob = crew("ann", "bob")
    task = put_in(project)
    listen(consumer)
    assert holder(task) == "ann"
    project.remove_member(ann, by=ann, at=NOON)
    listen(consumer)
    assert holder(task) == "bob"
    Task.objects.get(pk=task.pk).start(by=bob, at=NOON).release(by=bob, at=NOON)
    listen(consumer)
    assert holder(task) == "bob"
    project.admit(ann, by=None, at=NOON)
    bob.deactivate()
    return_work_of_the_departed(NOON)
    listen(consumer)
    assert holder(task) == "ann"
    Task.objects.get(pk=task.pk).start(by=ann, at=NOON).complete(by=ann, at=NOON).reopen(by=ann, at=NOON)
    listen(consumer)
    assert holder(task) == "ann"


def test_a_task_is_given_out_when_the_last_that_it_waits_for_is_finished(
    project: Project, crew: Crew, consumer: Consumer
) -> None:
    (ann,) = crew("ann")
    blocker = put_in(project)
    blocked = put_in(project, blocked_by=[blocker.pk])
    listen(consumer)
    assert (holder(blocker), holder(blocked)) == ("ann", None)
    Task.objects.get(pk=blocker.pk).start(by=ann, at=NOON).complete(by=ann, at=NOON)
    listen(consumer)
    assert holder(blocked) == "ann"


def test_everything_that_waits_is_given_out_when_the_project_gets_a_policy(
    project: Project, crew: Crew, consumer: Consumer
) -> None:
    crew("ann")
    project.edit(by=None, at=NOON, policy="manual")
    task = put_in(project)
    listen(consumer)
    assert holder(task) is None
    project.edit(by=None, at=NOON, policy="least_loaded")
    listen(consumer)
    assert holder(task) == "ann"


def test_what_is_given_out_by_hand_or_by_nobody_is_left_alone(crew: Crew, consumer: Consumer) -> None:
    task = Task.create(by=person("boss"), at=NOON, text="In the open")
    listen(consumer)
    assert holder(task) is None


def test_more_than_a_step_is_given_out_by_the_events_of_the_steps_before(
    project: Project, crew: Crew, consumer: Consumer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "STEP", 3)
    crew("ann", "bob")
    for _ in range(10):
        put_in(project)
    listen(consumer)
    assert not project.tasks.filter(performer=None).exists()


def test_its_own_events_lead_to_nothing_and_cost_one_question(project: Project, crew: Crew, consumer: Consumer) -> None:
    crew("ann")
    put_in(project)
    listen(consumer)
    last = Event.objects.order_by("sequence").last()
    assert last is not None
    assert last.type == "task.assigned"
    with CaptureQueriesContext(connection) as asked:
        give_out_work([Message.of(last)])
    assert len(asked) == 1


def test_one_batch_of_many_events_looks_at_each_project_once(
    project: Project, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew("ann")
    other = Project.create(by=person("boss"), at=NOON, name="Others", policy="round_robin")
    for _ in range(4):
        put_in(other)
        put_in(project)
    number_events()
    looked_at: list[int] = []
    monkeypatch.setattr(consumers, "dispatch", lambda project, **_: looked_at.append(project.pk))
    give_out_work([Message.of(event) for event in Event.objects.numbered()])
    assert looked_at == [project.pk, other.pk]


def test_work_that_changes_nothing_for_anybody_asks_nothing(project: Project, crew: Crew) -> None:
    (ann,) = crew("ann")
    Event.objects.all().delete()
    put_in(project).start(by=ann, at=NOON).pause(by=ann, at=NOON).resume(by=ann, at=NOON)
    number_events()
    messages = [Message.of(event) for event in Event.objects.numbered().exclude(type="task.created")]
    with CaptureQueriesContext(connection) as asked:
        give_out_work(messages)
    assert (len(messages), len(asked)) == (3, 0)


def test_the_clock_gives_out_what_no_event_has_brought_up(project: Project, crew: Crew) -> None:
    (ann,) = crew("ann")
    ann.deactivate()
    task = put_in(project)
    offer_waiting(NOON)
    assert holder(task) is None
    User.objects.filter(pk=ann.pk).update(is_active=True)
    assert not offer_waiting(NOON)
    assert holder(task) == "ann"
    assert give_out(project) == []
    assert "offer_waiting" in {job.name for job in SCHEDULE}


def test_the_clock_goes_on_at_once_while_there_is_more_and_no_project_holds_up_another(
    project: Project, crew: Crew, monkeypatch: pytest.MonkeyPatch
) -> None:
    crew("ann")
    put_in(project)
    Project.objects.filter(pk=project.pk).update(policy="broken")
    monkeypatch.setattr(giving_out, "policies", lambda: {"broken": lambda able: 1 / 0, **POLICIES})
    other = Project.create(by=person("boss"), at=NOON, name="Others", policy="round_robin")
    tasks = [put_in(other) for _ in range(STEP + 1)]
    assert [offer_waiting(NOON) for _ in range(2)] == [True, False]
    assert {holder(task) for task in tasks} == {"boss"}
