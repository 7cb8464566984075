"""The reports as pages: the same numbers as over the API, drawn on the server, with a table and a file beside each."""

import csv
import re
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from itertools import pairwise

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from djirgo.accounts.models import User
from djirgo.events.message import Message
from djirgo.events.models import Event
from djirgo.reports.standing import Day as Standing
from djirgo.tasks.consumers import count_by_status
from djirgo.tasks.models import Project, Task
from djirgo.web.reports.layers import layers
from djirgo.web.reports.plot import HEIGHT, NUMBERS, WIDTH, Value, Values, columns, step_for
from djirgo.web.reports.week import week

from .conftest import NOON, Browser, text_of

DAY = "from=2026-03-02&to=2026-03-02"


def work(project: Project, by: User, minutes: int, *labels: str, at: datetime = NOON) -> Task:
    task = Task.create(text="x", labels=list(labels), project=project, by=by, at=at).start(by=by, at=at)
    return task.complete(by=by, at=at + timedelta(minutes=minutes))


def rows(answer: HttpResponse) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text_of(answer))))


def test_time_is_told_by_person_label_project_and_day(
    anns: Browser, ann: User, bob: User, attic: Project, general: Project
) -> None:
    attic.admit(bob, by=ann, at=NOON)
    work(attic, ann, 90, "roof")
    work(attic, bob, 30)
    work(general, ann, 45)
    page = text_of(anns.get(f"/projects/{attic.pk}/reports/?{DAY}"))
    assert '<strong class="figure-number">2h 00m</strong>' in page
    for name, time in (("ann", "1h 30m"), ("bob", "30m"), ("roof", "1h 30m"), ("General", "45m"), ("Attic", "2h 00m")):
        assert re.search(rf'<th scope="row">{name}</th>.*?<td class="is-number">{time}</td>', page), name
    assert "Mon 2 Mar: 2h 00m" in page


def test_every_table_is_a_file_too(anns: Browser, ann: User, attic: Project) -> None:
    work(attic, ann, 90, "=roof")
    address = f"/projects/{attic.pk}/reports/"
    for name in re.findall(rf'href="{address}(\w+).csv', text_of(anns.get(f"{address}?{DAY}"))):
        answer = anns.get(f"{address}{name}.csv?{DAY}")
        assert answer["Content-Type"].startswith("text/csv")
        assert rows(answer), name
    assert rows(anns.get(f"{address}performer.csv?{DAY}")) == [{"performer": "ann", "seconds": "5400", "tasks": "1"}]
    assert rows(anns.get(f"{address}label.csv?{DAY}"))[0]["label"] == "'=roof"
    assert anns.get(f"{address}nothing.csv").status_code == 404


def test_a_day_is_a_day_where_one_is(anns: Browser, ann: User, attic: Project) -> None:
    work(attic, ann, 60, at=datetime(2026, 3, 2, 23, 30, tzinfo=UTC))
    address = f"/projects/{attic.pk}/reports/day.csv?from=2026-03-01&to=2026-03-04"
    assert [row["day"] for row in rows(anns.get(address))] == ["2026-03-02", "2026-03-03"]
    anns.cookies["timezone"] = "Asia/Tokyo"
    assert [row["day"] for row in rows(anns.get(address))] == ["2026-03-03"]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("from=yesterday", "That is no day."),
        ("from=2026-02-30", "That is no day."),
        ("to=0001-01-01", "That is no day."),
        ("to=9999-12-31", "That is no day."),
        ("from=2026-03-02&to=2026-03-01", "comes before the first"),
        ("from=2020-01-01&to=2026-01-01", "one year at most"),
        ("from=%00", "That is no day."),
    ],
)
def test_a_period_that_makes_no_sense_is_told(query: str, words: str, anns: Browser, attic: Project) -> None:
    answer = anns.get(f"/projects/{attic.pk}/reports/?{query}")
    assert (answer.status_code, words in text_of(answer)) == (200, True)
    assert anns.get(f"/projects/{attic.pk}/reports/day.csv?{query}").status_code == 200


def test_an_empty_report_says_so(anns: Browser, attic: Project) -> None:
    page = text_of(anns.get(f"/projects/{attic.pk}/reports/"))
    for words in (
        "Nothing was worked on in these days.",
        "No time yet.",
        "Nothing was completed",
        "Nothing is left to do.",
        "There were no tasks in these days.",
    ):
        assert words in page


def test_who_sees_only_their_own_is_told_of_their_own(bobs: Browser, ann: User, bob: User, attic: Project) -> None:
    attic.admit(bob, by=ann, at=NOON)
    attic.edit(own_tasks_only=True, by=ann, at=NOON)
    work(attic, ann, 90)
    work(attic, bob, 30)
    page = text_of(bobs.get(f"/projects/{attic.pk}/reports/?{DAY}"))
    assert '<strong class="figure-number">30m</strong>' in page
    assert '<th scope="row">ann</th>' not in page


@pytest.mark.parametrize("page", ["reports/", "reports/day.csv", "team/", "queue/", "settings/", "giving-out/"])
def test_a_stranger_is_told_that_it_is_not_there(page: str, bobs: Browser, attic: Project) -> None:
    assert bobs.get(f"/projects/{attic.pk}/{page}").status_code == 404


def test_a_week_burns_down(ann: User, attic: Project) -> None:
    """Three came in on the first day; one is done on the second, and one is cancelled on the third."""
    now = datetime(2026, 3, 8, 12, 0, tzinfo=UTC)
    done, cancelled, _left = (Task.create(text="x", project=attic, by=ann, at=NOON) for _ in "abc")
    done.start(by=ann, at=NOON).complete(by=ann, at=NOON + timedelta(days=1))
    cancelled.cancel(by=ann, at=NOON + timedelta(days=2))
    tell_all()
    days = week(attic, by=ann, now=now)
    assert [day.day for day in days] == [date(2026, 3, 2) + timedelta(days=number) for number in range(7)]
    assert [day.left for day in days] == [3, 2, 1, 1, 1, 1, 1]
    assert [(day.came, day.done) for day in days][:3] == [(3, 0), (0, 1), (0, 0)]


@pytest.mark.parametrize("most", [0, 1, 3, 7, 41, 999, 10**7])
def test_a_plot_stays_in_its_frame_and_its_lines_are_few(most: int) -> None:
    plot = columns(Values([Value("a", "a", most), Value("b", "b", 0)], NUMBERS, str), line=[most, 0])
    assert 2 <= len(plot.lines) <= 6
    assert all(0 < column.y <= HEIGHT and column.y + column.height < HEIGHT for column in plot.columns)
    assert plot.lines[0].words == "0"
    assert step_for(most, NUMBERS) >= 1


def test_a_plot_of_nothing_is_empty() -> None:
    assert columns(Values([], NUMBERS, str)).is_empty


def test_a_longer_report_asks_no_more(anns: Browser, ann: User, attic: Project) -> None:
    work(attic, ann, 5, "a")
    address = f"/projects/{attic.pk}/reports/?from=2026-01-01&to=2026-12-31"
    with CaptureQueriesContext(connection) as few:
        anns.get(address)
    for number in range(40):
        work(attic, ann, 5, f"label{number}", at=NOON + timedelta(days=number))
    with CaptureQueriesContext(connection) as many:
        page = text_of(anns.get(address))
    assert len(many) == len(few)
    assert "11 others" in page


def test_what_runs_counts_until_now(anns: Browser, ann: User, attic: Project) -> None:
    now = timezone.now()
    begun = now - timedelta(minutes=61)
    Task.create(text="x", project=attic, by=ann, at=begun).start(by=ann, at=begun)
    assert '<strong class="figure-number">1h 01m</strong>' in text_of(anns.get(f"/projects/{attic.pk}/reports/"))


# --- Cumulative flow ----------------------------------------------------------------------------------------------

MARCH = "from=2026-03-01&to=2026-03-04"


def tell_all() -> None:
    count_by_status([Message.of(event) for event in Event.objects.filter(type__startswith="task.")])


def test_the_cumulative_flow_is_a_plot_a_table_and_a_file(anns: Browser, ann: User, attic: Project) -> None:
    work(attic, ann, 24 * 60)
    Task.create(text="x", project=attic, by=ann, at=NOON)
    tell_all()
    page = text_of(anns.get(f"/projects/{attic.pk}/reports/?{MARCH}"))
    assert "<title>Mon 2 Mar: New 1, In progress 1</title>" in page
    assert "<title>Tue 3 Mar: New 1, Completed 1</title>" in page
    assert page.count('<polygon class="layer') == 3
    found = rows(anns.get(f"/projects/{attic.pk}/reports/standing.csv?{MARCH}"))
    told = [[row[name] for name in ("day", "new", "in_progress", "completed", "failed", "cancelled")] for row in found]
    assert told == [
        ["2026-03-01", "0", "0", "0", "0", "0"],
        ["2026-03-02", "1", "1", "0", "0", "0"],
        ["2026-03-03", "1", "0", "1", "0", "0"],
        ["2026-03-04", "1", "0", "1", "0", "0"],
    ]


def test_who_sees_only_their_own_is_told_nothing_of_the_whole(
    anns: Browser, bobs: Browser, ann: User, bob: User, attic: Project
) -> None:
    attic.admit(bob, by=ann, at=NOON)
    attic.edit(own_tasks_only=True, by=ann, at=NOON)
    work(attic, ann, 90)
    tell_all()
    address = f"/projects/{attic.pk}/reports/"
    assert "It is about the whole project" in text_of(bobs.get(f"{address}?{MARCH}"))
    assert '<polygon class="layer' not in text_of(bobs.get(f"{address}?{MARCH}"))
    assert rows(bobs.get(f"{address}standing.csv?{MARCH}")) == []
    assert len(rows(anns.get(f"{address}standing.csv?{MARCH}"))) == 4


@pytest.mark.parametrize("number", [1, 2, 31, 366])
@pytest.mark.parametrize("done", [1, 5, 99_999])
def test_layers_stay_in_their_frame_and_lie_on_each_other(number: int, done: int) -> None:
    tasks = {"New": 3, "In_Progress": 2, "Failed": 0, "Cancelled": 1}
    days = [
        Standing(date(2026, 1, 1) + timedelta(days=day), tasks | {"Completed": done + day}) for day in range(number)
    ]
    drawn = layers(days)
    assert drawn
    assert [layer.status for layer in drawn.layers] == ["New", "In_Progress", "Cancelled", "Completed"]
    assert drawn.base <= done
    assert 2 <= len(drawn.lines) <= 6
    corners = [[tuple(map(int, corner.split(","))) for corner in layer.points.split()] for layer in drawn.layers]
    assert all(drawn.left <= x <= WIDTH and 0 < y < HEIGHT for layer in corners for x, y in layer)
    for above, below in pairwise(corners):
        assert above[len(above) // 2 :][::-1] == below[: len(below) // 2]


def test_a_project_in_which_everything_is_done_is_one_layer() -> None:
    done = dict.fromkeys(("New", "In_Progress", "Failed", "Cancelled"), 0) | {"Completed": 5}
    drawn = layers([Standing(date(2026, 1, 1), done)])
    assert drawn
    assert [layer.status for layer in drawn.layers] == ["Completed"]


def test_there_are_no_layers_of_nothing() -> None:
    nothing = dict.fromkeys(("New", "In_Progress", "Failed", "Cancelled", "Completed"), 0)
    assert layers([]) is None
    assert layers([Standing(date(2026, 1, 1), nothing)]) is None
