"""What holds for every page: who is let in, what the browser is told, and what one is shown when something is wrong."""

import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin
from django.db import OperationalError
from django.test import Client

from djirgo.accounts.models import User
from djirgo.tasks.models import Task
from djirgo.web.urls import urlpatterns

from .conftest import NOON, PASSWORD, Browser, text_of

OPEN_TO_ALL = {"", "register/", "log-in/", "log-out/", "favicon.ico", "theme/", "language/"}


#: The pages beside the board.
BESIDE = [
    "/mine/",
    "/mine/access/",
    "/projects/new/",
    *(f"/projects/1/{name}/" for name in ("settings", "team", "queue", "reports")),
]


def addresses() -> list[str]:
    filled = {
        "project": "1",
        "pk": "1",
        "status": "New",
        "verb": "start",
        "comment": "1",
        "interval": "1",
        "member": "1",
        "bot": "1",
        "token": "1",
        "name": "day",
    }
    patterns = [str(pattern.pattern) for pattern in urlpatterns]
    found = []
    for pattern in patterns:
        for name, value in filled.items():
            for kind in ("int", "slug"):
                pattern = pattern.replace(f"<{kind}:{name}>", value)
        found.append(pattern)
    return found


@pytest.mark.parametrize("address", [address for address in addresses() if address not in OPEN_TO_ALL])
def test_who_is_not_logged_in_is_led_to_the_log_in(address: str, visitor: Browser) -> None:
    assert "<" not in address
    for call in (visitor.get, visitor.post):
        answer = call(f"/{address}")
        assert answer.status_code == 302
        assert answer["Location"].startswith("/log-in/?next=")


@pytest.mark.parametrize("address", ["/", "/log-in/", "/register/", "/nothing/", "/tasks/1/", "/password/", *BESIDE])
def test_a_page_takes_nothing_from_elsewhere_and_nothing_from_within(address: str, anns: Browser, task: Task) -> None:
    answer = anns.get(address)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    page = text_of(answer)
    for within in ("<style", " style=", "javascript:", "http://", "https://"):
        assert within not in page.replace('xmlns="http://www.w3.org/2000/svg"', ""), within
    assert "<script>" not in page


def test_a_page_is_not_kept(anns: Browser, task: Task) -> None:
    for address in ("/", f"/tasks/{task.pk}/", "/projects/1/cards/?ids=1"):
        assert anns.get(address)["Cache-Control"] == "private, no-cache"


def test_pages_travel_compressed_and_answers_of_the_api_keep_their_tags(anns: Browser, ann: User, task: Task) -> None:
    answer = anns.get("/", HTTP_ACCEPT_ENCODING="gzip")
    assert answer["Content-Encoding"] == "gzip"
    assert b"Mend the roof" in gzip.decompress(answer.content)
    from rest_framework.test import APIClient

    program = APIClient(SERVER_NAME="localhost")
    program.force_authenticate(ann)
    answer = program.get(f"/api/tasks/{task.pk}/", HTTP_ACCEPT_ENCODING="gzip")
    assert (answer["ETag"], answer.has_header("Content-Encoding")) == ('"1"', False)


def test_a_board_of_five_thousand_tasks_is_light(anns: Browser, ann: User) -> None:
    words = "Mend the roof of the old barn before the autumn rains begin"
    for status in ("New", "In_Progress", "Completed"):
        Task.objects.bulk_create(
            Task(
                text=f"{words} {number}", owner=ann, performer=ann, status=status, labels=["house", "roof"],
                due_at=NOON, created_at=NOON, updated_at=NOON, completed_at=NOON,
            )
            for number in range(1_667)
        )  # fmt: skip
    answer = anns.get("/", HTTP_ACCEPT_ENCODING="gzip")
    assert len(answer.content) < 40_000
    assert text_of(anns.get("/")).count('class="card"') == 90


def test_the_admin_wears_the_colours_of_the_board_and_nothing_inline(
    browser_of: Callable[[User], Browser], task: Task
) -> None:
    boss = User.objects.create_superuser("boss", password=PASSWORD)
    browser = browser_of(boss)
    lists = [f"/admin/{model._meta.app_label}/{model._meta.model_name}/" for model in admin.site._registry]
    assert len(lists) > 5
    for address in ["/admin/", *lists, f"/admin/tasks/task/{task.pk}/change/", "/admin/password_change/"]:
        answer = browser.get(address)
        assert answer.status_code == 200, address
        assert "unsafe" not in answer["Content-Security-Policy"]
        page = text_of(answer)
        assert 'href="/static/web/admin.css"' in page
        assert "Django admin" not in page
        assert not re.search(r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son\w+=", page), address
    assert 'href="/static/web/admin.css"' in text_of(Browser().get("/admin/login/"))


# --- When something is wrong --------------------------------------------------------------------------------------


def test_what_is_not_there_is_a_page_for_people_and_a_document_for_programs(anns: Browser) -> None:
    page = anns.get("/nothing/")
    assert (page.status_code, "Nothing here" in text_of(page)) == (404, True)
    document = Client(SERVER_NAME="localhost").get("/nothing/")
    assert (document.status_code, document["Content-Type"]) == (404, "application/problem+json")
    assert anns.get("/api/nothing/")["Content-Type"] == "application/problem+json"


def test_a_host_that_is_not_served_is_told_in_a_page(visitor: Browser) -> None:
    answer = visitor.get("/", SERVER_NAME="elsewhere.example")
    assert answer.status_code == 400
    assert "DJIRGO_ALLOWED_HOSTS" in text_of(answer)


def test_a_mistake_of_ours_is_a_page_that_says_no_more(anns: Browser, monkeypatch: Any) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret")

    anns.raise_request_exception = False
    monkeypatch.setattr("djirgo.web.board.views.board", broken)
    answer = anns.get("/")
    assert (answer.status_code, "Something broke" in text_of(answer)) == (500, True)
    assert "secret" not in text_of(answer)
    part = anns.get("/", HTTP_HX_REQUEST="true")
    assert (part.status_code, 'role="alert"' in text_of(part)) == (500, True)


def test_a_database_that_is_away_is_a_page_that_asks_it_nothing(anns: Browser, monkeypatch: Any) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("no route to host")

    monkeypatch.setattr("djirgo.web.board.views.board", away)
    answer = anns.get("/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert "Back in a moment" in text_of(answer)


# --- Choices ------------------------------------------------------------------------------------------------------


def test_the_theme_is_remembered(visitor: Browser) -> None:
    assert 'data-theme="auto"' in text_of(visitor.get("/log-in/"))
    visitor.post("/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in text_of(visitor.get("/log-in/"))
    visitor.post("/theme/", {"theme": "pink"})
    assert 'data-theme="dark"' in text_of(visitor.get("/log-in/"))


def test_the_language_is_the_browsers_until_another_is_chosen(visitor: Browser) -> None:
    assert "Войти" in text_of(visitor.get("/log-in/", HTTP_ACCEPT_LANGUAGE="ru-RU,ru;q=0.9"))
    visitor.post("/language/", {"language": "ru", "next": "/log-in/"})
    assert '<html lang="ru"' in text_of(visitor.get("/log-in/", HTTP_ACCEPT_LANGUAGE="en"))


@pytest.mark.parametrize("zone", ["Europe/Moscow", "Nowhere/Land", "../../etc/passwd", "\0", "x" * 500])
def test_instants_are_told_where_the_person_is(zone: str, anns: Browser, task: Task) -> None:
    anns.cookies["timezone"] = zone
    page = text_of(anns.get(f"/tasks/{task.pk}/"))
    assert ("2 Mar 15:00" if zone == "Europe/Moscow" else "2 Mar 12:00") in page


# --- The palette --------------------------------------------------------------------------------------------------


def test_the_palette_finds_tasks_projects_and_commands(anns: Browser, bobs: Browser, attic: Any, task: Task) -> None:
    assert f'href="/tasks/{task.pk}/"' in text_of(anns.part("/palette/?q=roofs"))
    assert f'href="/tasks/{task.pk}/"' in text_of(anns.part(f"/palette/?q=%23{task.pk}"))
    assert "Attic" in text_of(anns.part("/palette/?q=att"))
    assert "Attic" not in text_of(bobs.part("/palette/?q=att"))
    assert 'data-command="next"' in text_of(anns.part("/palette/?q=next"))
    assert "Nothing is called" in text_of(anns.part("/palette/?q=zzz"))


@pytest.mark.parametrize("query", ["", "%00", "9" * 40, '"', "-", "x" * 5000, "%F0%9F%92%A9"])
def test_the_palette_takes_whatever_is_typed(query: str, anns: Browser) -> None:
    assert anns.part(f"/palette/?q={query}").status_code == 200
