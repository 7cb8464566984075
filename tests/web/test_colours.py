"""The colours of labels, people and projects: always the same for the same word, and different for different ones."""

import re
from collections.abc import Iterable
from pathlib import Path

import pytest

from djirgo import web
from djirgo.demo import cast
from djirgo.web.templatetags.djirgo import HUES, hue

pytestmark = pytest.mark.once
DESIGN = Path(web.__file__).parent / "static/web/base.css"


def test_every_colour_that_a_word_can_have_is_drawn_and_is_another_one() -> None:
    drawn = dict(re.findall(r"^\.hue-(\d+) { --hue: (.+); }$", DESIGN.read_text(), re.MULTILINE))
    assert sorted(map(int, drawn)) == list(range(HUES))
    assert len(set(drawn.values())) == HUES


@pytest.mark.parametrize(
    "words",
    [
        sorted({label for _, labels in cast.WEB_SHOP for label in labels} | {*cast.BOT.skills}),
        [person.name for person in (*cast.PEOPLE, cast.BOT)],
        [cast.SHOP, cast.HOUSE, "General"],
    ],
    ids=["labels", "people", "projects"],
)
def test_who_tries_djirgo_sees_no_colour_twice(words: list[str]) -> None:
    assert len({hue(word) for word in words}) == len(words)


def test_words_are_spread_over_all_the_colours() -> None:
    shares = shares_of(f"label {number}" for number in range(HUES * 100))
    assert len(shares) == HUES
    assert max(shares) < 2 * min(shares)


def shares_of(words: Iterable[str]) -> list[int]:
    found = [hue(word) for word in words]
    return [found.count(number) for number in set(found)]
