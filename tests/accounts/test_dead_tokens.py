"""What is remembered of tokens that have died, and until when."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from djirgo.accounts import jwt

from .conftest import Person

pytestmark = pytest.mark.django_db


def test_only_the_dead_are_written_down(ann: Person) -> None:
    assert not jwt.OutstandingToken.objects.exists()
    ann.send("post", "auth/jwt/logout/", {"refresh": ann.refresh})

    assert jwt.OutstandingToken.objects.count() == jwt.BlacklistedToken.objects.count() == 1


def test_a_dead_token_is_remembered_for_as_long_as_it_would_have_lived(ann: Person) -> None:
    now = timezone.now()
    ann.send("post", "auth/jwt/logout/", {"refresh": ann.refresh})
    lifetime = settings.SIMPLE_JWT["REFRESH_TOKEN_LIFETIME"]

    assert not jwt.dead_before(now + lifetime - timedelta(minutes=1)).exists()
    assert jwt.dead_before(now + lifetime + timedelta(minutes=1)).count() == 1


def test_forgetting_a_token_forgets_that_it_was_killed(ann: Person) -> None:
    ann.send("post", "auth/jwt/logout/", {"refresh": ann.refresh})
    jwt.dead_before(timezone.now() + timedelta(days=10_000)).delete()

    assert not jwt.BlacklistedToken.objects.exists()
