"""The ledger: what became of everything that was taken in. A row here means that its message has been dealt with."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models

from djirgo.accounts.models import User


class Outcome(models.TextChoices):
    APPLIED = "applied"
    REJECTED = "rejected"


class IntakeQuerySet(models.QuerySet["Intake"]):
    def of(self, user: User) -> Self:
        return self.filter(owner=user)

    def dealt_with(self, ids: Iterable[uuid.UUID]) -> set[uuid.UUID]:
        """Those of these that are in the ledger already."""
        return set(self.filter(pk__in=ids).values_list("pk", flat=True))

    def named(self, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], uuid.UUID]:
        """Which of these names their owners have used, and for which intake."""
        wanted = set(keys)
        found = self.filter(owner__in={owner for owner, _ in wanted}, key__in={key for _, key in wanted})
        used = {(owner, key): pk for owner, key, pk in found.values_list("owner", "key", "pk")}
        return {name: pk for name, pk in used.items() if name in wanted}

    def written_before(self, moment: datetime) -> Self:
        return self.filter(written_at__lt=moment)


class Intake(models.Model):
    id = models.UUIDField(primary_key=True)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)
    outcome = models.CharField(max_length=8, choices=Outcome)
    #: The ids of its tasks, in the order in which they were sent.
    tasks = models.JSONField(default=list)
    is_many = models.BooleanField()
    #: Why it was rejected, as the API says it: field, code and detail.
    errors = models.JSONField(default=list)
    #: The `Idempotency-Key` that it was sent with; empty where there was none.
    key = models.CharField(max_length=255, default="")
    accepted_at = models.DateTimeField()
    written_at = models.DateTimeField()

    objects = IntakeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(outcome__in=Outcome.values), name="an_intake_has_a_known_outcome"
            ),
            models.UniqueConstraint(
                fields=["owner", "key"], condition=~models.Q(key=""), name="a_key_is_one_intake_of_its_owner"
            ),
        ]
        indexes = [models.Index(fields=["written_at"], name="intake_written")]

    def __str__(self) -> str:
        return f"{self.id}: {self.outcome}"
