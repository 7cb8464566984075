"""Cursors for `djirgo.statements`, where somebody listens or nothing may be prepared; and how they read values."""

from datetime import UTC
from typing import Any

import psycopg
from django.db.backends.postgresql.base import TIMESTAMPTZ_OID, CursorMixin
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from psycopg.adapt import AdaptersMap
from psycopg.pq import Format
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import TextLoader


def _adapters() -> AdaptersMap:
    """Django's, but for instants, which it reads in Python, and with one kind of whole number instead of several.

    A statement is prepared for the kinds of its values, and so would be once for each size of number.
    """
    adapters = AdaptersMap(get_adapters_template(use_tz=True, timezone=UTC))
    adapters.register_loader("timestamptz", psycopg.adapters.get_loader(TIMESTAMPTZ_OID, Format.TEXT))  # type: ignore[arg-type]
    adapters.register_dumper(int, Int8Dumper)
    return adapters


class PreparedCursor(CursorMixin, psycopg.Cursor[Any]):
    adapters = _adapters()


def _adapters_for_text() -> AdaptersMap:
    adapters = AdaptersMap(PreparedCursor.adapters)
    adapters.register_loader("timestamptz", TextLoader)
    return adapters


class TextCursor(PreparedCursor):
    """Instants stay as the server writes them."""

    adapters = _adapters_for_text()
