"""Whether a write whose reply was lost took effect, judged by what a read finds afterwards.

Strict on purpose: something that was there before must not be taken for what we sent, or a client would be told "created" about a
stranger's record. Texts are compared without case and as beginnings of each other, since nevisIDM writes some values its own way
(EN for en, a date with its time).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateway.nevisidm.call import Call

Json = Any


def took_effect(call: Call, found: Json) -> bool:
    """Whether `found`, a read's JSON, shows what `call` sent: one record, or one among the items of a list.

    A body such as {"user": {…}, "profile": {…}} is found when one of its parts is.
    """
    if call.method == "DELETE":
        return False
    sent = call.body
    if not isinstance(sent, Mapping) or not isinstance(found, Mapping):
        return False
    items = found.get("items")
    records = items if isinstance(items, list) else [found]
    parts = [sent, *(part for part in sent.values() if isinstance(part, Mapping))]
    return any(_shows(record, part) for record in records if isinstance(record, Mapping) for part in parts)


def _shows(record: Mapping[str, Json], part: Mapping[str, Json]) -> bool:
    """Whether everything that both speak of agrees, and that is something."""
    shared = [key for key in part if key in record]
    return bool(shared) and all(_agree(record[key], part[key]) for key in shared)


def _agree(stored: Json, sent: Json) -> bool:
    if isinstance(stored, Mapping) and isinstance(sent, Mapping):
        return all(_agree(stored[key], value) for key, value in sent.items() if key in stored)
    if isinstance(stored, str) and isinstance(sent, str):
        one, other = stored.casefold(), sent.casefold()
        return one == other or (bool(one and other) and (one.startswith(other) or other.startswith(one)))
    return bool(stored == sent)
