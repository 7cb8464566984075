"""Who is meant by the `@names` in a text.

    @ann            Ann, in whatever case it is written
    @ann. (@ann),   Ann as well: what may end a sentence is taken for the end of it, unless it is part of a name
    ann@example     nobody: an address
    `@ann`          nobody: between backticks, or in a link, stands what is for machines

Only somebody who may see the task is meant. A name of anybody else is a word like those that nobody has.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models

from djirgo.accounts.models import User
from djirgo.accounts.models.username import fold
from djirgo.errors import Invalid
from djirgo.tasks.models.seeing import who_sees

if TYPE_CHECKING:
    from djirgo.tasks.models.task import Task

MOST_MENTIONS = 50
LONGEST_NAME = 500

#: A block between lines of backticks, and what stands between backticks in one line. No part of them is read twice.
CODE = re.compile(r"^ {0,3}`{3,}+[^`\n]*+\n.*?(?:^ {0,3}```|\Z)|(?<!`)`++[^`\n]++`++", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"://\S++")
AT_A_NAME = re.compile(r"@([\w.@+-]++)")
#: What a name may end in, and a sentence too.
ENDS = "@.+-_"
MOST_ENDS = 3
JOINERS = "\u200c\u200d"


class TooManyMentions(Invalid):
    code = "too_many_mentions"


class Mentions(models.Manager["Mention"]):
    """In their order, with the people meant."""

    def get_queryset(self) -> models.QuerySet["Mention"]:
        return super().get_queryset().select_related("user").order_by("pk")


class Mention(models.Model):
    """A comment means somebody; under whatever name they go by."""

    comment = models.ForeignKey("tasks.Comment", models.CASCADE, related_name="mentions", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", db_index=False)

    objects = Mentions()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["comment", "user"], name="a_comment_mentions_somebody_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.comment_id}"


def people_named_in(text: str, *, task: "Task", author: User) -> list[User]:
    """Those whom the text means, each once, in its order. Nobody is told of what they say themselves."""
    names = list(names_in(text))
    possible = {name for spellings in names for name in spellings}
    known = {user.username_folded: user for user in who_sees(task).filter(username_folded__in=possible)}
    meant = [next((known[name] for name in spellings if name in known), author) for spellings in names]
    people = [user for user in dict.fromkeys(meant) if user != author]
    if len(people) > MOST_MENTIONS:
        raise TooManyMentions(f"A comment mentions {MOST_MENTIONS} people at most.", field="text")
    return people


def names_in(text: str) -> Iterator[list[str]]:
    """What each `@` of the text may mean, folded, the longest first."""
    words = unicodedata.normalize("NFKC", LINK.sub(" ", CODE.sub(" ", text)))
    for found in AT_A_NAME.finditer(words):
        start, end = found.span()
        if not (_is_of_a_word(words[start - 1 : start]) or _is_of_a_word(words[end : end + 1])):
            yield list(_spellings(found[1]))


def _spellings(word: str) -> Iterator[str]:
    name = word.rstrip(ENDS)
    ends = word[len(name) : len(name) + MOST_ENDS]
    for length in range(len(ends), -1, -1):
        folded = fold(name + ends[:length])
        if 0 < len(folded) <= LONGEST_NAME:
            yield folded


def _is_of_a_word(letter: str) -> bool:
    """A letter or a digit; or a mark or a joiner, which a word may go on with but no username has."""
    return letter != "" and (letter in JOINERS or unicodedata.category(letter)[0] in "LMN")
