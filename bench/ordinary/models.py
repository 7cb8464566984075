"""Djirgo's tables, as models that know nothing, but what its triggers on SQLite call."""

import uuid
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, UserManager
from django.db import models
from django.db.backends.signals import connection_created

from djirgo.tasks.stems import stems


class User(AbstractBaseUser):
    username = models.CharField(max_length=150, unique=True)
    is_active = models.BooleanField(default=True)
    USERNAME_FIELD = "username"
    objects = UserManager()

    class Meta:
        managed = False
        db_table = "accounts_user"


class Task(models.Model):
    text = models.TextField()
    status = models.CharField(max_length=11, default="New")
    owner = models.ForeignKey(User, models.PROTECT, related_name="owned")
    performer = models.ForeignKey(User, models.PROTECT, null=True, related_name="performed")
    project_id = models.BigIntegerField(default=1)
    priority = models.PositiveSmallIntegerField(default=1)
    labels = models.JSONField(default=list)
    label_set = models.CharField(max_length=64, default="", editable=False)
    blocked_by = models.JSONField(default=list)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    worked_microseconds = models.BigIntegerField(default=0)
    running_since = models.DateTimeField(null=True)
    is_blocked = models.BooleanField(default=False)
    blocks_others = models.BooleanField(default=False)
    is_assigned_by_a_person = models.BooleanField(default=False)
    attempts = models.PositiveIntegerField(default=0)
    failure_reason = models.TextField(null=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        managed = False
        db_table = "tasks_task"


class Interval(models.Model):
    task = models.ForeignKey(Task, models.CASCADE)
    project_id = models.BigIntegerField(default=1)
    performer = models.ForeignKey(User, models.PROTECT)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        managed = False
        db_table = "tasks_workinterval"


class Event(models.Model):
    uuid = models.UUIDField(default=uuid.uuid4)
    type = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    scope = models.CharField(max_length=64, default="projects/1")
    time = models.DateTimeField(auto_now_add=True)
    data = models.JSONField()

    class Meta:
        managed = False
        db_table = "events_event"


def teach(sender: object, connection: Any, **_: object) -> None:
    if connection.vendor == "sqlite":
        connection.connection.create_function("djirgo_stems", 1, stems, deterministic=True)


connection_created.connect(teach)
