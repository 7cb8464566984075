"""Search finds a word in any of its forms, in Russian and in English, alike on both databases."""

from collections.abc import Callable
from datetime import datetime

import pytest

from djirgo.accounts.models import User
from djirgo.tasks.models import Task

TEXTS = {
    "fence": "Починить забор у дома\nи покрасить ворота",
    "trees": "Посадить ёлки",
    "engine": "Running engines must be checked, twice",
    "invoice": "Send the invoice #4711 to the customer",
}


@pytest.fixture
def stock(ann: User, after: Callable[..., datetime]) -> dict[str, int]:
    return {name: Task.create(by=ann, at=after(), text=text).pk for name, text in TEXTS.items()}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("заборы", {"fence"}),
        ("ПОКРАСКА", set()),
        ("покрасил", {"fence"}),
        ("елка", {"trees"}),
        ("ёлку", {"trees"}),
        ("run", {"engine"}),
        ("ENGINE check", {"engine"}),
        ("engine забор", set()),
        ('"забор у дома"', {"fence"}),
        ('"дома забор"', set()),
        ("the -engine", {"invoice"}),
        ("-engine", set()),
        ("4711", {"invoice"}),
        ("у", {"fence"}),
        ("nothing", set()),
        ("'; DROP TABLE", set()),
        ('"', set()),
        ("AND OR NOT NEAR(", set()),
        ("words:забор*", set()),
    ],
)
def test_search_finds(query: str, found: set[str], stock: dict[str, int]) -> None:
    ids = set(Task.objects.matching(query).values_list("id", flat=True))
    assert ids == {stock[name] for name in found}


def test_search_follows_edits_and_deletions(stock: dict[str, int], ann: User, after: Callable[..., datetime]) -> None:
    task = Task.objects.get(pk=stock["engine"])
    task.edit(by=ann, at=after(minutes=1), text="Wash the car")
    assert not Task.objects.matching("engine").exists()
    assert Task.objects.matching("washing cars").get() == task
    task.delete_for_good(by=ann, at=after(minutes=2))
    assert not Task.objects.matching("wash").exists()
