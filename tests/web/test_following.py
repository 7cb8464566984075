"""How a page that is open knows where to go on: it says how far in the log it knows things, before anything is read."""

from collections.abc import Callable
from typing import Any

import pytest

from djirgo.accounts.models import User
from djirgo.live.tail import end_of_the_log
from djirgo.tasks.models import Comment, Task
from tests.events.conftest import number_all

from .conftest import NOON, Browser, text_of

LIVE = [
    "/",
    "/projects/1/",
    "/projects/1/team/",
    "/projects/1/queue/",
    "/mine/",
    "/tasks/{task}/",
    "/tasks/{task}/text/",
]
STILL = ["/projects/1/reports/", "/projects/1/settings/", "/projects/new/", "/mine/access/"]


@pytest.fixture
def known(task: Task) -> int:
    number_all()
    assert end_of_the_log() > 0
    return end_of_the_log()


@pytest.mark.parametrize("address", LIVE)
def test_a_page_that_is_live_says_how_far_it_knows_things(address: str, anns: Browser, task: Task, known: int) -> None:
    page = text_of(anns.get(address.format(task=task.pk)))
    assert f'data-after="{known}"' in page


@pytest.mark.parametrize("address", STILL)
def test_others_stand_still(address: str, anns: Browser) -> None:
    page = text_of(anns.get(address))
    assert "data-after" not in page
    assert "data-follows" not in page


def test_what_happens_while_a_page_is_read_is_told_to_it(
    anns: Browser, task: Task, known: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The place is that from before, so that nothing falls between the reading and the listening."""
    import djirgo.web.team.views as views

    read: Callable[..., Any] = views.team

    def while_somebody_starts(*arguments: Any, **more: Any) -> Any:
        task.start(by=task.owner, at=NOON)
        number_all()
        return read(*arguments, **more)

    monkeypatch.setattr(views, "team", while_somebody_starts)
    page = text_of(anns.get("/projects/1/team/"))
    assert f'data-after="{known}"' in page
    assert end_of_the_log() > known


def test_a_page_says_what_it_is_about(anns: Browser, ann: User, known: int) -> None:
    assert f'data-follows="{ann.username}" data-person' in text_of(anns.get("/mine/"))
    for name in ("team", "queue"):
        assert 'data-follows="1">' in text_of(anns.get(f"/projects/1/{name}/"))


def test_a_part_of_a_page_says_nothing_of_it(anns: Browser, task: Task) -> None:
    assert "data-after" not in text_of(anns.part(f"/tasks/{task.pk}/"))


def test_a_card_says_what_it_waits_for(anns: Browser, ann: User, task: Task) -> None:
    second, third = (Task.create(by=ann, at=NOON, text=text) for text in ("Paint", "Sell"))
    third.edit(by=ann, at=NOON, blocked_by=[task.pk, second.pk])
    page = text_of(anns.get("/"))
    assert page.count("data-waits") == 1
    assert f'data-waits="{task.pk} {second.pk}"' in page


def test_a_comment_says_when_it_was_edited(anns: Browser, ann: User, task: Task) -> None:
    comment = Comment.add(task, "Slate?", by=ann, at=NOON)
    assert "data-edited" not in text_of(anns.get(f"/tasks/{task.pk}/"))
    comment.edit("Tiles?", by=ann, at=NOON)
    assert f'data-edited="{comment.shown()["edited_at"]}"' in text_of(anns.get(f"/tasks/{task.pk}/"))
