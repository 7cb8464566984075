"""The reports of a project, as plots with tables, and as files."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from djirgo.reports.api.renderers import CSVRenderer
from djirgo.reports.flow import Flow, Times
from djirgo.web.page import Page
from djirgo.web.reports.asked import asked, spans
from djirgo.web.reports.bars import bars
from djirgo.web.reports.layers import DOWNWARDS, layers
from djirgo.web.reports.plot import NUMBERS, Value, Values, columns, foot, full, hours, numbers, tasks
from djirgo.web.reports.tables import TABLES, Inquiry
from djirgo.web.reports.week import Day, week


class Reports(Page):
    def get(self, request: Any, project: int) -> HttpResponse:
        now = timezone.now()
        chosen = asked(request, now=now)
        inquiry = Inquiry(request.user, self.project(project), chosen.period, now)
        shown = report(inquiry) | {"asked": chosen, "spans": spans(chosen, now=now), "project": inquiry.project}
        return self.show("web/reports/page.html", shown)


class ReportFile(Page):
    """One of them, for a spreadsheet."""

    def get(self, request: Any, project: int, name: str) -> HttpResponse:
        if name not in TABLES:
            raise Http404
        now = timezone.now()
        chosen = asked(request, now=now)
        table = TABLES[name](Inquiry(request.user, self.project(project), chosen.period, now))
        file = f"djirgo-{name}-{chosen.first}-to-{chosen.last}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{file}"', "Content-Type": "text/csv; charset=utf-8"}
        return HttpResponse(CSVRenderer().render(table), headers=headers)


def report(inquiry: Inquiry) -> dict[str, Any]:
    by_day, flow = inquiry.time("day"), inquiry.flow()
    days, standing = week(inquiry.project, by=inquiry.by, now=inquiry.now), inquiry.standing()
    return {
        "total": by_day.total,
        "seconds": by_day.total.microseconds // 1_000_000,
        "by_day": columns(hours(inquiry.period, by_day)),
        "groups": [
            ("performer", _("By person"), _("Person"), bars(inquiry.time("performer"))),
            ("label", _("By label"), _("Label"), bars(inquiry.time("label"))),
            ("project", _("By project"), _("Project"), bars(inquiry.time("project"), name=1)),
        ],
        "completed": columns(numbers(flow.throughput)),
        "number_completed": flow.cycle.number,
        "times": times(flow),
        "flow": flow,
        "sees_all": inquiry.sees_all,
        "standing": layers(standing),
        "days": standing,
        "statuses": DOWNWARDS,
        "week": days,
        "burn": columns(burn(days), line=[day.left for day in days]),
    }


def times(flow: Flow) -> list[Mapping[str, Any]]:
    """How long it takes, each beside the longest of them."""
    measures: list[tuple[str, str, Times]] = [
        (_("Waiting"), _("from when it was put in until its first start"), flow.waiting),
        (_("Work"), _("time worked"), flow.work),
        (_("Cycle"), _("from its first start until it was completed"), flow.cycle),
    ]
    longest = max((of.p90 or 0 for _name, _hint, of in measures), default=0) or 1
    return [
        {
            "name": name,
            "hint": hint,
            "median": of.median // 1_000_000,
            "p90": of.p90 // 1_000_000,
            "median_length": 100 * of.median // longest,
            "p90_length": 100 * of.p90 // longest,
        }
        for name, hint, of in measures
        if of.median is not None and of.p90 is not None
    ]


def burn(days: Sequence[Day]) -> Values:
    return Values([Value(foot(day.day), _burnt(day), day.done) for day in days], NUMBERS, str)


def _burnt(day: Day) -> str:
    said = {"day": full(day.day), "done": tasks(day.done), "left": tasks(day.left)}
    return _("%(day)s: %(done)s completed, %(left)s left") % said
