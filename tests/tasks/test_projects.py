"""Projects: who may do what in them, how people come and go, and what they leave behind."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.claim import Wish, claim
from djirgo.tasks.jobs import return_work_of_the_departed
from djirgo.tasks.models import Membership, Project, Role, Status, Task, Verb
from djirgo.tasks.models.door import InvalidPerformer
from djirgo.tasks.models.lease import LeaseLost
from djirgo.tasks.models.members import AlreadyMember, InvalidMember, LastOwner, NotAMember
from djirgo.tasks.models.membership import InvalidSkills
from djirgo.tasks.models.project import GENERAL, GeneralStays, InvalidName, InvalidPolicy, ProjectNotEmpty
from djirgo.tasks.models.roles import NotYourRole, ProjectGone
from djirgo.tasks.models.rules import NotAllowed
from tests.tasks.conftest import NOON
from tests.tasks.test_verbs import bring_to, do

Clock = Callable[..., datetime]
ROLES = ("stranger", "viewer", "member", "manager", "owner")


def somebody(name: str) -> User:
    return User.objects.create_user(name)


def named(name: str) -> User:
    return User.objects.get(username=name)


def put_in(project: Project, by: User, **edits: Any) -> Task:
    return Task.create(by=by, at=NOON, **({"text": "Something to do", "project": project} | edits))  # type: ignore[arg-type]


@pytest.fixture
def project(ann: User) -> Project:
    """Private, and Ann's."""
    return Project.create(by=ann, at=NOON, name="The archive")


@pytest.fixture
def general(db: None) -> Project:
    return Project.objects.get(pk=GENERAL)


@pytest.fixture
def team(project: Project, ann: User) -> dict[str, User]:
    """Somebody in every role, and a stranger."""
    people = {word: somebody(f"a_{word}") for word in ROLES}
    for word in Role.words():
        project.admit(people[word], by=ann, at=NOON, role=Role.of(word))
    return people


# --- Who may do what ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "status", "may"),
    [
        # With somebody else's task, which somebody else performs where anybody does.
        (Verb.START, Status.NEW, {"member", "manager", "owner"}),
        (Verb.ASSIGN, Status.NEW, {"manager", "owner"}),
        (Verb.ASSIGN, Status.IN_PROGRESS, {"manager", "owner"}),
        (Verb.PAUSE, Status.IN_PROGRESS, set()),
        (Verb.RELEASE, Status.IN_PROGRESS, {"manager", "owner"}),
        (Verb.COMPLETE, Status.IN_PROGRESS, {"manager", "owner"}),
        (Verb.FAIL, Status.IN_PROGRESS, set()),
        (Verb.CANCEL, Status.NEW, {"manager", "owner"}),
        (Verb.REOPEN, Status.COMPLETED, {"manager", "owner"}),
        (Verb.EDIT, Status.NEW, {"manager", "owner"}),
        (Verb.DELETE, Status.NEW, {"manager", "owner"}),
    ],
)
@pytest.mark.parametrize("word", ROLES)
def test_what_a_role_may_do_with_the_tasks_of_others(
    word: str, verb: Verb, status: Status, may: set[str], team: dict[str, User], project: Project, ann: User
) -> None:
    worker, zoe = somebody("worker"), somebody("zoe")
    for user in (worker, zoe):
        project.admit(user, by=ann, at=NOON)
    task = bring_to(put_in(project, ann), status, worker, NOON)
    if word in may:
        do(verb, task, team[word], NOON)
    else:
        with pytest.raises(NotAllowed):
            do(verb, task, team[word], NOON)


@pytest.mark.parametrize("word", ROLES)
def test_a_role_puts_tasks_in_and_does_with_its_own_what_it_may(
    word: str, team: dict[str, User], project: Project, ann: User
) -> None:
    user = team[word]
    if word not in ("stranger", "viewer"):
        task = put_in(project, user).edit(by=user, at=NOON, text="Better words").start(by=user, at=NOON)
        task.pause(by=user, at=NOON).resume(by=user, at=NOON).complete(by=user, at=NOON).reopen(by=user, at=NOON)
        task.cancel(by=user, at=NOON).delete_for_good(by=user, at=NOON)
        return
    with pytest.raises(NotAllowed):
        put_in(project, user)
    free = put_in(project, ann)
    with pytest.raises(NotAllowed):
        free.assign(user, by=user, at=NOON)
    with pytest.raises(InvalidPerformer):
        free.assign(user, by=ann, at=NOON)


def test_who_was_made_a_viewer_does_nothing_with_what_they_once_put_in(
    team: dict[str, User], project: Project, ann: User
) -> None:
    user = team["member"]
    task = put_in(project, user)
    project.change_member(user, by=ann, at=NOON, role=Role.VIEWER)
    for verb in (Verb.EDIT, Verb.CANCEL, Verb.DELETE):
        with pytest.raises(NotAllowed):
            do(verb, task, user, NOON)


CHANGES: dict[str, tuple[Callable[[Project, User, User], object], set[str]]] = {
    "rename it": (lambda project, by, zoe: project.edit(by=by, at=NOON, name="Another"), {"manager", "owner"}),
    "delete it": (lambda project, by, zoe: project.delete_for_good(by=by, at=NOON), {"owner"}),
    "take somebody in": (lambda project, by, zoe: project.admit(somebody("new"), by=by, at=NOON), {"manager", "owner"}),
    "make somebody new an owner": (
        lambda project, by, zoe: project.admit(somebody("new"), by=by, at=NOON, role=Role.OWNER),
        {"owner"},
    ),
    "give skills": (
        lambda project, by, zoe: project.change_member(zoe, by=by, at=NOON, skills=["ocr"]),
        {"manager", "owner"},
    ),
    "say that somebody is away": (
        lambda project, by, zoe: project.change_member(zoe, by=by, at=NOON, available=False),
        {"manager", "owner"},
    ),
    "make somebody a manager": (
        lambda project, by, zoe: project.change_member(zoe, by=by, at=NOON, role=Role.MANAGER),
        {"manager", "owner"},
    ),
    "make somebody an owner": (
        lambda project, by, zoe: project.change_member(zoe, by=by, at=NOON, role=Role.OWNER),
        {"owner"},
    ),
    "let somebody go": (lambda project, by, zoe: project.remove_member(zoe, by=by, at=NOON), {"manager", "owner"}),
    "make an owner less": (
        lambda project, by, zoe: project.change_member(named("ann"), by=by, at=NOON, role=Role.MEMBER),
        {"owner"},
    ),
    "let an owner go": (
        lambda project, by, zoe: project.remove_member(named("ann"), by=by, at=NOON),
        {"owner"},
    ),
    "hand back what an owner has": (
        lambda project, by, zoe: project.change_member(
            named("ann"), by=by, at=NOON, available=False, hand_back=True
        ),
        {"manager", "owner"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("word", ROLES)
def test_what_a_role_may_do_with_the_project_itself(
    word: str, change: str, team: dict[str, User], project: Project, ann: User
) -> None:
    zoe = somebody("zoe")
    project.admit(zoe, by=ann, at=NOON)
    act, may = CHANGES[change]
    if word in may:
        act(project, team[word], zoe)
        return
    happened = Event.objects.count()
    with pytest.raises(ProjectGone if word == "stranger" else NotYourRole):
        act(project, team[word], zoe)
    assert Event.objects.count() == happened


def test_the_staff_may_do_what_owners_may_everywhere(project: Project, boss: User, bob: User, ann: User) -> None:
    project.admit(bob, by=boss, at=NOON, role=Role.OWNER)
    project.remove_member(ann, by=boss, at=NOON)
    assert Project.objects.visible_to(boss).filter(pk=project.pk).exists()


def test_somebody_says_of_themselves_that_they_are_away_and_nothing_else(
    team: dict[str, User], project: Project
) -> None:
    member = team["member"]
    assert project.change_member(member, by=member, at=NOON, available=False).available is False
    for edits in ({"skills": ["ocr"]}, {"wip_limit": 9}, {"role": Role.OWNER}, {"available": True, "wip_limit": 9}):
        with pytest.raises(NotYourRole):
            project.change_member(member, by=member, at=NOON, **edits)  # type: ignore[arg-type]


# --- Coming and going ---------------------------------------------------------------------------------------------


def test_who_founds_a_project_owns_it_and_bots_found_none(project: Project, ann: User) -> None:
    assert project.role_of(ann) == Role.OWNER
    with pytest.raises(NotYourRole):
        Project.create(by=User.create_bot("bot", by=ann, at=NOON), at=NOON, name="The bot's")


def test_the_last_owner_cannot_leave_or_become_less(project: Project, ann: User, bob: User) -> None:
    project.admit(bob, by=ann, at=NOON, role=Role.MANAGER)
    with pytest.raises(LastOwner):
        project.remove_member(ann, by=ann, at=NOON)
    with pytest.raises(LastOwner):
        project.change_member(ann, by=ann, at=NOON, role=Role.MANAGER)
    assert project.role_of(ann) == Role.OWNER
    project.change_member(bob, by=ann, at=NOON, role=Role.OWNER)
    project.remove_member(ann, by=ann, at=NOON)
    assert project.role_of(ann) is None


def test_an_owner_who_cannot_log_in_any_more_is_none(project: Project, ann: User, bob: User) -> None:
    project.admit(bob, by=ann, at=NOON, role=Role.OWNER)
    bob.deactivate()
    with pytest.raises(LastOwner):
        project.remove_member(ann, by=ann, at=NOON)


@pytest.mark.parametrize("goes", ["removed", "made a viewer"])
def test_what_somebody_held_comes_back_when_they_go(
    goes: str, project: Project, ann: User, bob: User, after: Clock
) -> None:
    project.admit(bob, by=ann, at=NOON)
    given, running, leased, done, others = (put_in(project, ann) for _ in range(5))
    given.assign(bob, by=ann, at=NOON)
    running.start(by=bob, at=NOON)
    token = leased.claim(lease_seconds=600, by=bob, at=NOON).lease_token
    done.start(by=bob, at=NOON).complete(by=bob, at=NOON)
    others.start(by=ann, at=NOON)
    if goes == "removed":
        project.remove_member(bob, by=ann, at=after(minutes=5))
    else:
        project.change_member(bob, by=ann, at=after(minutes=5), role=Role.VIEWER)
    for task in (given, running, leased):
        task.refresh_from_db()
        assert (task.status, task.performer, task.is_running, task.is_leased) == (Status.NEW, None, False, False)
    assert [running.shown(now=after(hours=9))["perform_seconds"], leased.worked_microseconds] == [300, 300_000_000]
    done.refresh_from_db()
    others.refresh_from_db()
    assert (done.performer, others.performer) == (bob, ann)
    with pytest.raises(LeaseLost):
        leased.complete(by=bob, at=after(minutes=6), lease=token)


def test_in_an_open_project_whoever_was_made_a_viewer_still_works(ann: User, bob: User) -> None:
    project = Project.create(by=ann, at=NOON, name="Everybody's", is_open=True)
    project.admit(bob, by=ann, at=NOON, role=Role.VIEWER)
    task = put_in(project, ann).start(by=bob, at=NOON)
    project.change_member(bob, by=bob, at=NOON, available=False)
    task.refresh_from_db()
    assert task.performer == bob


def test_whoever_goes_away_hands_back_what_they_have_not_begun(project: Project, ann: User, bob: User) -> None:
    project.admit(bob, by=ann, at=NOON)
    given, begun, elsewhere = put_in(project, ann), put_in(project, ann), Task.create(by=ann, at=NOON, text="Else")
    for task in (given, begun, elsewhere):
        task.assign(bob, by=ann, at=NOON)
    begun.start(by=bob, at=NOON)
    assert project.change_member(bob, by=bob, at=NOON, available=False).handed_back == 0
    assert project.change_member(bob, by=bob, at=NOON, hand_back=True).handed_back == 1
    assert [Task.objects.get(pk=task.pk).performer for task in (given, begun, elsewhere)] == [None, bob, bob]


def test_what_a_task_was_given_for_meanwhile_is_not_handed_back(project: Project, ann: User, bob: User) -> None:
    project.admit(bob, by=ann, at=NOON)
    task = put_in(project, ann).assign(bob, by=ann, at=NOON)
    known = Task.objects.get(pk=task.pk)
    task.assign(ann, by=ann, at=NOON)
    known.hand_back(by=None, at=NOON)
    assert Task.objects.get(pk=task.pk).performer == ann


def test_a_project_that_is_closed_takes_back_what_strangers_have(ann: User, bob: User, team: dict[str, User]) -> None:
    project = Project.create(by=ann, at=NOON, name="Everybody's", is_open=True)
    project.admit(team["member"], by=ann, at=NOON)
    strangers, members = put_in(project, ann), put_in(project, ann)
    strangers.start(by=bob, at=NOON)
    members.start(by=team["member"], at=NOON)
    project.edit(by=ann, at=NOON, is_open=False)
    assert [Task.objects.get(pk=task.pk).performer for task in (strangers, members)] == [None, team["member"]]
    assert not Project.objects.visible_to(bob).filter(pk=project.pk).exists()


def test_what_slips_into_the_hands_of_somebody_who_has_left_comes_back(project: Project, ann: User, bob: User) -> None:
    project.admit(bob, by=ann, at=NOON)
    task = put_in(project, ann).start(by=bob, at=NOON)
    Membership.objects.filter(user=bob).delete()  # as if both had happened at the same moment
    return_work_of_the_departed(NOON)
    assert Task.objects.get(pk=task.pk).performer is None


def test_into_an_open_project_everybody_may_bring_themselves(general: Project, ann: User, bob: User) -> None:
    assert general.admit(bob, by=bob, at=NOON).role == Role.MEMBER
    with pytest.raises(AlreadyMember):
        general.admit(bob, by=bob, at=NOON)
    for edits in ({"role": Role.MANAGER}, {"role": Role.OWNER}, {"skills": ["ocr"]}, {"wip_limit": 3}):
        with pytest.raises(NotYourRole):
            general.admit(ann, by=ann, at=NOON, **edits)  # type: ignore[arg-type]
    with pytest.raises(NotYourRole):
        general.admit(ann, by=bob, at=NOON)


def test_into_a_private_project_nobody_brings_themselves(project: Project, bob: User) -> None:
    with pytest.raises(ProjectGone):
        project.admit(bob, by=bob, at=NOON)


def test_who_is_not_in_it_cannot_be_changed_or_let_go(project: Project, ann: User, bob: User) -> None:
    for act in (project.remove_member, project.change_member):
        with pytest.raises(NotAMember):
            act(bob, by=ann, at=NOON)


def test_general_stays_open_and_stays(general: Project, boss: User) -> None:
    with pytest.raises(GeneralStays):
        general.edit(by=boss, at=NOON, is_open=False)
    with pytest.raises(GeneralStays):
        general.delete_for_good(by=boss, at=NOON)
    assert Project.objects.get(pk=GENERAL).is_open


def test_only_a_project_without_tasks_can_be_deleted(project: Project, ann: User) -> None:
    task = put_in(project, ann)
    with pytest.raises(ProjectNotEmpty):
        project.delete_for_good(by=ann, at=NOON)
    task.delete_for_good(by=ann, at=NOON)
    project.delete_for_good(by=ann, at=NOON)
    assert not Project.objects.filter(name="The archive").exists()
    assert not Membership.objects.exists()


def test_a_project_and_its_members_look_as_they_should(project: Project, ann: User, bob: User) -> None:
    project.edit(by=ann, at=NOON, name="  The new archive ")
    assert project.name == "The new archive"
    for name in ("", "  ", "x" * 101, "two\nlines"):
        with pytest.raises(InvalidName):
            project.edit(by=ann, at=NOON, name=name)
    with pytest.raises(InvalidPolicy):
        project.edit(by=ann, at=NOON, policy="by lot")
    with pytest.raises(InvalidSkills):
        project.admit(bob, by=ann, at=NOON, skills=["a,b"])
    for limit in (0, -1, 1001):
        with pytest.raises(InvalidMember):
            project.admit(bob, by=ann, at=NOON, wip_limit=limit)
    bob.deactivate()
    with pytest.raises(InvalidMember):
        project.admit(bob, by=ann, at=NOON)
    with pytest.raises(IntegrityError):
        Project.objects.filter(pk=project.pk).update(name="")


def test_every_change_of_a_project_leaves_an_event_and_no_change_none(project: Project, ann: User, bob: User) -> None:
    subject = f"projects/{project.pk}"
    project.edit(by=ann, at=NOON, name="Another", own_tasks_only=True)
    project.edit(by=ann, at=NOON, name="Another")
    project.admit(bob, by=ann, at=NOON)
    project.change_member(bob, by=bob, at=NOON, available=False)
    project.change_member(bob, by=bob, at=NOON, available=False)
    project.remove_member(bob, by=bob, at=NOON)
    project.delete_for_good(by=ann, at=NOON)
    happened = [(event.type, event.data["actor"]) for event in Event.objects.about(subject)]
    assert happened == [
        ("project.created", "ann"), ("member.added", "ann"), ("project.updated", "ann"), ("member.added", "ann"),
        ("member.updated", "bob"), ("member.removed", "bob"), ("project.deleted", "ann"),
    ]  # fmt: skip


def test_a_former_member_claims_nothing(project: Project, ann: User, bob: User) -> None:
    project.admit(bob, by=ann, at=NOON)
    put_in(project, ann)
    project.remove_member(bob, by=ann, at=NOON)
    assert claim(Wish(bob), at=NOON) == []
    with pytest.raises(NotAllowed):
        claim(Wish(bob, project), at=NOON)
