"""A report as a table for spreadsheets."""

import csv
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any, NamedTuple

from rest_framework.renderers import BaseRenderer

#: A spreadsheet takes a cell that begins like this for a formula, and would run what somebody wrote into a label.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Table(NamedTuple):
    columns: Sequence[str]
    rows: Sequence[Mapping[str, Any]]


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
        table: Table = data
        written = StringIO()
        writer = csv.writer(written)
        writer.writerow(table.columns)
        writer.writerows([_cell(row[column]) for column in table.columns] for row in table.rows)
        return written.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
