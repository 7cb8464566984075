"""Users in the admin, and the commands that make and change them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from djirgo.accounts.models import ApiToken, User

from .conftest import PASSWORD, Person, whoever_holds

pytestmark = pytest.mark.django_db
USERS = "/admin/accounts/user/"
TOKENS = "/admin/accounts/apitoken/"


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    root = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    return client


def choose(admin: Client, action: str, user: User) -> Any:
    return admin.post(USERS, {"action": action, "_selected_action": [user.pk]}, follow=True)


def form_of(admin: Client, user: User) -> dict[str, Any]:
    form = admin.get(f"{USERS}{user.pk}/change/").context["adminform"].form
    shown = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    return {name: value for name, value in shown.items() if value not in (None, False, []) and name != "password"}


def test_users_are_listed_and_shown(admin: Client, ann: Person) -> None:
    assert b"ann" in admin.get(USERS).content
    assert admin.get(f"{USERS}{ann.user.pk}/change/").status_code == 200


def test_there_are_no_groups(admin: Client, ann: Person) -> None:
    assert "/admin/auth/" not in admin.get("/admin/").content.decode()
    page = admin.get(f"{USERS}{ann.user.pk}/change/").content.decode()
    assert ('name="groups"' in page, 'name="user_permissions"' in page) == (False, True)


def test_an_account_is_made(admin: Client) -> None:
    said = {"username": "bob", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert admin.post(f"{USERS}add/", said).status_code == 302
    assert Person("bob").log_in().is_let_in()


@pytest.mark.parametrize("username", ["ANN", "me", "deleted-3"])
def test_a_name_that_is_taken_or_reserved_is_refused(admin: Client, ann: Person, username: str) -> None:
    said = {"username": username, "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    answer = admin.post(f"{USERS}add/", said)

    assert answer.status_code == 200
    assert "username" in answer.context["adminform"].form.errors


def test_nobody_is_renamed_to_somebody_else(admin: Client, ann: Person) -> None:
    bob = User.objects.create_user("Боб")
    answer = admin.post(f"{USERS}{ann.user.pk}/change/", form_of(admin, ann.user) | {"username": "бОБ"})

    assert answer.context["adminform"].form.errors["username"]
    assert User.objects.named("боб").get() == bob


def test_unticking_active_ends_access(admin: Client, ann: Person, later: Callable[[], None]) -> None:
    said = form_of(admin, ann.user)
    del said["is_active"]
    assert admin.post(f"{USERS}{ann.user.pk}/change/", said).status_code == 302
    later()

    assert not ann.is_let_in()


def test_a_new_password_ends_access(admin: Client, ann: Person, later: Callable[[], None]) -> None:
    said = {"usable_password": "true", "password1": "another one 123", "password2": "another one 123"}
    assert admin.post(f"{USERS}{ann.user.pk}/password/", said).status_code == 302
    later()

    assert not ann.is_let_in()
    assert Person("ann", "another one 123").log_in()


@pytest.mark.parametrize("action", ["end_sessions", "deactivate", "close"])
def test_every_action_ends_access(admin: Client, ann: Person, later: Callable[[], None], action: str) -> None:
    assert choose(admin, action, ann.user).status_code == 200
    later()

    assert not ann.is_let_in()


def test_an_account_is_closed_and_cannot_be_opened_again(admin: Client, ann: Person) -> None:
    user = ann.user
    choose(admin, "close", user)
    user.refresh_from_db()

    assert user.username == f"deleted-{user.pk}"
    assert admin.get(f"{USERS}{user.pk}/change/").status_code == 200
    assert admin.post(f"{USERS}{user.pk}/change/", {"username": "ann", "is_active": "on"}).status_code == 403


def test_nobody_is_deleted(admin: Client, ann: Person) -> None:
    assert admin.get(f"{USERS}{ann.user.pk}/delete/").status_code == 403
    assert admin.post(f"{USERS}{ann.user.pk}/delete/", {"post": "yes"}).status_code == 403
    choose(admin, "delete_selected", ann.user)

    assert ann.user.is_active


# --- Bots and API tokens ------------------------------------------------------------------------------------------


def test_a_bot_is_handed_over(admin: Client, ann: Person, bob: Person) -> None:
    robot = ann.make_bot()
    answer = admin.post(f"{USERS}{robot.pk}/change/", form_of(admin, robot) | {"responsible": bob.user.pk})

    assert answer.status_code == 302
    robot.refresh_from_db()
    assert robot.responsible == bob.user


@pytest.mark.parametrize("to", ["nobody", "a bot", "somebody who has gone"])
def test_a_bot_is_handed_over_only_to_people(admin: Client, ann: Person, bob: Person, to: str) -> None:
    robot, other = ann.make_bot(), ann.make_bot("other")
    bob.user.close(at=timezone.now())
    gone = User.objects.exclude(closed_at=None).get()
    said = {"responsible": {"nobody": "", "a bot": other.pk, "somebody who has gone": gone.pk}[to]}
    answer = admin.post(f"{USERS}{robot.pk}/change/", form_of(admin, robot) | said)

    assert set(answer.context["adminform"].form.errors) == {"responsible"}
    robot.refresh_from_db()
    assert robot.responsible == ann.user


def test_nobody_is_made_a_bot_or_a_person(admin: Client, ann: Person) -> None:
    robot = ann.make_bot()
    admin.post(f"{USERS}{ann.user.pk}/change/", form_of(admin, ann.user) | {"is_bot": "on", "responsible": robot.pk})
    said = form_of(admin, robot)
    assert "is_bot" not in said
    admin.post(f"{USERS}{robot.pk}/change/", said)

    robot.refresh_from_db()
    assert (ann.user.is_bot, ann.user.responsible, robot.is_bot) == (False, None, True)


def test_a_bot_gets_no_password(admin: Client, ann: Person) -> None:
    robot = ann.make_bot()
    said = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}

    assert admin.get(f"{USERS}{robot.pk}/password/").status_code == 403
    assert admin.post(f"{USERS}{robot.pk}/password/", said).status_code == 403
    assert admin.get(f"{USERS}nobody/password/").status_code == 404
    assert "field-password" not in admin.get(f"{USERS}{robot.pk}/change/").content.decode()
    assert "field-password" in admin.get(f"{USERS}{ann.user.pk}/change/").content.decode()


def test_a_person_and_their_bots_are_closed_together(admin: Client, ann: Person) -> None:
    robot = ann.make_bot()
    admin.post(USERS, {"action": "close", "_selected_action": [robot.pk, ann.user.pk]})

    assert User.objects.filter(closed_at=None).get().username == "root"


def test_tokens_are_seen_without_their_hash(admin: Client, ann: Person) -> None:
    made = ann.make_token(name="nightly")
    pages = [admin.get(TOKENS), admin.get(f"{TOKENS}{made['id']}/change/"), admin.get(f"{TOKENS}{made['id']}/delete/")]

    for page in (answer.content.decode() for answer in pages):
        assert "nightly" in page
        assert made["token"] not in page
        assert ApiToken.objects.get().digest not in page


def test_tokens_are_neither_made_nor_changed(admin: Client, ann: Person) -> None:
    made = ann.make_token(name="nightly")

    assert admin.get(f"{TOKENS}add/").status_code == 403
    assert admin.post(f"{TOKENS}{made['id']}/change/", {"name": "another"}).status_code == 403
    assert ApiToken.objects.get().name == "nightly"


def test_a_token_is_ended(admin: Client, ann: Person, later: Callable[[], None]) -> None:
    made = ann.make_token()
    assert admin.post(f"{TOKENS}{made['id']}/delete/", {"post": "yes"}).status_code == 302
    later()

    assert not whoever_holds(made).is_let_in()


def test_tokens_are_ended_together(admin: Client, ann: Person) -> None:
    chosen = [ann.make_token()["id"] for _ in range(2)]
    admin.post(TOKENS, {"action": "delete_selected", "_selected_action": chosen, "post": "yes"})

    assert not ApiToken.objects.exists()


# --- The commands -------------------------------------------------------------------------------------------------


def test_a_superuser_is_made_on_the_command_line(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", username="root", email="root@example.org", verbosity=0)

    assert User.objects.get().is_superuser
    assert Client().post("/admin/login/", {"username": "root", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize("username", ["Ann", "none", "deleted-1"])
def test_the_command_line_refuses_the_same_names(ann: Person, username: str) -> None:
    with pytest.raises(CommandError):
        call_command("createsuperuser", "--noinput", username=username, email="root@example.org", verbosity=0)
