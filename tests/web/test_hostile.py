"""Whatever people write is shown as they wrote it, on every page, and does nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django.utils.html import escape

from djirgo.accounts.models import ApiToken, Scope, User
from djirgo.tasks.models import Comment, Project, Task

from .conftest import NOON, Browser, text_of

SCRIPT = "<script>alert(1)</script>"
HOSTILE = [
    SCRIPT,
    "\"><img src=x onerror=alert(1)>'",
    "<svg/onload=alert(1)>",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "</textarea></title></style><b>",
    "&lt;b&gt;",
]
#: What a text must never bring about, wherever it lands.
LIVE = re.compile(r"<script>|<img|<svg/|onerror=alert\(1\)>|</textarea></title>|href=[\"']?javascript:", re.IGNORECASE)

MARKDOWN = [
    "[click](javascript:alert(1))",
    "[click](JaVaScRiPt&colon;alert(1))",
    "![x](https://elsewhere.example/spy.png)",
    "<javascript:alert(1)>",
    '[a](https://example.org "onmouseover=alert(1)")',
    "<a href='x' onclick=alert(1)>x</a>",
    "<style>*{display:none}</style>",
    "<iframe src=//elsewhere.example></iframe>",
    "```\n</code><script>alert(1)</script>\n```",
]


def pages(task: Task) -> list[str]:
    return [
        "/",
        f"/?label={SCRIPT}&performer={SCRIPT}&search={SCRIPT}&priority={SCRIPT}&task_status={SCRIPT}",
        f"/projects/1/cards/?ids={task.pk}",
        f"/projects/{task.project_id}/",
        f"/tasks/{task.pk}/",
        f"/tasks/{task.pk}/text/",
        f"/palette/?q={SCRIPT}",
        "/palette/?q=mend",
        "/password/",
        "/mine/",
        f"/mine/access/?bot={SCRIPT}",
        "/projects/new/",
        *(f"/projects/{task.project_id}/{page}/" for page in ("settings", "giving-out", "team", "queue", "reports")),
        f"/projects/{task.project_id}/reports/?from={SCRIPT}&to={SCRIPT}",
        f"/{SCRIPT}/",
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_does_nothing_on_any_page(text: str, anns: Browser, ann: User) -> None:
    project = Project.create(name=text, by=ann, at=NOON)
    task = Task.create(
        text=f"mend {text}\n\n{text}", labels=[text], project=project, due_at=NOON + timedelta(days=1), by=ann, at=NOON
    )
    task.start(by=ann, at=NOON).fail(text, by=ann, at=NOON)
    task.edit(labels=[text, "x"], text=f"mend {text}\n\n# {text}", by=ann, at=NOON)
    Comment.add(task, text, by=ann, at=NOON)
    project.change_member(ann, skills=[text], by=ann, at=NOON)
    ApiToken.issue(text, [Scope.READ], acting_as=ann, expires_at=None, by=ann, at=NOON)
    for performer in (None, ann):
        Task.create(text=text, labels=[text], project=project, by=ann, at=NOON).assign(performer, by=ann, at=NOON)
    worked = Task.create(text=text, labels=[text], project=project, by=ann, at=NOON)
    worked.start(by=ann, at=timezone.now() - timedelta(hours=1))
    for address in pages(task):
        answer = anns.get(address)
        page = text_of(answer)
        assert not LIVE.search(page), address
        assert "14" + timezone.now().strftime("%Y") not in page
    assert escape(f"mend {text}") in text_of(anns.get(f"/tasks/{task.pk}/"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_comes_back_harmless(text: str, anns: Browser, task: Task) -> None:
    sent: list[tuple[str, dict[str, Any]]] = [
        ("/projects/1/tasks/", {"line": f"x @{text}"}),
        ("/projects/1/tasks/", {"line": f"x !{text}"}),
        ("/projects/1/tasks/", {"line": f"x ^{text}"}),
        (f"/tasks/{task.pk}/", {"version": "1", "priority": text}),
        (f"/tasks/{task.pk}/", {"version": "1", "due_at": text}),
        (f"/tasks/{task.pk}/", {"version": text, "labels": text}),
        (f"/tasks/{task.pk}/assign/", {"performer": text}),
        ("/theme/", {"theme": text, "next": text}),
        ("/projects/new/", {"name": text * 20}),
        ("/projects/1/settings/", {"name": text * 20}),
        ("/projects/1/policy/", {"policy": text}),
        ("/projects/1/members/", {"username": text, "role": text, "skills": text, "wip_limit": text}),
        ("/mine/bots/", {"username": text}),
        ("/mine/tokens/", {"name": text, "scopes": text, "days": text, "bot": text}),
    ]
    task.edit(priority=3, due_at=NOON, labels=["x"], by=task.owner, at=NOON)  # type: ignore[arg-type]
    for address, said in sent:
        assert not LIVE.search(text_of(anns.part(address, said))), address
    for address in ("/log-in/", "/register/"):
        page = text_of(Browser().post(address, {"username": text, "email": text, "next": text}))
        assert not LIVE.search(page)


@pytest.mark.parametrize("text", MARKDOWN)
def test_markdown_makes_nothing_that_acts(text: str, anns: Browser, ann: User) -> None:
    task = Task.create(text=f"x\n\n{text}", by=ann, at=NOON)
    body = text_of(anns.get(f"/tasks/{task.pk}/")).split('<div class="prose">')[1].split("</div>")[0]
    assert not re.search(r"<(script|img|style|iframe)|javascript:[^<]*\"|\son\w+=[^&]*>", body, re.IGNORECASE), body
    for tag in re.findall(r"<a [^>]*>", body):
        assert re.fullmatch(
            r'<a href="((https?|mailto):[^"]*|#harmful-link)"( title="[^"]*")? rel="noopener noreferrer nofollow">', tag
        )


@pytest.mark.parametrize("text", ["[" * 9_990, "*a _b " * 1_600, ">" * 9_990, "|" * 9_990, "- " * 4_990, "`a" * 4_990])
def test_markdown_that_wants_to_be_slow_is_read(text: str, anns: Browser, ann: User) -> None:
    task = Task.create(text=f"x\n{text}", by=ann, at=NOON)
    assert anns.get(f"/tasks/{task.pk}/").status_code == 200
