"""What `check --online` shows of an installation: its capabilities and the calls that the mappings make, each with how that is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import click

from gateway.events import Learnt
from gateway.mapping.model import Mappings
from gateway.mapping.rules.walk import calls
from gateway.nevisidm.catalogue import find, shape
from gateway.nevisidm.endpoints import Seen
from gateway.plan.access import released

_THERE = {True: "yes", False: "NO", None: "?"}


def capabilities_table(learnt: Iterable[Learnt]) -> list[tuple[str, ...]]:
    """One row for each capability: name, value, how it is known."""
    return [("capability", "value", "known by"), *((each.capability, each.value, each.how) for each in learnt)]


def calls_of(mappings: Mappings) -> Iterator[tuple[str, str]]:
    """Method and path of every call that the mappings make, once each."""
    seen: set[tuple[str, str]] = set()
    for mapping in mappings.by_name.values():
        for call, _ in calls(mapping):
            key = (call.method, shape(call.path.text))
            if key not in seen:
                seen.add(key)
                yield call.method, call.path.text


def calls_table(seen: Iterable[Seen], release: str) -> list[tuple[str, ...]]:
    """One row for each call: method, path, whether it is there, how that is known, what the documentation says."""
    rows = [(each.method, each.path, _THERE[each.there], each.how, _documented(each, release)) for each in seen]
    return [("method", "call", "there", "known by", "documentation"), *rows]


def _documented(seen: Seen, release: str) -> str:
    entry = find(seen.method, seen.path)
    if entry is None:
        return "not listed"
    if entry.since and not released(entry.since, release):
        return f"since {' and '.join(entry.since)}: later than {release}"
    since = f", since {' and '.join(entry.since)}" if entry.since else ""
    return ("inferred only" if entry.inferred else "described") + since


def show(rows: Sequence[Sequence[str]]) -> None:
    """Print rows in columns, the first as heads."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
