"""What is told once (`returned: once`): a secret that nevisIDM or the gateway makes, shown by the answer to the POST and never again.

Nothing else reads it: no view shows it, no search compares it, no plan of a read asks for it.
"""

from __future__ import annotations

import copy
import secrets
import string
from collections.abc import Mapping as Map
from datetime import datetime
from typing import Any

from gateway.mapping.kept import kept
from gateway.mapping.leaf import Leaf
from gateway.mapping.model import Mapping
from gateway.mapping.record import Record
from gateway.mapping.view import put_at
from gateway.nevisidm import catalogue
from gateway.nevisidm.call import Reply
from gateway.nevisidm.template import walk
from gateway.scim.request import Resource
from gateway.scim.tree import Attr

Json = Any
_LETTERS = string.ascii_letters + string.digits


def make_secrets(mapping: Mapping) -> dict[Attr, str]:
    """The secrets of a new resource that the gateway makes itself (`made`): letters and digits by chance, fit for any client."""
    return {
        leaf.attr: "".join(secrets.choice(_LETTERS) for _ in range(leaf.made))
        for leaf in _told_once(mapping)
        if leaf.made is not None
    }


@kept
def _told_once(mapping: Mapping) -> tuple[Leaf, ...]:
    """The attributes that the gateway makes, or that only the answer to a create shows."""
    return tuple(leaf for leaf in mapping.leaves.values() if leaf.made is not None or leaf.schema.once)


def with_made(body: Resource, made: Map[Attr, str]) -> Resource:
    """The body of a create with these secrets in it."""
    whole = copy.deepcopy(body) if made else body
    for attr, secret in made.items():
        put_at(whole, attr, secret)
    return whole


def tell_once(
    mapping: Mapping,
    resource: Resource,
    replies: Map[str, Reply],
    records: Map[str, Json],
    now: datetime,
    made: Map[Attr, str],
) -> None:
    """Put such attributes into a new resource: from the reply to its record's create, which is the only place if it is known to be one.

    A create without an answer of its own (recovery codes) leaves the record as it was read right afterwards. What a record shows later
    under the name of a secret that its create answers may be something else, such as a hash.
    """
    for leaf in _told_once(mapping):
        if leaf.attr in made:
            put_at(resource, leaf.attr, made[leaf.attr])
        if not leaf.schema.once or leaf.first is None or leaf.made is not None:
            continue
        record = mapping.records[leaf.first.record]
        source = _answered(record, replies) if answers(record, leaf) else records.get(record.name)
        value = leaf.lens.get(walk(source, leaf.first.keys), now)
        if value not in (None, "", [], {}):
            put_at(resource, leaf.attr, value)


def answers(record: Record, leaf: Leaf) -> bool:
    """Whether the record's create is known to answer the field of this leaf."""
    entry = catalogue.find(record.create.call.method, record.create.call.path.text) if record.create else None
    return entry is not None and leaf.first is not None and catalogue.has(entry.reply, leaf.first.keys)


def _answered(record: Record, replies: Map[str, Reply]) -> Json:
    reply = replies.get(record.create.call.name) if record.create is not None else None
    return reply.json if reply is not None else None
