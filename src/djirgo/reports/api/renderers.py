"""A report as a table for spreadsheets."""

import csv
from collections.abc import Mapping
from io import StringIO
from typing import Any

from rest_framework.renderers import BaseRenderer

from djirgo.rest.renderers import JSONRenderer

#: A spreadsheet takes a cell that begins like this for a formula, and would run what somebody wrote into a label.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class CSVRenderer(BaseRenderer):
    """The rows of a report, under the names of their columns. The total is left out: it is no row."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        if renderer_context and renderer_context["response"].exception:
            return JSONRenderer().render(data)  # a refusal is a problem document, whatever was asked for
        table = StringIO()
        writer = csv.writer(table)
        writer.writerow(data["columns"])
        writer.writerows([_cell(row[column]) for column in data["columns"]] for row in data["rows"])
        return table.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
