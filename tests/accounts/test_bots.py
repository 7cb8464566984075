"""Bots: users that have only API tokens, each with a person who answers for it."""

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.db import IntegrityError, connection
from django.utils import timezone

from djirgo.accounts.models import ApiToken, Scope, User, user
from djirgo.accounts.models.user import AccountGone, ForOthers
from djirgo.tasks.models import Task

from .conftest import PASSWORD, Person, code, errors, whoever_holds

pytestmark = pytest.mark.django_db


def listed(person: Person) -> list[str]:
    return [bot["username"] for bot in person.send("get", "bots/").json()["results"]]


# --- Making one ---------------------------------------------------------------------------------------------------


def test_a_bot_is_made_and_shown(ann: Person) -> None:
    answer = ann.send("post", "bots/", {"username": "robot"})
    made = answer.json()

    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/api/bots/{made['id']}/"
    assert set(made) == {"id", "username", "is_bot", "is_active", "answers_for_it", "created_at"}
    assert (made["username"], made["is_bot"], made["is_active"]) == ("robot", True, True)
    assert made["answers_for_it"] == "ann"
    assert ann.send("get", f"bots/{made['id']}/").json() == made
    assert ann.send("get", "bots/").json()["results"] == [made]


def test_a_bot_is_among_everybody(ann: Person) -> None:
    bot = ann.make_bot()
    assert ann.send("get", f"users/{bot.pk}/").json() == {"id": bot.pk, "username": "robot", "is_bot": True}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"username": "Ann"}, ("username", "unique")),
        ({"username": "ＢＯＢ"}, ("username", "unique")),
        ({"username": "me"}, ("username", "reserved")),
        ({"username": "deleted-7"}, ("username", "reserved")),
        ({"username": "a" * 151}, ("username", "max_length")),
        ({"username": ""}, ("username", "blank")),
        ({"username": None}, ("username", "null")),
        ({"username": 17}, ("username", "invalid")),
        ({"username": "ro bot"}, ("username", "invalid")),
        ({"username": "ro\0bot"}, ("username", "null_characters_not_allowed")),
        ({"password": PASSWORD}, ("password", "unknown")),
        ({"is_staff": True}, ("is_staff", "unknown")),
    ],
)
def test_a_name_that_no_person_could_have_is_refused(
    ann: Person, bob: Person, said: dict[str, object], expected: tuple[str, str]
) -> None:
    assert expected in errors(ann.send("post", "bots/", {"username": "robot"} | said))
    assert not User.objects.filter(is_bot=True).exists()


def test_there_are_so_many_bots_and_no_more(ann: Person, bob: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user, "MOST_BOTS", 2)
    first, _ = ann.make_bot("one"), ann.make_bot("two")
    refused = ann.send("post", "bots/", {"username": "three"})
    ann.send("delete", f"bots/{first.pk}/")

    assert (refused.status_code, code(refused)) == (409, "too_many_bots")
    assert ann.make_bot("three")
    assert bob.make_bot("four")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_want_one_name_at_once_one_gets_it(ann: Person, bob: Person, at_once) -> None:
    def ask(number: int):
        return Person(access=(ann, bob)[number % 2].access).send("post", "bots/", {"username": "robot"})

    assert sorted(answer.status_code for answer in at_once(ask, 8)) == [201] + [400] * 7


def test_a_bot_made_twice_with_one_key_is_made_once(ann: Person) -> None:
    first, second = (
        ann.send("post", "bots/", {"username": "robot"}, HTTP_IDEMPOTENCY_KEY="once").json() for _ in range(2)
    )
    assert first == second


def test_whoever_has_gone_in_the_meantime_makes_no_bot(ann: Person) -> None:
    person = ann.user
    User.objects.get(pk=person.pk).close(at=timezone.now())
    with pytest.raises(AccountGone):
        User.create_bot("robot", by=person, at=timezone.now())


# --- What it can and cannot do ------------------------------------------------------------------------------------


def test_a_bot_works_with_a_token_that_its_person_makes(ann: Person) -> None:
    task = ann.send("post", "tasks/", {"text": "Read the meter"}).json()
    made = ann.make_token("work", bot=ann.make_bot("Robot").username.upper())
    started = whoever_holds(made).send("post", f"tasks/{task['id']}/start/", {})

    assert made["user"] == "Robot"
    assert started.json()["performer"] == "Robot"
    assert [shown["user"] for shown in ann.send("get", "tokens/").json()["results"]] == ["Robot"]


def test_a_bot_and_its_person_each_have_names_of_their_own_for_tokens(ann: Person) -> None:
    ann.make_token(name="nightly")
    assert ann.make_token(name="nightly", bot=ann.make_bot().username)


def test_a_bot_does_not_log_in(ann: Person) -> None:
    ann.make_bot()
    for password in ("", PASSWORD, "!"):
        assert Person("robot", password).try_to_log_in().status_code in (400, 401)


def test_a_bot_has_no_password_to_reset(ann: Person) -> None:
    ann.make_bot()
    User.objects.filter(is_bot=True).update(email="robot@example.org")
    ann.send("post", "auth/users/reset_password/", {"email": "robot@example.org"})

    assert mail.outbox == []


def test_a_bot_makes_neither_bots_nor_tokens(ann: Person) -> None:
    holder = whoever_holds(ann.make_token(*Scope.values, bot=ann.make_bot().username))
    answers = [
        holder.send("post", "bots/", {"username": "another"}),
        holder.send("post", "tokens/", {"name": "x", "scopes": ["read"]}),
        holder.send("get", "tokens/"),
        holder.send("get", "auth/users/me/"),
        holder.send("delete", "auth/users/me/", {"current_password": ""}),
    ]

    assert {(answer.status_code, code(answer)) for answer in answers} == {(403, "session_required")}


def test_a_bot_makes_nothing_by_any_other_door(ann: Person) -> None:
    robot, now = ann.make_bot(), timezone.now()
    with pytest.raises(ForOthers):
        User.create_bot("another", by=robot, at=now)
    with pytest.raises(ForOthers):
        ApiToken.issue("x", [Scope.READ], acting_as=robot, expires_at=None, by=robot, at=now)


@pytest.mark.parametrize("change", [{"responsible": None}, {"is_bot": False}])
def test_exactly_bots_have_somebody_who_answers_for_them(ann: Person, change: dict[str, object]) -> None:
    robot = ann.make_bot()
    with pytest.raises(IntegrityError, match="exactly_bots_have_somebody_who_answers_for_them"):
        User.objects.filter(pk=robot.pk).update(**change)


def test_a_bot_never_has_a_password(ann: Person) -> None:
    robot = ann.make_bot()
    robot.set_password(PASSWORD)
    with pytest.raises(IntegrityError, match="a_bot_has_no_password"):
        robot.save()


# --- Whose it is --------------------------------------------------------------------------------------------------


def test_a_stranger_sees_none_of_anothers_bots_and_closes_none(ann: Person, bob: Person) -> None:
    robot = ann.make_bot()

    assert listed(bob) == []
    for method in ("get", "delete"):
        assert bob.send(method, f"bots/{robot.pk}/").status_code == 404
    assert errors(bob.send("post", "tokens/", {"name": "x", "scopes": ["read"], "bot": "robot"})) == {
        ("bot", "unknown_bot")
    }
    assert listed(ann) == ["robot"]


def test_the_staff_sees_and_closes_all_of_them(ann: Person, bob: Person) -> None:
    robot = ann.make_bot()
    bob.make_bot("another")
    User.objects.filter(username="bob").update(is_staff=True)
    boss = Person("bob").log_in()

    assert listed(boss) == ["another", "robot"]
    assert boss.send("delete", f"bots/{robot.pk}/").status_code == 204


def test_a_person_is_not_among_the_bots(ann: Person, bob: Person) -> None:
    User.objects.filter(username="ann").update(is_staff=True)
    boss = Person().log_in()

    assert listed(boss) == []
    assert boss.send("delete", f"bots/{bob.user.pk}/").status_code == 404
    assert bob.is_let_in()


def test_the_newest_bot_comes_first_and_the_rest_page_by_page(ann: Person) -> None:
    made = [ann.make_bot(f"robot{number}").username for number in range(5)]
    seen, path = [], "/api/bots/?page_size=2"
    while path:
        page = ann.send("get", path.partition("/api/")[2]).json()
        seen += [shown["username"] for shown in page["results"]]
        path = page["next"]

    assert seen == made[::-1]


@pytest.mark.parametrize("is_staff", [False, True])
def test_the_list_is_read_from_an_index(ann: Person, is_staff: bool) -> None:
    ann.make_bot()
    User.objects.bulk_create(User(username=f"user{number}") for number in range(5000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    somebody = User(pk=ann.user.pk, is_staff=is_staff)
    explained = User.objects.bots_visible_to(somebody).order_by("-id")[:51].explain()

    assert re.search(r"user_bots|user_responsible", explained), explained


# --- Its end ------------------------------------------------------------------------------------------------------


def test_a_closed_bot_is_gone_and_its_name_is_free(ann: Person, later: Callable[[], None]) -> None:
    robot = ann.make_bot()
    made = ann.make_token(bot="robot")
    assert whoever_holds(made).is_let_in()
    assert ann.send("delete", f"bots/{robot.pk}/").status_code == 204
    later()

    assert not whoever_holds(made).is_let_in()
    assert not ApiToken.objects.exists()
    assert listed(ann) == []
    assert ann.send("delete", f"bots/{robot.pk}/").status_code == 404
    assert ann.make_bot("robot").pk != robot.pk


def test_a_closed_bot_keeps_its_tasks(ann: Person) -> None:
    robot = ann.make_bot()
    task = Task.create(by=robot, at=timezone.now(), text="Read the meter")
    ann.send("delete", f"bots/{robot.pk}/")

    assert ann.send("get", f"tasks/{task.pk}/").json()["owner"] == f"deleted-{robot.pk}"


def test_whoever_closes_their_account_closes_their_bots(ann: Person, bob: Person, later: Callable[[], None]) -> None:
    robot, other = ann.make_bot(), bob.make_bot("other")
    made, others = ann.make_token(bot="robot"), bob.make_token(bot="other")
    assert ann.send("delete", "auth/users/me/", {"current_password": PASSWORD}).status_code == 204
    later()

    robot.refresh_from_db()
    other.refresh_from_db()
    assert (robot.closed_at is None, other.closed_at is None) == (False, True)
    assert not whoever_holds(made).is_let_in()
    assert whoever_holds(others).is_let_in()


def test_a_bot_stops_while_its_person_is_deactivated(ann: Person, later: Callable[[], None]) -> None:
    ann.make_bot()
    made = ann.make_token(bot="robot")
    assert whoever_holds(made).is_let_in()
    ann.user.deactivate()
    later()

    assert code(whoever_holds(made).send("get", "users/")) == "token_not_valid"
    User.objects.filter(username="ann").update(is_active=True)
    later()
    assert whoever_holds(made).is_let_in()


def test_a_bot_that_is_deactivated_stops_alone(ann: Person, later: Callable[[], None]) -> None:
    robot = ann.make_bot()
    made, own = ann.make_token(bot="robot"), ann.make_token()
    robot.deactivate()
    later()

    assert not whoever_holds(made).is_let_in()
    assert whoever_holds(own).is_let_in()
    assert ann.send("get", f"bots/{robot.pk}/").json()["is_active"] is False
    assert errors(ann.send("post", "tokens/", {"name": "x", "scopes": ["read"], "bot": "robot"})) == {
        ("bot", "unknown_bot")
    }


def test_a_bot_that_is_handed_over_goes_on_under_its_new_person(
    ann: Person, bob: Person, later: Callable[[], None]
) -> None:
    robot = ann.make_bot()
    made = ann.make_token(bot="robot")
    User.objects.filter(pk=robot.pk).update(responsible=bob.user)
    ann.user.close(at=timezone.now())
    later()

    assert whoever_holds(made).is_let_in()
    assert listed(bob) == ["robot"]
    assert bob.send("delete", f"tokens/{made['id']}/").status_code == 204
