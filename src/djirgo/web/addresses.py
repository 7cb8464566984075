"""Where things are."""

from django.urls import reverse

from djirgo.tasks.models import Project
from djirgo.tasks.models.project import GENERAL


def board_address(project: Project) -> str:
    """The open project's board is the front page."""
    return reverse("home") if project.pk == GENERAL else reverse("board", args=[project.pk])
