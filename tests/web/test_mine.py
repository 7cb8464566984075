"""My work: what I hold, what waits for me, my day; my bots and tokens."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.tasks.models import Project, Status, Task
from djirgo.tasks.models.project import GENERAL

from .conftest import NOON, Browser, text_of


def section(page: str, heading: str) -> str:
    return page.split(f'id="{heading}-heading"')[1].split("</section>")[0]


def test_what_i_hold_comes_first_what_runs_before_what_does_not(anns: Browser, ann: User, bob: User) -> None:
    paused, running, given, others = (
        Task.create(text=word, by=ann, at=NOON) for word in ("Paint it", "Mend it", "Sell it", "Burn it")
    )
    paused.start(by=ann, at=NOON).pause(by=ann, at=NOON + timedelta(minutes=5))
    running.start(by=ann, at=NOON)
    given.assign(ann, by=ann, at=NOON)
    others.start(by=bob, at=NOON)
    page = text_of(anns.get("/mine/"))
    held, waiting = section(page, "held"), section(page, "waiting")
    assert held.index("Mend it") < held.index("Paint it")
    assert ("Sell it" in held, "Sell it" in waiting, "Burn it" in page) == (False, True, False)
    assert "data-clock" in held


def test_a_verb_leads_back_to_my_work(anns: Browser, ann: User) -> None:
    task = Task.create(text="x", by=ann, at=NOON).assign(ann, by=ann, at=NOON)
    for verb, status in (("start", Status.IN_PROGRESS), ("pause", Status.IN_PROGRESS), ("complete", Status.COMPLETED)):
        page = text_of(anns.get("/mine/"))
        assert f'action="/tasks/{task.pk}/{verb}/"' in page
        assert anns.post(f"/tasks/{task.pk}/{verb}/", {"next": "/mine/"})["Location"] == "/mine/"
        task.refresh_from_db()
        assert task.status == status


def test_what_is_blocked_or_leased_has_no_verbs_here(anns: Browser, ann: User) -> None:
    first = Task.create(text="first", by=ann, at=NOON)
    blocked = Task.create(text="second", blocked_by=[first.pk], by=ann, at=NOON).assign(ann, by=ann, at=NOON)
    leased = Task.create(text="third", by=ann, at=NOON).claim(lease_seconds=60, by=ann, at=NOON)
    page = text_of(anns.get("/mine/"))
    assert "under a lease" in section(page, "held")
    for task in (blocked, leased):
        assert f'action="/tasks/{task.pk}/' not in page


def test_my_day_is_the_time_that_i_have_worked_today(anns: Browser, ann: User, bob: User) -> None:
    now = timezone.now()
    mine, others = (Task.create(text="x", by=ann, at=now - timedelta(days=1)) for _ in "ab")
    begins = max(now - timedelta(minutes=10), now.replace(hour=0, minute=0, second=0, microsecond=0))
    mine.start(by=ann, at=begins)
    others.start(by=bob, at=begins)
    day = section(text_of(anns.get("/mine/")), "day")
    minutes = int((now - begins).total_seconds()) // 60
    assert re.search(rf"<strong[^>]*>({minutes}|{minutes + 1})m</strong>", day)
    assert '<th scope="row">General</th>' in day


def test_nothing_to_do_says_what_to_do(anns: Browser) -> None:
    page = text_of(anns.get("/mine/"))
    for words in ("You are not working on anything.", "Nothing was given to you", "You take part in no project yet."):
        assert words in page


def test_who_has_not_worked_all_week_is_shown_no_empty_plot(anns: Browser, task: Task, ann: User) -> None:
    assert "The last seven days" not in text_of(anns.get("/mine/"))
    task.start(by=ann, at=timezone.now() - timedelta(hours=1))
    assert "The last seven days" in text_of(anns.get("/mine/"))


def test_from_my_work_one_goes_back_to_the_board_that_one_has_come_from(anns: Browser, attic: Project) -> None:
    for board, leads in ((f"/projects/{attic.pk}/", attic.pk), ("/", GENERAL)):
        anns.get(board)
        page = text_of(anns.get("/mine/"))
        assert f'href="/projects/{leads}/team/"' in page
        assert f'<a href="{board}">To the board</a>' in page


def test_a_board_that_one_no_longer_sees_is_not_gone_back_to(bobs: Browser, attic: Project) -> None:
    for kept in (str(attic.pk), "nothing", "9" * 30):
        bobs.cookies["project"] = kept
        assert f'href="/projects/{GENERAL}/team/"' in text_of(bobs.get("/mine/"))


def test_where_i_take_part_i_say_whether_i_am_there(anns: Browser, attic: Project, ann: User) -> None:
    assert f'action="/projects/{attic.pk}/members/me/"' in text_of(anns.get("/mine/"))
    anns.post(f"/projects/{attic.pk}/members/me/", {"next": "/mine/"})
    assert "You are away" in section(text_of(anns.get("/mine/")), "places")


def test_many_tasks_are_told_by_as_few_queries(anns: Browser, ann: User, attic: Project) -> None:
    def some(number: int) -> None:
        for _ in range(number):
            Task.create(text="x", project=attic, by=ann, at=NOON).assign(ann, by=ann, at=NOON)
            Task.create(text="x", by=ann, at=NOON).start(by=ann, at=NOON)

    some(2)
    with CaptureQueriesContext(connection) as few:
        anns.get("/mine/")
    some(30)
    Task.objects.bulk_create(
        Task(text="x", owner=ann, performer=ann, created_at=NOON, updated_at=NOON) for _ in range(60)
    )
    with CaptureQueriesContext(connection) as many:
        page = text_of(anns.get("/mine/"))
    assert len(many) == len(few)
    assert section(page, "waiting").count('class="line"') == 50


# --- Bots and tokens ----------------------------------------------------------------------------------------------


def test_a_bot_is_made_and_closed(anns: Browser, ann: User) -> None:
    answer = anns.post("/mine/bots/", {"username": "robbie"})
    bot = User.objects.get(username="robbie")
    assert (bot.is_bot, bot.responsible, answer.status_code) == (True, ann, 302)
    assert "<option selected>robbie</option>" in text_of(anns.get(answer["Location"]))
    anns.post(f"/mine/bots/{bot.pk}/close/")
    bot.refresh_from_db()
    assert bot.closed_at is not None


@pytest.mark.parametrize("username", ["", "me", "ann", "two words", "x" * 151, "a\0b"])
def test_a_bot_that_cannot_be_called_like_that_is_not_made(username: str, anns: Browser) -> None:
    answer = anns.post("/mine/bots/", {"username": username})
    assert (answer.status_code, 'role="alert"' in text_of(answer)) == (400, True)
    assert not User.objects.filter(is_bot=True).exists()


def test_a_token_is_shown_once_and_kept_as_a_hash(anns: Browser, ann: User) -> None:
    answer = anns.post("/mine/tokens/", {"name": "laptop", "scopes": ["read", "work"], "days": "7"})
    text = re.search(r"djirgo_\w{40}", text_of(answer))
    token = ApiToken.objects.get()
    assert text
    assert ApiToken.objects.of_text(text[0].encode()).get() == token
    assert (token.user, token.scopes, token.expires_at - token.created_at) == (  # type: ignore[operator]
        ann,
        ["read", "work"],
        timedelta(days=7),
    )
    assert answer["Cache-Control"] == "no-store"
    again = text_of(anns.get("/mine/access/"))
    assert (text[0] in again, "laptop" in again) == (False, True)
    anns.post(f"/mine/tokens/{token.pk}/delete/")
    assert not ApiToken.objects.exists()


def test_a_token_acts_as_a_bot_for_ever_where_one_says_so(anns: Browser, ann: User) -> None:
    bot = User.create_bot("robbie", by=ann, at=NOON)
    anns.post("/mine/tokens/", {"name": "robbie", "scopes": "work", "days": "", "bot": "robbie"})
    token = ApiToken.objects.get()
    assert (token.user, token.expires_at) == (bot, None)


@pytest.mark.parametrize(
    "said",
    [
        {"name": "", "scopes": "read"},
        {"name": "a\0b", "scopes": "read"},
        {"name": "x" * 101, "scopes": "read"},
        {"name": "x"},
        {"name": "x", "scopes": "everything"},
        {"name": "x", "scopes": "read", "days": "1000000"},
        {"name": "x", "scopes": "read", "bot": "bob"},
        {"name": "x", "scopes": "read", "bot": "a\0b"},
        {"name": "taken", "scopes": "read"},
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(said: dict[str, str], anns: Browser, ann: User, bob: User) -> None:
    ApiToken.issue("taken", [Scope.READ], acting_as=ann, expires_at=None, by=ann, at=NOON)
    answer = anns.post("/mine/tokens/", said)
    assert (answer.status_code, 'role="alert"' in text_of(answer)) == (400, True)
    assert ApiToken.objects.count() == 1


def test_what_is_others_is_not_there(anns: Browser, bob: User) -> None:
    bot = User.create_bot("bobsbot", by=bob, at=NOON)
    token, _ = ApiToken.issue("bobs", [Scope.READ], acting_as=bob, expires_at=None, by=bob, at=NOON)
    page = text_of(anns.get("/mine/access/"))
    assert ("bobsbot" in page, "bobs" in page) == (False, False)
    for address in (
        f"/mine/bots/{bot.pk}/close/",
        f"/mine/tokens/{token.pk}/delete/",
        f"/mine/tokens/{10**18}/delete/",
    ):
        assert anns.post(address).status_code == 404
    assert ApiToken.objects.exists()
