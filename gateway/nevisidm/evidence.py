"""Whether a write whose reply was lost took effect, judged by what a read finds afterwards.

Strict on purpose: something that was there before must not be taken for what we sent, or a client would be told "created" about a
stranger's record. Texts are compared without case and as beginnings of each other, since nevisIDM writes some values its own way
(EN for en, a date with its time).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.nevisidm.call import Call
from gateway.nevisidm.template import walk

Json = Any


def took_effect(call: Call, found: Json, *, named: bool = False) -> bool:
    """Whether `found`, a read's JSON, shows what `call` created: one record, or one among the items of a list.

    A body such as {"user": {…}, "profile": {…}} is found when one of its parts is. `named`: its extId is enough, as nobody else can have
    that one.
    """
    if call.method == "DELETE":
        return False
    sent = call.body
    if not isinstance(sent, Mapping):
        return False
    parts = [sent, *(part for part in sent.values() if isinstance(part, Mapping))]
    fits = _same_name if named else _shows
    return any(fits(record, part) for record in _records(found) for part in parts)


def changed(call: Call, back: Call | None, found: Json, at: tuple[str, ...], ext_id: str | None) -> bool | None:
    """Whether a record was changed as `call` says (true), is as `back` would make it (false), or neither can be said.

    `at` leads to the record within each one that was read, `ext_id` says which of a list is meant.
    """
    sent, old = call.body, back.body if back is not None else None
    listed = isinstance(found, Mapping) and isinstance(found.get("items"), list)
    records = [walk(each, at) for each in _records(found) if not listed or each.get("extId") == ext_id]
    if len(records) != 1 or not isinstance(sent, Mapping):
        return None
    record = records[0] if isinstance(records[0], Mapping) else {}
    if _holds(record, sent):
        return True
    return False if isinstance(old, Mapping) and _holds(record, old) else None


def _records(found: Json) -> Iterator[Mapping[str, Json]]:
    items = found.get("items") if isinstance(found, Mapping) else None
    for each in items if isinstance(items, list) else [found]:
        if isinstance(each, Mapping):
            yield each


def _same_name(record: Mapping[str, Json], part: Mapping[str, Json]) -> bool:
    return part.get("extId") is not None and part.get("extId") == record.get("extId")


def _shows(record: Mapping[str, Json], part: Mapping[str, Json]) -> bool:
    """Whether everything that both speak of agrees, and that is something."""
    shared = [key for key in part if key in record]
    return bool(shared) and all(_agree(record[key], part[key]) for key in shared)


def _holds(record: Mapping[str, Json], values: Mapping[str, Json]) -> bool:
    """Whether the record has all these values; one that was cleared may be absent."""
    return all(_has(record.get(key), value) for key, value in values.items() if key != "version")


def _has(stored: Json, sent: Json) -> bool:
    """As `_agree`, but what is sent and not there is missing, at any depth."""
    if isinstance(sent, Mapping):
        inner = stored if isinstance(stored, Mapping) else {}
        return all(_has(inner.get(key), value) for key, value in sent.items())
    return _agree(stored, sent)


def _agree(stored: Json, sent: Json) -> bool:
    if stored in (None, "") and sent in (None, ""):
        return True
    if isinstance(stored, Mapping) and isinstance(sent, Mapping):
        return all(_agree(stored[key], value) for key, value in sent.items() if key in stored)
    if isinstance(stored, str) and isinstance(sent, str):
        one, other = stored.casefold(), sent.casefold()
        return one == other or (bool(one and other) and (one.startswith(other) or other.startswith(one)))
    return bool(stored == sent)
