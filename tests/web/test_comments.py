"""What people say about a task, on its page."""

import pytest

from djirgo.accounts.models import User
from djirgo.tasks.models import Comment, Project, Role, Task
from djirgo.tasks.models.watch import watchers_of

from .conftest import NOON, Browser, text_of


def said(task: Task, text: str, by: User) -> Comment:
    return Comment.add(task, text, by=by, at=NOON)


def test_a_comment_is_said_and_shown(bobs: Browser, task: Task) -> None:
    page = text_of(bobs.part(f"/tasks/{task.pk}/comments/", {"text": "Which **slate**?\r\n@ann"}))
    assert "<strong>slate</strong>" in page
    assert Comment.objects.get().text == "Which **slate**?\n@ann"


def test_the_field_of_the_next_comment_is_another_one(bobs: Browser, task: Task) -> None:
    assert f'id="say-{task.pk}-0"' in text_of(bobs.get(f"/tasks/{task.pk}/"))
    page = text_of(bobs.part(f"/tasks/{task.pk}/comments/", {"text": "Which slate?"}))
    assert f'id="say-{task.pk}-{Comment.objects.get().pk}"' in page


def test_a_comment_is_edited_by_its_author(anns: Browser, bobs: Browser, bob: User, task: Task) -> None:
    address = f"/tasks/{task.pk}/comments/{said(task, 'Which slate?', bob).pk}/"
    assert anns.part(address, {"text": "Mine"}).status_code == 403
    assert "edited" in text_of(bobs.part(address, {"text": "Which tiles?"}))
    assert Comment.objects.get().text == "Which tiles?"


def test_a_comment_is_deleted_by_its_author(anns: Browser, bobs: Browser, bob: User, task: Task) -> None:
    address = f"/tasks/{task.pk}/comments/{said(task, 'Which slate?', bob).pk}/delete/"
    assert anns.part(address, {}).status_code == 403
    assert "bob deleted a comment" in text_of(bobs.part(address, {}))
    assert not Comment.objects.exists()


@pytest.mark.parametrize("text", ["", "   ", "x" * 10_001, "a\0b"])
def test_a_comment_that_cannot_be_kept_is_refused(text: str, anns: Browser, task: Task) -> None:
    page = text_of(anns.part(f"/tasks/{task.pk}/comments/", {"text": text}))
    assert 'class="field-error"' in page
    assert not Comment.objects.exists()


@pytest.mark.parametrize("pk", [0, 10**18, 10**40])
def test_a_comment_that_is_not_there_is_not_found(pk: int, anns: Browser, task: Task) -> None:
    assert anns.part(f"/tasks/{task.pk}/comments/{pk}/", {"text": "x"}).status_code == 404


def test_who_only_looks_on_says_nothing(bobs: Browser, ann: User, bob: User, attic: Project) -> None:
    attic.admit(bob, role=Role.VIEWER, by=ann, at=NOON)
    task = Task.create(text="Sweep", project=attic, by=ann, at=NOON)
    assert "/comments/" not in text_of(bobs.get(f"/tasks/{task.pk}/"))
    assert bobs.part(f"/tasks/{task.pk}/comments/", {"text": "x"}).status_code == 403


def test_one_says_whether_one_watches(bobs: Browser, bob: User, task: Task) -> None:
    assert 'aria-pressed="true"' in text_of(bobs.part(f"/tasks/{task.pk}/watch/", {"watch": "on"}))
    assert bob in watchers_of(task)
    bobs.part(f"/tasks/{task.pk}/watch/", {})
    assert bob not in watchers_of(task)
