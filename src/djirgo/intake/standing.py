"""Whether what was taken in may still be done: what only the database knows, asked once for a whole batch."""

from collections.abc import Sequence
from functools import cache

from djirgo.accounts.models import ApiToken, User
from djirgo.errors import Conflict, DomainError, Forbidden, Invalid
from djirgo.intake.accepted import Accepted, Words
from djirgo.intake.models import Intake
from djirgo.tasks.bulk import SeveralRefused
from djirgo.tasks.models import Project
from djirgo.tasks.models.edits import Edits
from djirgo.tasks.models.project import GENERAL
from djirgo.tasks.models.rules import require_worker
from djirgo.tasks.models.task import Arrival


class NotValidAnyMore(Forbidden):
    code = "token_not_valid"


class KeyUsed(Conflict):
    code = "idempotency_key_reused"


class UnknownProject(Invalid):
    code = "unknown_project"


class Standing:
    """The users, tokens, projects and keys that a batch is about."""

    def __init__(self, batch: Sequence[Accepted]) -> None:
        senders = User.objects.select_related("responsible")
        self.users = senders.in_bulk({accepted.user for accepted in batch})
        tokens = {accepted.api_token for accepted in batch if accepted.api_token}
        self.tokens = ApiToken.objects.in_bulk(tokens) if tokens else {}
        keys = {(accepted.user, accepted.key) for accepted in batch if accepted.key}
        self.keys = Intake.objects.named(keys) if keys else {}
        self._project = cache(self._find_project)

    def arrivals(self, accepted: Accepted) -> list[Arrival]:
        """What is to be written, or the refusal."""
        self._check_sender(accepted)
        self._check_key(accepted)
        each: list[Arrival] = []
        refusals: dict[int, DomainError] = {}
        for index, words in enumerate(accepted.tasks):
            try:
                edits = self._edits(accepted.user, words)
                each.append(Arrival(edits, self.users[accepted.user], accepted.at))
            except DomainError as refusal:
                refusals[index] = refusal
        if refusals:
            raise SeveralRefused(refusals) if accepted.is_many else refusals[0]
        return each

    def _check_sender(self, accepted: Accepted) -> None:
        """A session that has ended since, or had ended before, and a token that was deleted, send nothing."""
        user = self.users[accepted.user]
        if accepted.api_token:
            token = self.tokens.get(accepted.api_token)
            is_good = token is not None and token.user_id == user.pk
        else:
            is_good = user.credentials_version == accepted.credentials_version
        answered_for = user.responsible is None or user.responsible.is_active
        if not (is_good and user.is_active and answered_for):
            raise NotValidAnyMore("The token with which this was sent is not valid any more.")

    def _check_key(self, accepted: Accepted) -> None:
        """Of two requests with one key, the first that is written has it."""
        if accepted.key and self.keys.setdefault((accepted.user, accepted.key), accepted.id) != accepted.id:
            raise KeyUsed("This Idempotency-Key was used for another request.")

    def _edits(self, user: int, words: Words) -> Edits:
        found = self._project(user, words.get("project", GENERAL))
        if isinstance(found, DomainError):
            raise found
        return {**words, "project": found}  # type: ignore[typeddict-item]

    def _find_project(self, user_id: int, project_id: int) -> Project | DomainError:
        user = self.users[user_id]
        project = Project.objects.visible_to(user).filter(pk=project_id).first()
        if project is None:
            return UnknownProject("There is no such project.", field="project")
        try:
            require_worker(user, project)
        except DomainError as refusal:
            return refusal
        return project
