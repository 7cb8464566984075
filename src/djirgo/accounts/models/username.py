"""What may be a username, and when two of them are the same one."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.db import models

#: Words that mean something else where a username is asked for, like in `?performer=me`.
RESERVED = frozenset({"me", "none"})
OF_A_CLOSED_ACCOUNT = re.compile(r"deleted-\d+")


def fold(username: str) -> str:
    """The username as it is compared: whatever the case, whatever the form of its letters."""
    return unicodedata.normalize("NFKC", username).casefold()


def of_closed_account(pk: int) -> str:
    return f"deleted-{pk}"


def not_reserved(username: str) -> None:
    folded = fold(username)
    if folded in RESERVED or OF_A_CLOSED_ACCOUNT.fullmatch(folded):
        raise ValidationError("This username is reserved.", code="reserved")


class FoldedUsername(models.CharField):  # type: ignore[type-arg]
    """The username once more, folded. SQLite's own LOWER knows only the English letters."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        folded = fold(model_instance.username)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, folded)
        return folded
