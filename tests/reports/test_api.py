"""The reports over HTTP."""

import csv
from io import StringIO
from typing import Any

import pytest
from rest_framework.test import APIClient

from djirgo.accounts.models import User
from djirgo.tasks.models import Project, Task
from tests.reports.conftest import Ledger
from tests.tasks.conftest import NOON
from tests.tasks.test_api import problem, wrong_fields

TIME, FLOW = "/api/reports/time/", "/api/reports/flow/"
MARCH = {"from": "2026-03-01", "to": "2026-04-01"}


def table(answer: Any) -> list[list[str]]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(answer.content.decode())))


def test_a_report_says_what_it_is_about_and_the_sums(ledger: Ledger, ann: User, anns: APIClient) -> None:
    ledger(ann, "2026-03-28T12:00:00Z", "2026-03-28T13:00:00.500000Z", labels=("roof",))
    answer = anns.get(TIME, MARCH | {"tz": "Europe/Berlin", "group_by": "day,label"})
    assert answer.json() == {
        "from": "2026-02-28T23:00:00.000000Z",
        "to": "2026-03-31T22:00:00.000000Z",
        "tz": "Europe/Berlin",
        "group_by": ["day", "label"],
        "rows": [
            {"day": "2026-03-28", "label": "roof", "seconds": 3600, "microseconds": 3_600_500_000, "tasks": 1},
        ],
        "total": {"seconds": 3600, "microseconds": 3_600_500_000, "tasks": 1},
    }


def test_without_words_it_is_about_the_last_thirty_days_by_performer(ann: User, anns: APIClient) -> None:
    Task.create(by=ann, at=NOON, text="Something").start(by=ann, at=NOON)
    report = anns.get(TIME).json()
    assert report["group_by"] == ["performer"]
    assert [(row["performer"], row["tasks"]) for row in report["rows"]] == [("ann", 1)]
    assert report["total"]["microseconds"] == 30 * 86_400_000_000


def test_the_intervals_and_the_report_and_the_task_say_the_same(ann: User, anns: APIClient) -> None:
    task = anns.post("/api/tasks/", {"text": "Mend"}, format="json").json()["id"]
    for verb in ("start", "pause", "resume", "complete"):
        anns.post(f"/api/tasks/{task}/{verb}/")
    worked = sum(line["microseconds"] for line in anns.get(f"/api/tasks/{task}/intervals/").json()["results"])
    assert anns.get(TIME).json()["total"]["microseconds"] == worked == Task.objects.get().worked_microseconds


@pytest.mark.parametrize("asked", ["format", "accept"])
def test_a_report_comes_as_a_table(asked: str, ledger: Ledger, ann: User, bob: User, anns: APIClient) -> None:
    ledger(ann, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")
    ledger(bob, "2026-03-02T12:00:00Z", "2026-03-02T12:30:00Z")
    words, headers = ({"format": "csv"}, {}) if asked == "format" else ({}, {"HTTP_ACCEPT": "text/csv"})
    answer = anns.get(TIME, MARCH | words | {"group_by": "project,performer"}, **headers)
    assert table(answer) == [
        ["project", "project_name", "performer", "seconds", "microseconds", "tasks"],
        ["1", "General", "ann", "3600", "3600000000", "1"],
        ["1", "General", "bob", "1800", "1800000000", "1"],
    ]
    assert answer["Content-Disposition"] == 'attachment; filename="djirgo-time-2026-03-01-to-2026-04-01.csv"'


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@SUM(A1)", '=cmd|" /C calc"!A0'])
def test_no_word_of_a_user_is_a_formula_in_a_spreadsheet(
    label: str, ledger: Ledger, ann: User, anns: APIClient
) -> None:
    ledger(ann, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", labels=(label,))
    assert table(anns.get(TIME, MARCH | {"format": "csv", "group_by": "label"}))[1][0] == f"'{label}"
    assert anns.get(TIME, MARCH | {"group_by": "label"}).json()["rows"][0]["label"] == label


def test_a_name_with_a_comma_and_a_quote_stays_one_cell(ledger: Ledger, ann: User, anns: APIClient) -> None:
    project = Project.create(name='Dach, "neu"; Крыша', is_open=True, by=ann, at=NOON)
    ledger(ann, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z", project=project.pk)
    assert table(anns.get(TIME, MARCH | {"format": "csv", "group_by": "project"}))[1][1] == project.name


def test_what_has_no_label_is_an_empty_cell_and_null(ledger: Ledger, ann: User, anns: APIClient) -> None:
    ledger(ann, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")
    assert table(anns.get(TIME, MARCH | {"format": "csv", "group_by": "label"}))[1][0] == ""
    assert anns.get(TIME, MARCH | {"group_by": "label"}).json()["rows"][0]["label"] is None


@pytest.mark.parametrize("path", [TIME, FLOW])
@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"tz": "Mars/Olympus"}, "tz"),
        ({"tz": ""}, "tz"),
        ({"tz": "../../etc/passwd"}, "tz"),
        ({"tz": "Europe"}, "tz"),
        ({"tz": "nul\x00"}, "tz"),
        ({"from": "yesterday"}, "from"),
        ({"from": "2026-02-30"}, "from"),
        ({"from": ""}, "from"),
        ({"to": "0001-01-01"}, "to"),
        ({"to": "9999-12-31"}, "to"),
        ({"to": "9999-12-31T23:59:59-12:00"}, "to"),
        ({"from": "2026-04-01", "to": "2026-03-01"}, "to"),
        ({"from": "2026-04-01", "to": "2026-04-01"}, "to"),
        ({"from": "2027-04-01"}, "to"),
        ({"project": "General"}, "project"),
        ({"project": "0"}, "project"),
        ({"project": str(10**30)}, "project"),
        ({"format": "xml"}, "format"),
        ({"colour": "red"}, "colour"),
        ({"page_size": "5"}, "page_size"),
    ],
)
def test_what_makes_no_sense_is_refused(path: str, words: dict[str, str], field: str, anns: APIClient) -> None:
    assert wrong_fields(anns.get(path, words)) == {field}


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"group_by": "week"}, "group_by"),
        ({"group_by": ""}, "group_by"),
        ({"group_by": "day,day"}, "group_by"),
        ({"group_by": "day,"}, "group_by"),
        ({"performer": "x" * 151}, "performer"),
        ({"performer": "nul\x00"}, "performer"),
        ({"label": "x" * 51}, "label"),
        ({"label": "nul\x00"}, "label"),
        ({"group_by": "day", "from": "2025-01-01", "to": "2026-01-03"}, "to"),
    ],
)
def test_what_makes_no_sense_for_time_is_refused(words: dict[str, str], field: str, anns: APIClient) -> None:
    assert wrong_fields(anns.get(TIME, words)) == {field}


def test_a_refusal_is_a_problem_document_also_for_whoever_asked_for_a_table(anns: APIClient) -> None:
    assert wrong_fields(anns.get(TIME, {"format": "csv", "tz": "Mars"})) == {"tz"}
    problem(anns.get(TIME, HTTP_ACCEPT="text/html"), 406, "not_acceptable")
    stranger = APIClient(SERVER_NAME="localhost")
    problem(stranger.get(TIME, HTTP_ACCEPT="text/csv"), 401, "not_authenticated")
    problem(anns.post(TIME, HTTP_ACCEPT="text/csv"), 405, "method_not_allowed")
    assert anns.options(TIME, HTTP_ACCEPT="text/csv")["Content-Type"] == "application/json"
    assert anns.head(TIME, HTTP_ACCEPT="text/csv")["Content-Type"] == "text/csv; charset=utf-8"
    problem(stranger.get(FLOW), 401, "not_authenticated")


def test_a_report_over_many_years_is_fine_unless_it_is_by_day(anns: APIClient) -> None:
    ages = {"from": "1900-01-01", "to": "9998-12-31"}
    assert anns.get(TIME, ages).status_code == 200
    assert wrong_fields(anns.get(TIME, ages | {"group_by": "day"})) == {"to"}


@pytest.mark.parametrize("name", ["me", "ann", "ANN", "nobody"])
def test_a_report_can_be_about_somebody(name: str, ledger: Ledger, ann: User, bob: User, anns: APIClient) -> None:
    ledger(ann, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")
    ledger(bob, "2026-03-02T12:00:00Z", "2026-03-02T13:00:00Z")
    rows = anns.get(TIME, MARCH | {"performer": name}).json()["rows"]
    assert [row["performer"] for row in rows] == ([] if name == "nobody" else ["ann"])


def test_the_flow_says_how_long_things_took(ann: User, anns: APIClient) -> None:
    task = Task.create(by=ann, at=NOON, text="Something")
    task.start(by=ann, at=NOON).complete(by=ann, at=NOON)
    report = anns.get(FLOW, MARCH | {"to": "2026-03-03"}).json()
    nothing = {"count": 1} | dict.fromkeys(
        ("median_seconds", "median_microseconds", "p90_seconds", "p90_microseconds"), 0
    )
    assert report == {
        "from": "2026-03-01T00:00:00.000000Z",
        "to": "2026-03-03T00:00:00.000000Z",
        "tz": "UTC",
        "completed": 1,
        "waiting": nothing,
        "work": nothing,
        "cycle": nothing,
        "throughput": [{"day": "2026-03-01", "completed": 0}, {"day": "2026-03-02", "completed": 1}],
        "expiries": 0,
        "retries": 0,
    }


def test_a_report_is_one_question_to_the_ledger(anns: APIClient, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(2):  # what may be seen, and the report
        anns.get(TIME, MARCH | {"group_by": "day,performer,project,label"})
    with django_assert_num_queries(3):  # what may be seen, what was done, what came back
        anns.get(FLOW, MARCH)
