"""Whom the `@names` in a text mean, and who is told."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from djirgo.accounts.models import User
from djirgo.events.models import Event
from djirgo.tasks.models import Comment, Project, Role, Task
from djirgo.tasks.models.mention import MOST_MENTIONS, TooManyMentions, names_in
from djirgo.tasks.models.seeing import who_sees
from tests.tasks.conftest import NOON

Clock = Callable[..., datetime]


def mentions(task: Task, text: str, by: User) -> list[str]:
    said: list[str] = Comment.add(task, text, by=by, at=NOON).shown()["mentions"]
    return said


def told() -> list[str]:
    return [event.data["mentioned"] for event in Event.objects.filter(type="user.mentioned").order_by("id")]


@pytest.mark.parametrize(
    "text",
    [
        "@bob", "@bob.", "@bob...", "@bob, please", "(@bob)", "Ask @bob!", "@BOB", "@Bob's", "@bob-", "@bob@", "—@bob",
        "_@bob_", "**@bob**", "a\n@bob\nb", "@bob?", "“@bob”", "@bob…", "@bob/@nobody", "@ｂｏｂ", "＠bob",
        "`code` @bob `code`", "```\ncode\n```\n@bob", "```code``` @bob", "an unclosed ` @bob", "-@bob", "...@bob",
        "@bob and @bob and @Bob", "http://example.org/ @bob",
    ],
)  # fmt: skip
def test_bob_is_mentioned(text: str, task: Task, ann: User, bob: User) -> None:
    assert mentions(task, text, ann) == ["bob"]
    assert told() == ["bob"]


@pytest.mark.parametrize(
    "text",
    [
        "bob", "@ bob", "ann@bob", "bob@example.org", "@bobby", "@bob.smith", "@bob@example.org", "@@bob", "я@bob",
        "`@bob`", "``@bob``", "`a @bob b`", "```\n@bob\n```", "```\n@bob", "```py\nx = `@bob`\n```",
        "  ```\n@bob\n  ```",
        "https://example.org/@bob", "@bob\u0301", "@bob\u200cx", "@", "@.", "@nobody", "@me", "@none",
    ],
)  # fmt: skip
def test_bob_is_not_mentioned(text: str, task: Task, ann: User, bob: User) -> None:
    assert mentions(task, text, ann) == []
    assert told() == []


@pytest.mark.parametrize(
    "name", ["Зоя", "maría", "名前", "o'neil"[:1], "a.b", "a+b", "a@b.org", "@at", "x_", "7", "..."]
)
def test_whatever_may_be_a_username_can_be_mentioned(name: str, task: Task, ann: User) -> None:
    User.objects.create_user(name)
    assert mentions(task, f"Ask @{name.upper()}, please", ann) == [name]


def test_letters_are_the_same_in_whatever_form_they_were_typed(task: Task, ann: User) -> None:
    User.objects.create_user("jose")
    User.objects.create_user("josé")
    assert mentions(task, "@jose\u0301", ann) == ["josé"]


def test_the_longest_name_that_somebody_has_is_meant(task: Task, ann: User, bob: User) -> None:
    User.objects.create_user("bob.")
    assert mentions(task, "@bob. And @bob", ann) == ["bob.", "bob"]


def test_they_stand_in_the_order_of_the_text(task: Task, ann: User, bob: User, boss: User) -> None:
    assert mentions(task, "@boss and @bob, then @boss again", ann) == ["boss", "bob"]


def test_nobody_is_told_of_what_they_say_themselves(task: Task, ann: User) -> None:
    assert mentions(task, "@ann is me", ann) == []


def test_a_closed_account_is_not_mentioned_and_its_name_may_be_another(task: Task, ann: User, bob: User) -> None:
    said = Comment.add(task, "@bob", by=ann, at=NOON)
    bob.close(at=NOON)
    assert mentions(task, f"@bob @deleted-{bob.pk}", ann) == []
    assert Comment.objects.get(pk=said.pk).shown()["mentions"] == [f"deleted-{bob.pk}"]
    User.objects.create_user("bob")
    assert Comment.objects.get(pk=said.pk).shown()["mentions"] == [f"deleted-{bob.pk}"]
    assert mentions(task, "@bob", ann) == ["bob"]


def test_somebody_who_may_not_log_in_is_not_mentioned(task: Task, ann: User, bob: User) -> None:
    bob.deactivate()
    assert mentions(task, "@bob", ann) == []


def test_who_does_not_see_the_task_is_as_nobody(ann: User, bob: User) -> None:
    project = Project.create(by=ann, at=NOON, name="Secret")
    task = Task.create(by=ann, at=NOON, text="Hide", project=project)
    assert mentions(task, "@bob @nobody", ann) == []
    project.admit(bob, by=ann, at=NOON, role=Role.VIEWER)
    assert mentions(task, "@bob @nobody", ann) == ["bob"]
    assert told() == ["bob"]


def test_a_name_that_only_a_stranger_has_does_not_stand_in_the_way(ann: User, bob: User) -> None:
    User.objects.create_user("bob.")
    project = Project.create(by=ann, at=NOON, name="Secret")
    project.admit(bob, by=ann, at=NOON)
    assert mentions(Task.create(by=ann, at=NOON, text="Hide", project=project), "@bob.", ann) == ["bob"]


def test_an_edit_tells_those_who_were_not_mentioned_before(task: Task, ann: User, bob: User, boss: User) -> None:
    comment = Comment.add(task, "@bob", by=ann, at=NOON)
    assert comment.edit("@boss and @bob", by=ann, at=NOON).shown()["mentions"] == ["bob", "boss"]
    assert comment.edit("nobody", by=ann, at=NOON).shown()["mentions"] == []
    assert told() == ["bob", "boss"]


def test_a_mention_is_an_event_of_its_own(task: Task, ann: User, bob: User) -> None:
    comment = Comment.add(task, "@bob, have a look", by=ann, at=NOON)
    event = Event.objects.get(type="user.mentioned")
    assert (event.subject, event.scope, event.time) == (f"tasks/{task.pk}", "projects/1", NOON)
    assert event.data == {
        "task": task.shown(now=NOON),
        "actor": "ann",
        "comment": comment.shown(),
        "changed": {},
        "mentioned": "bob",
    }


def test_there_is_a_bound_and_nothing_is_written_beyond_it(task: Task, ann: User) -> None:
    User.objects.bulk_create(User(username=f"u{number}") for number in range(MOST_MENTIONS + 1))
    names = [f"@u{number}" for number in range(MOST_MENTIONS + 1)]
    with pytest.raises(TooManyMentions):
        Comment.add(task, " ".join(names), by=ann, at=NOON)
    assert not Comment.objects.exists()
    assert told() == []
    assert len(mentions(task, " ".join(names[1:] * 2), ann)) == MOST_MENTIONS


def test_thousands_of_names_that_nobody_has_are_only_words(task: Task, ann: User, bob: User) -> None:
    text = " ".join(f"@{number}." for number in range(1400)) + " @bob"
    assert mentions(task, text, ann) == ["bob"]


@pytest.mark.parametrize(
    "text",
    [
        "`" * 10_000, "` " * 4999 + "`", "@" * 10_000, "@a" * 5000, "@" + "." * 9999, "```\n" * 2499 + "```",
        "://" * 3333, "\ufdfa" * 10_000, "a" * 9000 + "@", "@a\u0301" * 3000,
    ],
)  # fmt: skip
def test_hostile_texts_are_kept_as_they_are_and_mean_nobody(text: str, task: Task, ann: User, bob: User) -> None:
    comment = Comment.add(task, text, by=ann, at=NOON).shown()
    assert (comment["text"], comment["mentions"]) == (text, [])


@given(st.text(alphabet="@ab.`\n :/_\u0301я", max_size=60))
def test_a_text_whatever_it_is_names_only_what_may_be_a_name(text: str) -> None:
    for spellings in names_in(text):
        assert all(name and not set(name) & set("` \n:/") for name in spellings)
        assert sorted(spellings, key=len, reverse=True) == spellings


# --- Who sees a task ----------------------------------------------------------------------------------------------


def people(project: Project) -> Iterator[User]:
    """Somebody of every kind that a project knows."""
    yield User.objects.create_user("staff", is_staff=True)
    yield User.objects.create_user("stranger")
    for role in Role:
        user = User.objects.create_user(role.word)
        project.memberships.create(user=user, role=role, joined_at=NOON)
        yield user


@pytest.mark.parametrize(("is_open", "own_tasks_only"), list(product([True, False], repeat=2)))
def test_those_who_see_a_task_are_those_to_whom_it_is_visible(
    is_open: bool, own_tasks_only: bool, ann: User, bob: User
) -> None:
    project = Project.create(by=ann, at=NOON, name="A", is_open=is_open, own_tasks_only=own_tasks_only)
    team = [*people(project), ann, bob]
    tasks = [
        Task.objects.create(
            text="T", project=project, owner=owner, performer=performer, created_at=NOON, updated_at=NOON
        )
        for owner in team
        for performer in [None, *team]
    ]
    for task in tasks:
        seen_by = {user for user in team if Task.objects.visible_to(user).filter(pk=task.pk).exists()}
        assert set(who_sees(task)) == seen_by
