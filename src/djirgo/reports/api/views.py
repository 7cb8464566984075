"""The reports over HTTP."""

from typing import Any

import rest_framework.response
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request

from djirgo.accounts.models import User
from djirgo.events.envelope import instant
from djirgo.reports.api.renderers import CSVRenderer, Table
from djirgo.reports.api.serializers import FlowOutput, PeriodInput, TimeInput, TimeOutput
from djirgo.reports.flow import Times, flow
from djirgo.reports.period import Period
from djirgo.reports.worked import GROUPS, Question, Report, Sum, worked
from djirgo.rest.renderers import JSONRenderer
from djirgo.rest.response import Response
from djirgo.rest.views import GenericAPIView
from djirgo.tasks.api.serializers import LARGEST_ID

MOMENT = {"oneOf": [{"type": "string", "format": "date-time"}, {"type": "string", "format": "date"}]}
PERIOD = [
    OpenApiParameter("from", MOMENT, description="An instant, or a day of `tz`. Thirty days before `to` if not said."),
    OpenApiParameter("to", MOMENT, description="Where the period ends, itself left out. Now if not said."),
    OpenApiParameter("tz", {"type": "string", "default": "UTC"}, description="A time zone, like `Europe/Berlin`."),
    OpenApiParameter("project", {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}),
]
GROUP_BY = OpenApiParameter(
    "group_by",
    {"type": "array", "items": {"type": "string", "enum": list(GROUPS)}, "uniqueItems": True, "minItems": 1},
    style="form",
    explode=False,
    description="One or more, with commas between them; `performer` if nothing is said.",
)


class ReportView(GenericAPIView):
    input_class: type[PeriodInput]

    def allowed_parameters(self, request: Request) -> frozenset[str]:
        return frozenset(self.input_class().fields) - ({"format"} if len(self.renderer_classes) == 1 else set())

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """A format that there is not is refused like any other word that makes no sense."""
        known = {renderer.format for renderer in self.renderer_classes}
        if not force and request.query_params.get("format", "json") not in known:
            raise ValidationError({"format": [ErrorDetail(f"One of: {', '.join(sorted(known))}.", "invalid_choice")]})
        return super().perform_content_negotiation(request, force)

    def options(self, request: Request, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        """What there is to say of it is no table, whatever was asked for."""
        return Response(super().options(request, *args, **kwargs).data)

    def _said(self) -> Any:
        said = self.input_class(data=self.request.query_params.dict(), context={"request": self.request})
        said.is_valid(raise_exception=True)
        return said

    @property
    def _user(self) -> User:
        return self.request.user  # type: ignore[return-value]


class TimeReportView(ReportView):
    """How much was worked, by performer, project, label, day, or several of these; of what you may see."""

    input_class = TimeInput
    serializer_class = TimeOutput
    renderer_classes = (JSONRenderer, CSVRenderer)

    @extend_schema(
        operation_id="reports_time",
        parameters=[
            GROUP_BY,
            *PERIOD,
            OpenApiParameter("performer", {"type": "string", "maxLength": 150}, description="A username, or `me`."),
            OpenApiParameter("label", {"type": "string", "maxLength": 50}),
        ],
        responses={(200, "application/json"): TimeOutput, (200, "text/csv"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> Response | rest_framework.response.Response:
        said, now = self._said(), timezone.now()
        period, words = said.period(now), said.validated_data
        question = Question(
            self._user,
            period,
            words["group_by"],
            performer=words.get("performer"),
            project=words.get("project"),
            label=words.get("label"),
        )
        report = worked(question, now=now)
        if isinstance(request.accepted_renderer, CSVRenderer):
            return _table(report, period)
        shown = {"group_by": words["group_by"], "rows": _rows(report), "total": _sum(report.total)}
        return Response(_period(period) | shown)


class FlowReportView(ReportView):
    """How long the tasks that were completed took, how many those were, and what came back; of what you may see."""

    input_class = PeriodInput
    serializer_class = FlowOutput

    @extend_schema(operation_id="reports_flow", parameters=PERIOD, responses=FlowOutput)
    def get(self, request: Request) -> Response:
        said = self._said()
        period = said.period(timezone.now())
        found = flow(period, by=self._user, project=said.validated_data.get("project"))
        shown = {
            "completed": found.cycle.number,
            "waiting": _times(found.waiting),
            "work": _times(found.work),
            "cycle": _times(found.cycle),
            "throughput": [{"day": day.isoformat(), "completed": number} for day, number in found.throughput],
            "expiries": found.expiries,
            "retries": found.retries,
        }
        return Response(_period(period) | shown)


def _period(period: Period) -> dict[str, Any]:
    return {"from": instant(period.starts), "to": instant(period.ends), "tz": period.zone.key}


def _rows(report: Report) -> list[dict[str, Any]]:
    return [dict(zip(report.columns, row.key, strict=True)) | _sum(row.sum) for row in report.rows]


def _sum(of: Sum) -> dict[str, int]:
    return {"seconds": of.microseconds // 1_000_000, "microseconds": of.microseconds, "tasks": of.tasks}


def _times(of: Times) -> dict[str, int | None]:
    named = {"median": of.median, "p90": of.p90}
    seconds = {f"{name}_seconds": None if it is None else it // 1_000_000 for name, it in named.items()}
    return {"count": of.number} | seconds | {f"{name}_microseconds": it for name, it in named.items()}


def _table(report: Report, period: Period) -> rest_framework.response.Response:
    days = (moment.astimezone(period.zone).date().isoformat() for moment in (period.starts, period.ends))
    name = f"djirgo-time-{'-to-'.join(days)}.csv"
    table = Table([*report.columns, *_sum(report.total)], _rows(report))
    return rest_framework.response.Response(table, headers={"Content-Disposition": f'attachment; filename="{name}"'})
