"""A task in one line."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import ValidationError

from djirgo.accounts.models import User
from djirgo.tasks.models import Priority, Project, Status, Task
from djirgo.web.board.quick_add import Draft, read

from .conftest import Browser, text_of

NOW = datetime(2026, 11, 24, 15, 30, tzinfo=UTC)


def draft(line: str, by: User) -> Draft:
    return read(line, by=by, now=NOW)


def test_a_line_says_what_there_is_to_do_and_all_the_rest(ann: User, bob: User) -> None:
    said = draft('Mend the roof #house !high @bob ^fri #"needs a ladder"', ann)
    assert said == Draft(
        "Mend the roof",
        ["house", "needs a ladder"],
        Priority.HIGH,
        bob,
        datetime(2026, 11, 27, 23, 59, tzinfo=UTC),
    )


def test_the_signs_stand_anywhere_and_mean_nothing_within_a_word(ann: User) -> None:
    said = draft("!u Learn C# and write to bob@example.org, 2^10 times #work", ann)
    assert (said.text, said.labels) == ("Learn C# and write to bob@example.org, 2^10 times", ["work"])
    assert said.priority == Priority.URGENT


@pytest.mark.parametrize(
    ("word", "priority"), [("срочно", Priority.URGENT), ("выс", Priority.HIGH), ("L", Priority.LOW)]
)
def test_priorities_are_said_in_either_language(word: str, priority: Priority, ann: User) -> None:
    assert draft(f"Mend it !{word}", ann).priority == priority


def test_a_backslash_keeps_a_sign(ann: User) -> None:
    said = draft(r"Look at \#5 and \@home", ann)
    assert (said.text, said.labels, said.performer) == ("Look at #5 and @home", [], None)


def test_me_is_whoever_says_it(ann: User) -> None:
    assert draft("Mend it @me", ann).performer == ann


@pytest.mark.parametrize(
    ("line", "told"),
    [("Mend it !someday", "someday"), ("Mend it @nobody", "nobody"), ("Mend it ^soon", "soon"), ("#house", "Say what"),
     ("   ", "Say what")],
)  # fmt: skip
def test_a_word_that_means_nothing_is_told(line: str, told: str, ann: User) -> None:
    with pytest.raises(ValidationError, match=told):
        draft(line, ann)


def test_the_line_puts_a_task_in(anns: Browser, bob: User, general: Project) -> None:
    answer = anns.part("/projects/1/tasks/", {"line": "Mend the roof #house !high @bob ^+1d"})
    task = Task.objects.get()
    assert (task.text, task.labels, task.priority, task.performer) == ("Mend the roof", ["house"], Priority.HIGH, bob)
    assert (task.status, task.project) == (Status.NEW, general)
    assert f'"ids": [{task.pk}]' in answer["HX-Trigger"]


def test_a_line_that_is_refused_comes_back_and_puts_nothing_in(anns: Browser) -> None:
    page = text_of(anns.part("/projects/1/tasks/", {"line": "Mend the roof @nobody"}))
    assert "Nobody here is called “nobody”." in page
    assert 'value="Mend the roof @nobody"' in page
    assert not Task.objects.exists()


def test_nothing_is_put_in_where_its_performer_may_not_work(anns: Browser, bob: User, attic: Project) -> None:
    answer = anns.part(f"/projects/{attic.pk}/tasks/", {"line": "Sweep it @bob"})
    assert answer.status_code == 400
    assert "bob does not work in this project." in text_of(answer)
    assert not Task.objects.exists()


def test_without_javascript_the_board_comes_back(anns: Browser) -> None:
    answer = anns.post("/projects/1/tasks/", {"line": "Mend the roof"}, follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "Mend the roof" in text_of(answer)


@pytest.mark.parametrize(
    "line", ["a\0b", "a @\0", "x" * 20_000, "a #" + "l" * 60, "a " + " ".join(f"#{number}" for number in range(3000))]
)
def test_a_line_that_cannot_be_kept_is_refused(line: str, anns: Browser) -> None:
    assert anns.part("/projects/1/tasks/", {"line": line}).status_code in (200, 400)
    assert not Task.objects.exists()


def test_what_is_no_text_becomes_one(anns: Browser) -> None:
    form = "application/x-www-form-urlencoded"
    answer = anns.post("/projects/1/tasks/", b"line=%ED%A0%80+roof", content_type=form, HTTP_HX_REQUEST="true")
    assert answer.status_code == 200
    assert Task.objects.get().text.endswith("roof")
