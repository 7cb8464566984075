"""What the API can do, as methods that take and give what Python has words for."""

import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, overload
from urllib.parse import parse_qsl, urlsplit

from djirgo.client import instant
from djirgo.client.api import Api
from djirgo.client.comment import Comment
from djirgo.client.event import Event
from djirgo.client.project import Project
from djirgo.client.task import Task
from djirgo.client.token import Token

Moment = datetime | str
TaskOrId = Task | int

LARGEST_PAGE = 200
TASKS = "/api/tasks/"
CLAIM = "/api/tasks/claim/"


class _Unsaid:
    """Nothing was said about it, which is another thing than None."""


UNSAID: Final = _Unsaid()


class Calls:
    """The part of the client that asks for one thing at a time. Wherever a task is meant, its id will do."""

    _api: Api

    # --- Tasks ----------------------------------------------------------------------------------------------------

    def tasks(
        self,
        *,
        task_status: str | None = None,
        owner: str | None = None,
        performer: str | None = None,
        project: int | None = None,
        label: str | None = None,
        priority: str | None = None,
        ready: bool | None = None,
        due_before: Moment | None = None,
        due_after: Moment | None = None,
        updated_since: Moment | None = None,
        search: str | None = None,
        ordering: str | None = None,
        page_size: int | None = None,
    ) -> Iterator[Task]:
        """All of them, or those that everything said here is true of; read a page at a time as you go."""
        asked = {
            "task_status": task_status,
            "owner": owner,
            "performer": performer,
            "project": project,
            "label": label,
            "priority": priority,
            "ready": None if ready is None else str(ready).lower(),
            "due_before": due_before and instant.write(due_before),
            "due_after": due_after and instant.write(due_after),
            "updated_since": updated_since and instant.write(updated_since),
            "search": search,
            "ordering": ordering,
            "page_size": page_size,
        }
        query = {name: value for name, value in asked.items() if value is not None}
        return map(Task.read, self._api.pages(TASKS, query))

    def task(self, task: TaskOrId) -> Task:
        """As it is now."""
        return Task.read(self._api.get(_path(task)))

    def create(
        self,
        text: str,
        *,
        project: int | None = None,
        priority: str | None = None,
        labels: Iterable[str] = (),
        due_at: Moment | None = None,
        blocked_by: Iterable[TaskOrId] = (),
        idempotency_key: str | None = None,
    ) -> Task:
        """A new task. A key of your own lets a program that starts over say the same again: it is created once."""
        said = {
            "text": text,
            "project": project,
            "priority": priority,
            "labels": _words(labels),
            "due_at": due_at and instant.write(due_at),
            "blocked_by": [_id(task) for task in blocked_by],
        }
        body = {name: value for name, value in said.items() if value or name == "text"}
        return Task.read(self._api.post(TASKS, body, key=idempotency_key))

    def edit(
        self,
        task: TaskOrId,
        *,
        text: str | _Unsaid = UNSAID,
        project: int | _Unsaid = UNSAID,
        priority: str | _Unsaid = UNSAID,
        labels: Iterable[str] | _Unsaid = UNSAID,
        due_at: Moment | _Unsaid | None = UNSAID,
        blocked_by: Iterable[TaskOrId] | _Unsaid = UNSAID,
        version: int | None = None,
    ) -> Task:
        """What is said here is written, the rest stays. With `version`, only if the task is still at that version."""
        said: dict[str, Any] = {"text": text, "project": project, "priority": priority}
        said["labels"] = labels if isinstance(labels, _Unsaid) else _words(labels)
        said["due_at"] = due_at if due_at is None or isinstance(due_at, _Unsaid) else instant.write(due_at)
        said["blocked_by"] = blocked_by if isinstance(blocked_by, _Unsaid) else [_id(task) for task in blocked_by]
        body = {name: value for name, value in said.items() if value is not UNSAID}
        return Task.read(self._api.patch(_path(task), body, version=version))

    def delete(self, task: TaskOrId, *, version: int | None = None) -> None:
        """For good, with its history."""
        self._api.delete(_path(task), version=version)

    def history(self, task: TaskOrId) -> Iterator[Event]:
        """What has happened to it, oldest first."""
        return map(Event.read, self._api.pages(_path(task, "history")))

    def comments(self, task: TaskOrId) -> Iterator[Comment]:
        return map(Comment.read, self._api.pages(_path(task, "comments")))

    def comment(self, task: TaskOrId, text: str) -> Comment:
        return Comment.read(self._api.post(_path(task, "comments"), {"text": text}))

    # --- The verbs ------------------------------------------------------------------------------------------------
    # A task that was claimed carries its lease, and is itself all that a verb needs; with an id, the token goes along.

    def start(self, task: TaskOrId) -> Task:
        """You perform it, and the clock runs."""
        return self._tell("start", _id(task))

    def pause(self, task: TaskOrId, *, lease: str | None = None) -> Task:
        return self._tell("pause", task, lease)

    def resume(self, task: TaskOrId, *, lease: str | None = None) -> Task:
        return self._tell("resume", task, lease)

    def release(self, task: TaskOrId, *, lease: str | None = None) -> Task:
        """It is nobody's again."""
        return self._tell("release", task, lease)

    def complete(self, task: TaskOrId, *, lease: str | None = None) -> Task:
        return self._tell("complete", task, lease)

    def fail(self, task: TaskOrId, reason: str = "", *, retry: bool = True, lease: str | None = None) -> Task:
        """An attempt is spent; while there are more it comes back, and without `retry` it does not."""
        return self._tell("fail", task, lease, reason=reason, retry=retry)

    def cancel(self, task: TaskOrId, *, lease: str | None = None) -> Task:
        return self._tell("cancel", task, lease)

    def reopen(self, task: TaskOrId) -> Task:
        return self._tell("reopen", _id(task))

    def assign(self, task: TaskOrId, performer: str | None, *, lease: str | None = None) -> Task:
        """To a username, to `"me"`, or with None to nobody."""
        return self._tell("assign", task, lease, performer=performer)

    def _tell(self, verb: str, task: TaskOrId, lease: str | None = None, **words: Any) -> Task:
        token = lease or _token(task)
        known = {} if token is None else {"lease": token}
        return Task.read(self._api.post(_path(task, verb), known | words)).held_by(token)

    # --- Work as a queue ------------------------------------------------------------------------------------------

    @overload
    def claim(
        self,
        *,
        project: int | None = None,
        labels: Iterable[str] = (),
        lease_seconds: int | None = None,
        wait_seconds: int = 0,
        limit: None = None,
    ) -> Task | None: ...

    @overload
    def claim(
        self,
        *,
        project: int | None = None,
        labels: Iterable[str] = (),
        lease_seconds: int | None = None,
        wait_seconds: int = 0,
        limit: int,
    ) -> list[Task]: ...

    def claim(
        self,
        *,
        project: int | None = None,
        labels: Iterable[str] = (),
        lease_seconds: int | None = None,
        wait_seconds: int = 0,
        limit: int | None = None,
    ) -> Task | list[Task] | None:
        """The most urgent task that is ready and carries all of these labels, started for you; None if there is none.

        With `limit` as many as there are, up to that number, as a list.
        """
        claim = wanted(project, labels, lease_seconds, wait_seconds) | ({} if limit is None else {"limit": limit})
        said = self._api.post(CLAIM, claim, within=within(self._api, claim))
        if limit is not None:
            return [Task.read(each) for each in said["results"]] if said else []
        return Task.read(said) if said else None

    def claim_task(self, task: TaskOrId, *, lease_seconds: int | None = None) -> Task:
        """This very task, or `Conflict`."""
        return Task.read(self._api.post(_path(task, "claim"), wanted(None, (), lease_seconds, 0)))

    def renew(self, task: TaskOrId, *, lease: str | None = None, lease_seconds: int | None = None) -> Task:
        """The lease ends later, as long from now as before if nothing is said; or `LeaseLost`."""
        return self._tell("renew", task, lease, **({} if lease_seconds is None else {"lease_seconds": lease_seconds}))

    # --- What happens ---------------------------------------------------------------------------------------------

    def events(self, after: int = 0, *, follow: bool = True, poll_seconds: float = 1.0) -> Iterator[Event]:
        """Everything that happens beyond that `sequence`, in the order of the log, and nothing left out.

        It goes on for ever, unless `follow` is False. Remember the `sequence` of the last event that you have dealt
        with, and begin there the next time.
        """
        while True:
            page = self._api.page("/api/events/", {"after": after, "page_size": LARGEST_PAGE})
            for event in map(Event.read, page["results"]):
                yield event
                after = event.sequence or after
            if page["next"]:
                # What others may see and you may not is passed over here, and not asked for again.
                after = max(after, int(dict(parse_qsl(urlsplit(page["next"]).query)).get("after", 0)))
            elif follow:
                time.sleep(poll_seconds)
            else:
                return

    # --- Projects and tokens --------------------------------------------------------------------------------------

    def projects(self) -> Iterator[Project]:
        return map(Project.read, self._api.pages("/api/projects/"))

    def tokens(self) -> Iterator[Token]:
        return map(Token.read, self._api.pages("/api/tokens/"))

    def create_token(
        self,
        name: str,
        scopes: Iterable[str],
        *,
        expires_at: Moment | _Unsaid | None = UNSAID,
        bot: str | None = None,
    ) -> Token:
        """For yourself, or for a bot of yours; None is for ever. `token` of the answer is shown this once.

        Tokens are managed by people: by a client that has logged in.
        """
        said: dict[str, Any] = {"name": name, "scopes": _words(scopes)}
        if not isinstance(expires_at, _Unsaid):
            said["expires_at"] = expires_at and instant.write(expires_at)
        if bot is not None:
            said["bot"] = bot
        return Token.read(self._api.post_secret("/api/tokens/", said))

    def delete_token(self, token: int) -> None:
        self._api.delete(f"/api/tokens/{token}/")

    def create_bot(self, username: str) -> None:
        """A user that has only tokens."""
        self._api.post("/api/bots/", {"username": username})


def _id(task: TaskOrId) -> int:
    return task.id if isinstance(task, Task) else int(task)


def _words(said: Iterable[str]) -> list[str]:
    """A word alone is one word, and not its letters."""
    return [said] if isinstance(said, str) else list(said)


def _path(task: TaskOrId, what: str = "") -> str:
    return f"{TASKS}{_id(task)}/{what}/" if what else f"{TASKS}{_id(task)}/"


def _token(task: TaskOrId) -> str | None:
    return task.lease.token if isinstance(task, Task) and task.lease is not None else None


def wanted(project: int | None, labels: Iterable[str], lease_seconds: int | None, wait_seconds: int) -> dict[str, Any]:
    """What a claim says of the work that it is for."""
    said = {
        "project": project,
        "labels": _words(labels),
        "lease_seconds": lease_seconds,
        "wait_seconds": wait_seconds,
    }
    return {name: value for name, value in said.items() if value}


def within(api: Api, claim: Mapping[str, Any]) -> float:
    """An answer that the server was asked to think about may come that much later."""
    return api.connection.timeout_seconds + float(claim.get("wait_seconds") or 0)
