"""Who takes part in a project, as what, and what the project has to know to give them work."""

from typing import Self

from django.conf import settings
from django.db import models

from djirgo.errors import Invalid
from djirgo.rows import ReadAsItIs
from djirgo.tasks.models.label import checked_labels

MOST_AT_ONCE = 1000


class Role(models.IntegerChoices):
    """What somebody may do in a project; each may do what those before it may. The API speaks of the words."""

    VIEWER = 0
    MEMBER = 1
    MANAGER = 2
    OWNER = 3

    @property
    def word(self) -> str:
        return self.name.lower()

    @classmethod
    def words(cls) -> list[str]:
        return [role.word for role in cls]

    @classmethod
    def of(cls, word: str) -> "Role":
        return cls[word.upper()]


class InvalidSkills(Invalid):
    code = "invalid_skills"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def taking_part(self) -> Self:
        """Those who take part in the work, and do not only look on."""
        return self.filter(role__gte=Role.MEMBER)

    def workers(self) -> Self:
        """Those who may be given work: they take part, are there, and can log in."""
        return self.taking_part().filter(available=True, user__is_active=True)

    def away(self) -> Self:
        """Those who would be given work if they were there."""
        return self.taking_part().filter(available=False, user__is_active=True)

    def owners(self) -> Self:
        return self.filter(role=Role.OWNER, user__is_active=True)

    def with_open_account(self) -> Self:
        return self.filter(user__closed_at=None)


class Membership(ReadAsItIs):
    project = models.ForeignKey("tasks.Project", models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.PositiveSmallIntegerField(choices=Role, default=Role.MEMBER)
    #: Words that the labels of a task are matched with.
    skills = models.JSONField(default=list, blank=True)
    #: How many open tasks of the project they are given at once; null is any number.
    wip_limit = models.PositiveIntegerField(null=True, blank=True)
    available = models.BooleanField(default=True)
    #: The project's turn in which they were last given something; 0 is never.
    turn = models.PositiveBigIntegerField(default=0)
    joined_at = models.DateTimeField()

    objects = MembershipQuerySet.as_manager()

    #: How many tasks were handed back when this was changed.
    handed_back = 0

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "user"], name="somebody_takes_part_in_a_project_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="a_member_has_a_known_role"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.project}: {self.get_role_display()}"

    @property
    def is_worker(self) -> bool:
        return self.role >= Role.MEMBER

    def shown(self) -> dict[str, object]:
        """The membership as the API and the events show it."""
        return {
            "id": self.user_id,
            "username": self.user.username,
            "is_bot": self.user.is_bot,
            "role": Role(self.role).word,
            "skills": self.skills,
            "wip_limit": self.wip_limit,
            "available": self.available,
        }


def checked_skills(skills: list[str]) -> list[str]:
    """Skills are words like labels, because they are matched with them."""
    try:
        return checked_labels(skills)
    except Invalid as refusal:
        raise InvalidSkills(str(refusal).replace("label", "skill"), field="skills") from None
