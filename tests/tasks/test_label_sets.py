"""What carries the same labels is one pile, also after an edit, and also what was there before there were piles."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from djirgo.accounts.models import User
from djirgo.tasks.models import Task
from djirgo.tasks.models.label import label_set

Clock = Callable[..., datetime]
BEFORE = [("tasks", "0006_time")]


def put_in(by: User, at: datetime, *labels: str) -> Task:
    return Task.create(by=by, at=at, text="Read the letter", labels=labels)


def kept(task: Task) -> str:
    return Task.objects.values_list("label_set", flat=True).get(pk=task.pk)


def test_the_order_of_the_labels_makes_no_difference(ann: User, after: Clock) -> None:
    assert (
        kept(put_in(ann, after(), "ocr", "de")) == kept(put_in(ann, after(), "de", "ocr")) == label_set(["de", "ocr"])
    )
    assert kept(put_in(ann, after())) == ""
    assert kept(put_in(ann, after(), "ocr")) not in ("", label_set(["de", "ocr"]))


def test_an_edit_of_the_labels_moves_the_task_to_another_pile(ann: User, after: Clock) -> None:
    task = put_in(ann, after(), "ocr")
    task.edit(by=ann, at=after(), labels=["de"])
    assert kept(task) == label_set(["de"])
    task.edit(by=ann, at=after(), text="Read it again")
    assert kept(task) == label_set(["de"])


@pytest.mark.django_db(transaction=True)
def test_what_was_there_before_is_in_its_pile_and_still_found_by_search(after: Clock) -> None:
    ann = User.objects.create_user("ann")
    labelled, bare = put_in(ann, after(), "ocr", "de"), put_in(ann, after())
    newest = MigrationExecutor(connection).loader.graph.leaf_nodes()
    MigrationExecutor(connection).migrate(BEFORE)
    MigrationExecutor(connection).migrate(newest)
    assert (kept(labelled), kept(bare)) == (label_set(["de", "ocr"]), "")
    bare.edit(by=ann, at=after(), text="Burn the paper")
    assert list(Task.objects.matching("papers")) == [bare]
