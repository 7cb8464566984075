"""The index of labels: which tasks carry a word, and which of them wait. The list itself stands in the task."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef

from djirgo.errors import Invalid

MOST_LABELS = 20
LONGEST_LABEL = 50


class LabelQuerySet(models.QuerySet["Label"]):
    def beside(self, others: Sequence[str]) -> Self:
        """Of tasks that carry all of these too."""
        labels = self
        for name in others:
            labels = labels.filter(Exists(Label.objects.filter(task=OuterRef("task"), name=name)))
        return labels


class Label(models.Model):
    task = models.ForeignKey("tasks.Task", models.CASCADE, related_name="label_index", db_index=False)
    name = models.CharField(max_length=LONGEST_LABEL)
    #: The task's place in the queue once more, so that the most urgent with a label is found by one index.
    project = models.ForeignKey("tasks.Project", models.CASCADE, related_name="+", db_index=False)
    is_waiting = models.BooleanField()
    priority = models.PositiveSmallIntegerField()
    due_order = models.DateTimeField()

    objects = LabelQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "name"], name="a_task_carries_a_label_once")]
        indexes = [
            models.Index(fields=["name", "task"], name="label_tasks"),
            models.Index(
                fields=["project", "name", "-priority", "due_order", "task"],
                condition=models.Q(is_waiting=True),
                name="label_queue",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LabelSet(models.CharField):  # type: ignore[type-arg]
    """What is the same for all tasks that carry the same labels, in whatever order: who can do one can do them all."""

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        value = label_set(model_instance.labels)  # type: ignore[attr-defined]
        setattr(model_instance, self.attname, value)
        return value


class BadLabels(Invalid):
    code = "invalid_labels"


def checked_labels(labels: Sequence[str]) -> list[str]:
    """The labels trimmed, each once, in the order given."""
    words = list(dict.fromkeys(label.strip() for label in labels))
    if len(words) > MOST_LABELS:
        raise BadLabels(f"A task carries {MOST_LABELS} labels at most.", field="labels")
    for word in words:
        if not 0 < len(word) <= LONGEST_LABEL or not word.isprintable() or "," in word:
            raise BadLabels(f"A label has 1 to {LONGEST_LABEL} characters and no comma.", field="labels")
    return words


def label_set(labels: Iterable[str]) -> str:
    """Short enough for an index, however many the labels are; nothing for none of them."""
    words = ",".join(sorted(labels))  # which hold no comma
    return hashlib.sha256(words.encode()).hexdigest() if words else ""
