"""Access ends with the password and with the account, by whichever door that happens, and in every process."""

import os
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from django.contrib.auth import hashers
from django.contrib.auth.models import update_last_login
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from djirgo.accounts.authentication import MOMENT
from djirgo.accounts.models import User

from .conftest import PASSWORD, Person

pytestmark = pytest.mark.django_db
QUICK, STRONG = "MD5PasswordHasher", "PBKDF2PasswordHasher"


def set_password(user: User) -> None:
    user.set_password("a wholly different one")
    user.save()


def set_only_the_password(user: User) -> None:
    user.set_password("a wholly different one")
    user.save(update_fields=["password"])


def take_the_password_away(user: User) -> None:
    user.set_unusable_password()
    user.save()


def deactivate_in_a_form(user: User) -> None:
    user.is_active = False
    user.save()


def close(user: User) -> None:
    user.close(at=timezone.now())


ENDINGS = [
    set_password,
    set_only_the_password,
    take_the_password_away,
    deactivate_in_a_form,
    close,
    User.deactivate,
    User.end_sessions,
]


@pytest.mark.parametrize("end", ENDINGS)
def test_every_way_out_ends_access(ann: Person, later: Callable[[], None], end: Callable[[User], None]) -> None:
    assert ann.is_let_in()
    end(ann.user)
    later()

    assert not ann.is_let_in()
    assert ann.send("post", "auth/jwt/refresh/", {"refresh": ann.refresh}).status_code == 401
    assert ann.send("post", "auth/jwt/verify/", {"token": ann.access}).status_code == 401


@pytest.mark.parametrize("end", ENDINGS)
def test_the_version_is_the_same_in_memory_and_in_the_database(ann: Person, end: Callable[[User], None]) -> None:
    user = ann.user
    end(user)

    assert user.credentials_version == User.objects.get(pk=user.pk).credentials_version > 1


def test_who_is_let_in_again_has_to_log_in_again(ann: Person, later: Callable[[], None]) -> None:
    user = ann.user
    user.deactivate()
    user.is_active = True
    user.save()
    later()

    assert not ann.is_let_in()
    assert ann.log_in().is_let_in()


def test_the_changepassword_command_ends_access(
    ann: Person, later: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("getpass.getpass", lambda *args, **kwargs: "a wholly different one")
    call_command("changepassword", "ann", verbosity=0)
    later()

    assert not ann.is_let_in()


def test_a_password_hashed_anew_at_log_in_ends_nothing(ann: Person, later: Callable[[], None], settings) -> None:
    before = ann.user.password
    settings.PASSWORD_HASHERS = [f"django.contrib.auth.hashers.{name}" for name in (STRONG, QUICK)]
    hashers.get_hashers.cache_clear()
    elsewhere = Person().log_in()
    later()

    assert ann.user.password != before
    assert ann.is_let_in()
    assert elsewhere.is_let_in()


def test_other_changes_end_nothing(ann: Person, later: Callable[[], None]) -> None:
    user = ann.user
    user.email = "new@example.org"
    user.save()
    update_last_login(User, user)
    later()

    assert ann.is_let_in()


def test_the_admins_own_session_ends_with_the_others(client, db: None) -> None:
    root = User.objects.create_superuser("root", password=PASSWORD)
    client.force_login(root, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/admin/").status_code == 200
    root.end_sessions()

    assert client.get("/admin/").status_code == 302


def test_a_request_that_changes_its_user_changes_nobody_elses(ann: Person, later: Callable[[], None]) -> None:
    """The process remembers users for a moment: it must not hand one object to two requests."""
    from djirgo.accounts.authentication import BearerAuthentication

    later()
    request = type("Request", (), {"META": {"HTTP_AUTHORIZATION": f"Bearer {ann.access}"}})()
    first, _ = BearerAuthentication().authenticate(request)
    first.username = "somebody else"
    second, _ = BearerAuthentication().authenticate(request)

    assert second.username == "ann"


def test_not_every_request_asks_the_database_about_its_user(
    ann: Person, later: Callable[[], None], django_assert_num_queries
) -> None:
    later()
    ann.is_let_in()
    with django_assert_num_queries(1):
        ann.is_let_in()


def test_a_moment_is_well_under_a_second() -> None:
    assert 0 < MOMENT <= 0.5


@pytest.mark.django_db(transaction=True)
def test_what_another_process_does_is_seen_here(ann: Person) -> None:
    assert ann.is_let_in()
    elsewhere = "from djirgo.accounts.models import User; User.objects.get().deactivate()"
    subprocess.run(
        [sys.executable, "-m", "django", "shell", "--no-imports", "-c", elsewhere],
        env=os.environ | {"DATABASE_URL": database_address(), "DJANGO_SETTINGS_MODULE": "djirgo.config.settings"},
        check=True,
    )
    patience = time.monotonic() + 10
    while ann.is_let_in() and time.monotonic() < patience:
        time.sleep(0.05)

    assert not ann.is_let_in()


def database_address() -> str:
    told = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{told['NAME']}"
    return f"postgres://{told['USER']}:{told['PASSWORD']}@{told['HOST']}:{told['PORT']}/{told['NAME']}"


def test_a_closed_account_is_never_active(db: None) -> None:
    user = User.objects.create_user("ann")
    user.close(at=timezone.now())
    user.is_active = True
    with pytest.raises(IntegrityError, match="a_closed_account_is_not_active"):
        user.save()


def test_an_account_is_closed_once(db: None) -> None:
    user = User.objects.create_user("ann")
    first = timezone.now()
    user.close(at=first)
    user.close(at=timezone.now())

    assert user.closed_at == first
