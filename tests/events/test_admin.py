"""Events in the admin are read; dead letters are handed over again or let go of."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.events.envelope import envelope
from djirgo.events.models import DeadLetter, Event, Receipt
from tests.events.conftest import Listener, happen, number_all

pytestmark = pytest.mark.django_db

LISTENER = Listener()
SUBSCRIPTIONS = (LISTENER.subscription,)
LETTERS = "/admin/events/deadletter/"


@pytest.fixture
def admin(settings: Any) -> Client:
    settings.EVENT_SUBSCRIPTIONS = f"{__name__}.SUBSCRIPTIONS"
    LISTENER.heard.clear()
    LISTENER.chokes_on.clear()
    client = Client(SERVER_NAME="localhost")
    client.force_login(
        User.objects.create_superuser("root", password="a root in the ground"),
        backend="django.contrib.auth.backends.ModelBackend",
    )
    return client


@pytest.fixture
def letter() -> DeadLetter:
    happen("task.created", 17)
    number_all()
    event = Event.objects.get()
    return DeadLetter.objects.create(
        consumer="listener", event=event.uuid, envelope=envelope(event), reason="Poison", at=timezone.now()
    )


def hand_over_again(admin: Client, letter: DeadLetter) -> str:
    action = {"action": "hand_over_again", "_selected_action": [letter.pk]}
    return admin.post(LETTERS, action, follow=True).content.decode()


def test_events_are_shown_and_cannot_be_changed(admin: Client) -> None:
    event = happen("task.created", 17)
    assert "task.created" in admin.get("/admin/events/event/?q=tasks/17").content.decode()
    page = f"/admin/events/event/{event.pk}/"
    assert "tasks/17" in admin.get(f"{page}change/").content.decode()
    assert admin.post(f"{page}change/", {"type": "x"}).status_code == 403
    assert admin.post(f"{page}delete/", {"post": "yes"}).status_code == 403
    assert admin.get("/admin/events/event/add/").status_code == 403


def test_a_dead_letter_that_is_handed_over_again_is_dealt_with_and_gone(admin: Client, letter: DeadLetter) -> None:
    assert "Poison" in admin.get(LETTERS).content.decode()
    hand_over_again(admin, letter)
    assert [message.id for message in LISTENER.heard] == [letter.event]
    assert not DeadLetter.objects.exists()
    assert Receipt.objects.filter(consumer="listener", event=letter.event).exists()


def test_a_dead_letter_that_fails_again_stays(admin: Client, letter: DeadLetter) -> None:
    LISTENER.chokes_on.add(1)
    assert "cannot deal with this" in hand_over_again(admin, letter)
    assert DeadLetter.objects.exists()
    assert not Receipt.objects.exists()


def test_a_dead_letter_of_a_consumer_that_is_no_more_stays(admin: Client, letter: DeadLetter) -> None:
    DeadLetter.objects.update(consumer="gone")
    assert "There is no consumer gone" in hand_over_again(admin, letter)
    assert DeadLetter.objects.exists()


def test_a_dead_letter_can_be_let_go_of(admin: Client, letter: DeadLetter) -> None:
    admin.post(f"{LETTERS}{letter.pk}/delete/", {"post": "yes"})
    assert not DeadLetter.objects.exists()
