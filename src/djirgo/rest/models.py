"""What the HTTP conventions have to remember."""

from django.db import models


class IdempotencyKey(models.Model):
    """A client's promise that two requests are one, and the answer that the first of them got."""

    #: Whose key it is: a user, or an address where nobody is logged in.
    scope = models.CharField(max_length=80)
    key = models.CharField(max_length=255)
    #: A hash of method, path and body.
    fingerprint = models.CharField(max_length=64)
    #: While it is being answered there is no status; one that is still without at `running_until` died.
    running_until = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    headers = models.JSONField(default=dict)
    #: Empty where it is the one that every answer has.
    content_type = models.CharField(max_length=100, default="")
    body = models.BinaryField(default=b"")
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="a_key_is_used_for_one_request")]
        indexes = [models.Index(fields=["created_at"], name="idempotency_created")]

    def __str__(self) -> str:
        return f"{self.key} of {self.scope}"
