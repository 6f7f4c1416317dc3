"""Lenses on time: `instant`, `date`, and the questions `past` and `within`.

nevisIDM writes instants in ISO 8601 UTC (`2023-08-18T12:34:56Z`), dates with or without a time behind them (gap 24). Shown are RFC 3339
instants in UTC with milliseconds, and dates without a time. Conditions on instants are meant in time, not in text: `eq` holds for every
spelling of the same instant. nevisIDM keeps no more than milliseconds.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from gateway.mapping.lens import Asked
from gateway.mapping.optics.example import NEVER, Example
from gateway.mapping.optics.plain import Plain
from gateway.scim.schema import Kind
from gateway.scim.tree import Operator, Value

Json = Any
_LENGTH = len("2023-08-18T12:34:56Z")
_MARKS = slice(4, None, 3)
"""What is no digit in an instant as nevisIDM writes it."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|z|[+-]\d\d(:?\d\d)?)?)?", re.ASCII)


def parse_instant(text: Json) -> datetime | None:
    """An aware instant in UTC from ISO 8601 text (without offset: UTC; without time: midnight); None where it is none."""
    if not isinstance(text, str) or not _ISO.fullmatch(text):
        return None
    try:
        instant = datetime.fromisoformat(text)
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


class Instant(Plain):
    """An instant. A stored text that is none is not shown."""

    name = "instant"
    shows: Kind = "dateTime"
    examples = (
        Example("instant", "2023-08-18T12:34:56Z", "2023-08-18T12:34:56.000Z"),
        Example("instant", "2023-08-18T14:34:56.5+02:00", "2023-08-18T12:34:56.500Z", "2023-08-18T12:34:56.500Z"),
        Example("instant", "soon", None),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """RFC 3339, UTC, with milliseconds."""
        if type(stored) is str and len(stored) == _LENGTH and stored[_MARKS] == "--T::Z":
            try:
                datetime.fromisoformat(stored)
            except ValueError:
                return None
            return stored[:-1] + ".000Z"
        instant = parse_instant(stored)
        return None if instant is None else _spelt(instant, "milliseconds")

    def put(self, shown: Json, stored: Json) -> Json:
        """nevisIDM's spelling: UTC, milliseconds only where there are some."""
        if shown is None:
            return None
        instant = parse_instant(shown)
        if instant is None or len(shown) <= len("2023-08-18"):
            raise ValueError("give an instant such as 2026-01-31T12:00:00Z")
        return _stored(instant)

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """The same comparison in time. What is finer than milliseconds lies between two storable instants."""
        instant = value.astimezone(UTC) if isinstance(value, datetime) else parse_instant(value)
        if instant is None or op in ("ne", "co", "sw", "ew"):
            return None
        between = instant.microsecond % 1000 != 0
        asked: Operator = {"ge": "gt", "lt": "le"}.get(op, op) if between else op  # type: ignore[assignment] # the table holds operators only
        return Asked(asked, (_stored(instant),), exact=not (between and op == "eq"))


class Date(Plain):
    """A day, stored with or without a time behind it; the day is the one that is written there. Other texts are not shown."""

    name = "date"
    examples = (
        Example("date", "2000-01-31", "2000-01-31"),
        Example("date", "2000-01-31T00:00:01Z", "2000-01-31", written="2000-01-31"),
        Example("date", "31.1.2000", None),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """The day as YYYY-MM-DD."""
        return stored[:10] if parse_instant(stored) is not None else None

    def put(self, shown: Json, stored: Json) -> Json:
        """The day; a time behind it is left out."""
        if shown is None:
            return None
        if parse_instant(shown) is None:
            raise ValueError("give a day such as 2000-01-31")
        return str(shown[:10])

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """`eq`: begins with the day. Order by the day, whatever time stands behind it; other texts may fit, too."""
        try:
            day = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
            if day is None or op in ("ne", "co", "sw", "ew"):
                return None
            if op == "eq":
                return Asked("sw", (day.isoformat(),), exact=False)
            if op in ("gt", "le"):
                return Asked("ge" if op == "gt" else "lt", ((day + timedelta(days=1)).isoformat(),), exact=False)
        except (ValueError, OverflowError):
            return None
        return Asked(op, (day.isoformat(),), exact=False)


class _Question(Plain):
    shows: Kind = "boolean"
    read_only = True

    def put(self, shown: Json, stored: Json) -> Json:
        """Never: the answer to a question about now cannot be stored."""
        raise ValueError("follows from the time and cannot be set")

    def ask(self, op: Operator, value: Value, case_exact: bool) -> Asked | None:
        """Cannot: what it means changes with time."""
        return None


class Past(_Question):
    """Whether the instant is over; no instant is never over."""

    name = "past"
    examples = (
        Example("past", "2001-01-01T00:00:00Z", True, written=NEVER),
        Example("past", "9001-01-01T00:00:00Z", False, written=NEVER),
        Example("past", None, False, written=NEVER),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """True, False, or None where the text is no instant."""
        if stored in (None, ""):
            return False
        instant = parse_instant(stored)
        return None if instant is None else instant < now


class Within(_Question):
    """Whether now lies in `{from, to}`, both ends included; a missing end is open."""

    name = "within"
    examples = (
        Example("within", {"from": "2001-01-01T00:00:00Z", "to": "9001-01-01T00:00:00Z"}, True, written=NEVER),
        Example("within", {"to": "2001-01-01T00:00:00Z"}, False, written=NEVER),
        Example("within", None, True, written=NEVER),
    )

    def get(self, stored: Json, now: datetime) -> Json:
        """True, False, or None where an end is no instant."""
        ends = stored if isinstance(stored, dict) else {}
        begin, end = (ends.get(key) or None for key in ("from", "to"))
        start, stop = parse_instant(begin), parse_instant(end)
        if (begin and start is None) or (end and stop is None):
            return None
        return (start is None or start <= now) and (stop is None or now <= stop)


def _stored(instant: datetime) -> str:
    return _spelt(instant, "milliseconds" if instant.microsecond >= 1000 else "seconds")


def _spelt(instant: datetime, precision: str) -> str:
    return instant.isoformat(timespec=precision).replace("+00:00", "Z")
