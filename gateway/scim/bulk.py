"""A bulk (RFC 7644 section 3.7): its request as a value, its answers as one reply. Pure.

A body that is no BulkRequest is refused whole, before anything is done; what is wrong with one operation's resource is that operation's
error. An operation is named by its `bulkId` in the others: as a whole value in their data (`"value": "bulkId:x"`), at the end of a `$ref`,
in the filter of a PATCH path (`members[value eq "bulkId:x"]`), and as the id in an operation's own path.

A path is relative to the root (`/Users/<id>`); one that repeats the root, or the whole address of this API, means the same.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

import orjson

from gateway.errors import BadRequest
from gateway.scim.body import Limits, read_json
from gateway.scim.dialect import Dialect
from gateway.scim.intake import check_message, member
from gateway.scim.question import Question
from gateway.scim.reply import Reply, no_content
from gateway.scim.request import Json, Resource

BULK_REQUEST = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"
BULK_RESPONSE = "urn:ietf:params:scim:api:messages:2.0:BulkResponse"
_METHODS = ("POST", "PUT", "PATCH", "DELETE")
_LEVELS = 3
"""How much deeper than a resource its bulk is: the message, its list, the operation."""

_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_IN_PATH = re.compile(r"(?<=/)bulkId:([^/?]+)")
_WHOLE = re.compile(r"^bulkId:(.+)$", re.DOTALL)
_IN_REF = re.compile(r"(?:(?<=/)|^)bulkId:([^/?#]+)$")
_IN_FILTER = re.compile(r'(?<=")bulkId:([^"\\]+)(?=")')

Ids = Mapping[str, str]
"""The ids of resources by the bulkId of the operation that made them."""


@dataclass(frozen=True, slots=True)
class BulkOperation:
    """One operation of a bulk, as sent; `refers` holds the bulkIds that must be known before it can be read."""

    method: str
    path: str
    bulk_id: str | None = None
    version: str | None = None
    data: Resource | None = field(default=None, repr=False)
    refers: frozenset[str] = frozenset()

    def resolved(self, ids: Ids) -> BulkOperation:
        """The operation with the ids of what it refers to. Raises KeyError for a bulkId that is not in `ids`."""
        if not self.refers:
            return self
        path = _IN_PATH.sub(lambda found: quote(ids[found[1]], safe=""), self.path)
        data = self.data and _replaced(self.data, "", ids)
        return dataclasses.replace(self, path=path, data=data, refers=frozenset())


@dataclass(frozen=True, slots=True)
class BulkRequest:
    """The operations in order; after `fail_on_errors` failures (None: never) no further one is begun."""

    operations: tuple[BulkOperation, ...]
    fail_on_errors: int | None = None


@dataclass(frozen=True, slots=True)
class BulkOutcome:
    """What became of one operation. `id`: the resource's, if it is there now. `response`: the body, where one is told."""

    status: int
    location: str | None = None
    version: str | None = None
    id: str | None = None
    response: bytes | None = field(default=None, repr=False)

    @property
    def failed(self) -> bool:
        """Whether it counts for failOnErrors."""
        return self.status >= 400


def is_bulk(tail: str) -> bool:
    """Whether the path below the root is the bulk endpoint."""
    return tail.strip("/").lower() == "bulk"


def read_bulk(question: Question) -> BulkRequest:
    """The bulk. Raises GW116 (not POST), GW103 (too many operations), GW101 (no BulkRequest), and what `read_json` raises.

    A POST without bulkId is taken, although the RFC wants one: its answer has the same place in the list.
    """
    if question.method != "POST":
        raise BadRequest("GW116", "A bulk is sent by POST.", allow=("POST", "OPTIONS"))
    limits = Limits(question.dialect.bulk_bytes, question.limits.body_depth + _LEVELS)
    body = read_json(question.body, question.headers.get("content-type"), limits)
    check_message(body, BULK_REQUEST, "BulkRequest")
    operations = member(body, "Operations")
    if not isinstance(operations, list):
        raise BadRequest("GW101", "A BulkRequest needs Operations, an array.")
    if len(operations) > question.dialect.bulk_operations:
        most = question.dialect.bulk_operations
        raise BadRequest("GW103", f"The bulk has {len(operations)} operations; {most} are allowed. Split it.")
    roots = (question.base, question.dialect.root)
    read = tuple(_operation(each, f"Operations[{index}]", roots) for index, each in enumerate(operations))
    _check_unique(read)
    return BulkRequest(read, _fail_on_errors(member(body, "failOnErrors")))


def bulk_reply(done: Sequence[tuple[BulkOperation, BulkOutcome]], dialect: Dialect) -> Reply:
    """The BulkResponse: the operations that were processed, in the order of the request (RFC 7644 section 3.7.3)."""
    message = {"schemas": [BULK_RESPONSE], "Operations": [_told(*each) for each in done]}
    headers = (("Content-Type", dialect.media_type), *no_content().headers)
    return Reply(dialect.bulk_status, headers, orjson.dumps(message))


def _told(operation: BulkOperation, outcome: BulkOutcome) -> Resource:
    told = {
        "location": outcome.location,
        "method": operation.method,
        "bulkId": operation.bulk_id,
        "version": outcome.version,
        "status": str(outcome.status),
        "response": None if outcome.response is None else orjson.Fragment(outcome.response),
    }
    return {name: value for name, value in told.items() if value is not None}


def _operation(sent: Json, place: str, roots: tuple[str, ...]) -> BulkOperation:
    if not isinstance(sent, dict):
        raise BadRequest("GW101", f"{place} must be an object.")
    method = (_text(sent, "method", place) or "").upper()
    if method not in _METHODS:
        raise BadRequest("GW101", f"{place}.method must be one of {', '.join(_METHODS)}.")
    path = _text(sent, "path", place)
    if not path:
        raise BadRequest("GW101", f"{place}.path is missing: /Users, or /Users/<id>.")
    path = _below(path, roots, place)
    data = member(sent, "data") if method != "DELETE" else None
    if method != "DELETE" and not isinstance(data, dict):
        raise BadRequest("GW101", f"{place}.data must be the body of the {method}, an object.")
    refers = {*_IN_PATH.findall(path), *_references(data, "")}
    return BulkOperation(
        method, path, _text(sent, "bulkId", place), _text(sent, "version", place), data, frozenset(refers)
    )


def _below(path: str, roots: tuple[str, ...], place: str) -> str:
    """The path below the root, whichever of our own addresses it begins with. Raises GW101 for somebody else's."""
    for root in roots:
        if path.startswith(f"{root}/"):
            return path.removeprefix(root)
    if _ADDRESS.match(path):
        raise BadRequest("GW101", f"{place}.path is an address of another server. Say /Users, or /Users/<id>.")
    return path


def _text(sent: Resource, name: str, place: str) -> str | None:
    value = member(sent, name)
    if value is not None and not isinstance(value, str):
        raise BadRequest("GW101", f"{place}.{name} must be a string.")
    return value


def _fail_on_errors(value: Json) -> int | None:
    """How many errors are accepted; below one the first ends the bulk, too, as there is nothing less than that."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadRequest("GW101", "failOnErrors must be a whole number from 0 on.")
    return max(1, value)


def _check_unique(operations: Sequence[BulkOperation]) -> None:
    seen: set[str] = set()
    for index, each in enumerate(operations):
        if each.bulk_id is not None and each.bulk_id in seen:
            raise BadRequest("GW101", f"Operations[{index}].bulkId is that of an earlier operation.")
        seen |= {each.bulk_id} if each.bulk_id is not None else set()


def _pattern(key: str) -> re.Pattern[str]:
    """Where in a string below this key a reference may stand."""
    return {"$ref": _IN_REF, "path": _IN_FILTER}.get(key, _WHOLE)


def _references(value: Json, key: str) -> Iterator[str]:
    if isinstance(value, str):
        if "bulkId:" in value:
            yield from _pattern(key).findall(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _references(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _references(inner, key)


def _replaced(value: Json, key: str, ids: Ids) -> Json:
    if isinstance(value, dict):
        return {name: _replaced(inner, name, ids) for name, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, key, ids) for inner in value]
    if not isinstance(value, str) or "bulkId:" not in value:
        return value
    written: Callable[[str], str] = {"$ref": _quoted, "path": _escaped}.get(key, str)
    return _pattern(key).sub(lambda found: written(ids[found[1]]), value)


def _quoted(id_: str) -> str:
    return quote(id_, safe="")


def _escaped(id_: str) -> str:
    return orjson.dumps(id_).decode()[1:-1]
