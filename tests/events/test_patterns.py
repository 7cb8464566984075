"""Patterns mean embedded what they mean to RabbitMQ."""

import pytest

from djirgo.events.subscriptions import matches


@pytest.mark.parametrize(
    ("pattern", "type_", "is_wanted"),
    [
        ("task.created", "task.created", True),
        ("task.created", "task.updated", False),
        ("task.*", "task.created", True),
        ("task.*", "task", False),
        ("task.*", "task.lease.expired", False),
        ("*.created", "task.created", True),
        ("task.#", "task.created", True),
        ("task.#", "task", True),
        ("task.#", "task.lease.expired", True),
        ("task.#", "tasks.created", False),
        ("task.#", "comment.added", False),
        ("#", "comment.added", True),
        ("#.expired", "task.lease.expired", True),
        ("#.expired", "expired", True),
        ("task.#.now", "task.now", True),
        ("task.#.now", "task.a.b.now", True),
        ("task.#.now", "task.a.b", False),
    ],
)
def test_a_type_is_wanted_as_a_topic_exchange_decides(pattern: str, type_: str, is_wanted: bool) -> None:
    assert matches(pattern, type_) is is_wanted
