"""The server does what its OpenAPI document says: schemathesis sends good and bad requests to every operation."""

import json
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import pytest
import schemathesis
import yaml
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, settings
from schemathesis.config import (
    ChecksConfig,
    GenerationConfig,
    PositiveDataAcceptanceConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.specs.openapi.checks import negative_data_rejection

from djirgo.accounts.jwt import RefreshToken
from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.config.wsgi import application
from djirgo.intake import ids as intake_ids
from djirgo.intake.models import Intake, Outcome
from djirgo.live import stream
from djirgo.live.tail import Tail
from djirgo.rest.docs import document
from djirgo.tasks import waiting
from djirgo.tasks.models import Comment, Project, Task
from djirgo.tasks.models.project import GENERAL

EXAMPLES = 25
PLACES = ["1", "2", "3"]
#: Sent to operations that name a header. HTTP has others ignored.
UNKNOWN_HEADER = "x-schemathesis-unknown-property"
PROBLEM = "#/components/responses/Problem"


def _with_ids_that_exist(said: dict[str, Any]) -> dict[str, Any]:
    """The document, whose ids are few enough to be met, and without cursors, which only a list can make up."""
    known = deepcopy(said)
    for operations in known["paths"].values():
        for operation in operations.values():
            parameters = operation.get("parameters", [])
            operation["parameters"] = [parameter for parameter in parameters if parameter["name"] != "cursor"]
            for parameter in operation["parameters"]:
                if parameter["name"] in ("id", "task", "user"):
                    parameter["schema"] = {"type": "string", "enum": [*PLACES, "999999999"]}
    return known


def _schema() -> Any:
    generation = GenerationConfig(deterministic=True, max_examples=EXAMPLES)
    # A schema cannot say that a password is right, or a user there: a good request may still be refused.
    rules = ChecksConfig(positive_data_acceptance=PositiveDataAcceptanceConfig(enabled=False))
    project = ProjectConfig(generation=generation, checks=rules)
    config = SchemathesisConfig(seed=1, projects=ProjectsConfig(default=project))
    loaded = schemathesis.openapi.from_dict(_with_ids_that_exist(document()), config=config)
    loaded.app = application
    return loaded


schema = _schema()


@dataclass
class World:
    """Ann, who is logged in and owns a task that is new, one in progress and one that is completed; Bob; a robot."""

    access: str
    ids: dict[str, list[Any]]

    def id_in(self, path: str, said: str) -> str:
        """The id of the first, second or third thing of the kind that the path names last."""
        known = self.ids[max(self.ids, key=lambda name: path.rfind(f"/{name}/"))]
        return str(known[int(said) - 1]) if said in PLACES[: len(known)] else said


@pytest.fixture
def world(db: None) -> World:
    now = timezone.now()
    ann, bob = (User.objects.create_user(name, password="correct horse battery") for name in ("ann", "bob"))
    new, started, completed = (Task.create(by=ann, at=now, text="Something to do") for _ in range(3))
    started.start(by=ann, at=now)
    completed.start(by=ann, at=now).complete(by=ann, at=now)
    robot = User.create_bot("robot", by=ann, at=now)
    token, _ = ApiToken.issue("nightly", [Scope.WORK], acting_as=robot, expires_at=None, by=ann, at=now)
    applied, rejected, pending = (intake_ids.fresh(ann.pk, at=now) for _ in range(3))
    known: dict[str, Any] = {"owner": ann, "is_many": False, "accepted_at": now, "written_at": now}
    Intake.objects.create(id=applied, outcome=Outcome.APPLIED, tasks=[new.pk], **known)
    why = [{"field": "project", "code": "unknown_project", "detail": "There is no such project."}]
    Intake.objects.create(id=rejected, outcome=Outcome.REJECTED, errors=why, **known)
    comments = [Comment.add(new, text, by=ann, at=now).pk for text in ("Which kind?", "@bob knows", "Thanks")]
    project = Project.create(by=ann, at=now, name="Letters", policy="round_robin")
    project.admit(bob, by=ann, at=now)
    ids = {
        "intake": [applied, rejected, pending],
        "tasks": [new.pk, started.pk, completed.pk],
        "projects": [project.pk, GENERAL],
        "members": [ann.pk, bob.pk],
        "users": [ann.pk, bob.pk],
        "bots": [robot.pk],
        "tokens": [token.pk],
        "comments": comments,
    }
    return World(str(RefreshToken.for_user(ann).access_token), ids)


@pytest.fixture(autouse=True)
def no_seats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for work, however long they say they would."""
    monkeypatch.setattr(waiting, "seats", threading.Semaphore(0))


@pytest.fixture(autouse=True)
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream ends as soon as it has begun."""
    monkeypatch.setattr(stream, "LASTS_SECONDS", 0.0)
    monkeypatch.setattr(Tail, "listening", nullcontext)


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """As Django's own test client has it: a request does not close the connection that the test is in."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@schema.parametrize()
@settings(suppress_health_check=list(HealthCheck), max_examples=EXAMPLES, derandomize=True)
def test_every_operation_keeps_to_the_document(case: Any, world: World) -> None:
    for name, said in (case.path_parameters or {}).items():
        case.path_parameters[name] = world.id_in(case.path.partition(f"{{{name}}}")[0], said)
    an_empty_parameter_is_none = any(value in ("", []) for value in (case.query or {}).values())
    an_unknown_header_is_none = UNKNOWN_HEADER in (case.headers or {})
    is_nothing_wrong = an_empty_parameter_is_none or an_unknown_header_is_none
    case.call_and_validate(
        headers={"Authorization": f"Bearer {world.access}"},
        excluded_checks=[negative_data_rejection] if is_nothing_wrong else [],
    )


@pytest.mark.parametrize("accepted", ["application/json", "application/yaml", "*/*"])
def test_anybody_may_read_the_document(client: Client, accepted: str) -> None:
    answer = client.get("/api/schema/", headers={"Accept": accepted, "Accept-Language": "ru"})
    assert answer.status_code == 200
    assert yaml.safe_load(answer.content) == yaml.safe_load(json.dumps(document()))
    assert document()["openapi"] == "3.1.0"


def test_every_operation_says_how_it_refuses() -> None:
    operations = [operation for path in document()["paths"].values() for operation in path.values()]
    assert operations
    assert all(operation["responses"]["default"]["$ref"] == PROBLEM for operation in operations)


def test_whoever_writes_a_task_may_name_its_version_and_their_request() -> None:
    start = document()["paths"]["/api/tasks/{id}/start/"]["post"]
    assert {"If-Match", "Idempotency-Key"} <= {parameter["name"] for parameter in start["parameters"]}
    assert {"400", "401", "403", "404", "409", "412", "422", "503"} <= set(start["responses"])
    assert start["security"] == [{"bearer": []}]


def test_the_pages_for_people_fetch_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/docs/").content.decode() + client.get("/api/docs/?script=").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "http://" not in page.replace("http://testserver", "")
    assert "https://" not in page
