"""What clients may ask of the reports, and what they are told."""

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from djirgo.accounts.models import User
from djirgo.reports.period import Period, midnight, zone_names
from djirgo.reports.worked import GROUPS
from djirgo.rest.serializers import Instant, StrictSerializer, Text
from djirgo.tasks.api.serializers import LARGEST_ID
from djirgo.tasks.models.label import LONGEST_LABEL

#: How far back a report goes where nobody says from when.
AS_A_RULE = timedelta(days=30)
A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


class Moment(Instant):
    """An instant; or a day, which is the midnight that it begins with."""

    def to_internal_value(self, value: Any) -> datetime | date:  # type: ignore[override]
        instant = super().to_internal_value(value)
        return instant.date() if isinstance(value, str) and A_DAY.fullmatch(value) else instant


class Groups(Text):
    """Names of groups with commas between them, each once."""

    default_error_messages = {"invalid_choice": f"Group by one or more of: {', '.join(GROUPS)}, each once."}

    def to_internal_value(self, data: Any) -> Sequence[str]:  # type: ignore[override]
        names = super().to_internal_value(data).split(",")
        if len(set(names)) < len(names) or not set(names) <= set(GROUPS):
            self.fail("invalid_choice")
        return names


class Zone(Text):
    default_error_messages = {"unknown_time_zone": "There is no time zone of this name."}

    def to_internal_value(self, data: Any) -> ZoneInfo:  # type: ignore[override]
        name = super().to_internal_value(data)
        return ZoneInfo(name) if name in zone_names() else self.fail("unknown_time_zone")


class PeriodInput(StrictSerializer):
    tz = Zone(default=ZoneInfo("UTC"))  # type: ignore[arg-type]
    project = serializers.IntegerField(min_value=1, max_value=LARGEST_ID, required=False)
    format = serializers.CharField(required=False)

    def get_fields(self) -> dict[str, Any]:
        """Python does not let a field be called `from`."""
        return super().get_fields() | {"from": Moment(required=False), "to": Moment(required=False)}

    def period(self, now: datetime) -> Period:
        said: dict[str, Any] = self.validated_data
        zone = said["tz"]
        ends = _instant(said.get("to", now), zone)
        return Period(_instant(said.get("from", ends - AS_A_RULE), zone), ends, zone)


class TimeInput(PeriodInput):
    group_by = Groups(default=["performer"])  # type: ignore[arg-type]
    performer = Text(max_length=150, required=False)
    label = Text(max_length=LONGEST_LABEL, required=False)  # type: ignore[assignment]

    def validate_performer(self, username: str) -> int:
        """The id behind it. A username that nobody has finds nothing."""
        if username == "me":
            return int(self.context["request"].user.pk)
        return User.objects.named(username).values_list("pk", flat=True).first() or 0


def _instant(moment: datetime | date, zone: ZoneInfo) -> datetime:
    return moment if isinstance(moment, datetime) else midnight(moment, zone)


class SumOutput(serializers.Serializer[Any]):
    seconds = serializers.IntegerField(help_text="Whole seconds.")
    microseconds = serializers.IntegerField(help_text="The same to the microsecond.")
    tasks = serializers.IntegerField(help_text="How many tasks it was worked on.")


class RowOutput(SumOutput):
    """What it was grouped by, and the sum."""

    performer = serializers.CharField(required=False)
    project = serializers.IntegerField(required=False)
    project_name = serializers.CharField(required=False)
    label = serializers.CharField(required=False, allow_null=True)  # type: ignore[assignment]
    day = serializers.DateField(required=False)


class PeriodOutput(serializers.Serializer[Any]):
    tz = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        instants = {name: serializers.DateTimeField() for name in ("from", "to")}
        return instants | super().get_fields()


class TimeOutput(PeriodOutput):
    group_by = serializers.ListField(child=serializers.ChoiceField(list(GROUPS)))
    rows = RowOutput(many=True)
    total = SumOutput()


class TimesOutput(serializers.Serializer[Any]):
    count = serializers.IntegerField()
    median_seconds = serializers.IntegerField(allow_null=True)
    median_microseconds = serializers.IntegerField(allow_null=True)
    p90_seconds = serializers.IntegerField(allow_null=True)
    p90_microseconds = serializers.IntegerField(allow_null=True)


class DayOutput(serializers.Serializer[Any]):
    day = serializers.DateField()
    completed = serializers.IntegerField()


class FlowOutput(PeriodOutput):
    completed = serializers.IntegerField(help_text="Tasks that were completed in the period, and still are.")
    waiting = TimesOutput(help_text="From when it was put in until its first start.")
    work = TimesOutput(help_text="Time worked.")
    cycle = TimesOutput(help_text="From its first start until it was completed.")
    throughput = DayOutput(many=True)
    expiries = serializers.IntegerField(help_text="Leases that ran out in the period.")
    retries = serializers.IntegerField(help_text="Attempts after which a task came back to be tried again.")
