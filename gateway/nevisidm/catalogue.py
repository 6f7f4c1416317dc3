"""What is known about nevisIDM's calls: a data file, so that mappings name neither releases nor fields nor page parameters.

`catalogue.json` holds facts of nevisIDM's public documentation, one call a line; what is only inferred there is marked so. Read once,
when first asked for (under a millisecond); entries are made on demand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

_HOLE = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. Fields are dotted (`name.familyName`); `properties.*` or `*` stands for any property.

    `reply` are the fields of what it answers (of each element, if `many`), empty where that is not known; `body` those it takes.
    `filters` and `sorts` are a list's parameters, `inferred_filters` those among them that nobody has documented.
    `as_caller`: nevisIDM lets users call it for themselves.
    """

    method: str
    path: str
    since: tuple[str, ...]
    inferred: bool
    reply: frozenset[str]
    many: bool
    body: frozenset[str]
    filters: frozenset[str]
    inferred_filters: frozenset[str]
    sorts: frozenset[str]
    as_caller: bool

    @property
    def takes_version(self) -> bool:
        """Whether the body carries the version that was read, for optimistic locking."""
        return "version" in self.body


@dataclass(frozen=True, slots=True)
class Index:
    """What the query service knows of one kind: fields of queries (any case), fields to sort by, fields of a hit."""

    fields: frozenset[str]
    sorts: frozenset[str]
    hit: frozenset[str]


@cache
def _data() -> Mapping[str, Any]:
    data: Mapping[str, Any] = json.loads(files(__package__).joinpath("catalogue.json").read_bytes())
    return data


def shape(path: str) -> str:
    """A path with its holes made alike: `/core/v1/{}/users/{}`."""
    return _HOLE.sub("{}", path)


@cache
def find(method: str, path: str) -> Entry | None:
    """The call with this method and path (holes may have any name); None if nevisIDM is not known to have it."""
    facts = _data()["calls"].get(f"{method} {shape(path)}")
    if facts is None:
        return None
    return Entry(
        method,
        shape(path),
        tuple(facts.get("since", ())),
        facts.get("inferred", False),
        frozenset(_data()["replies"].get(facts.get("reply"), ())),
        facts.get("list", False),
        frozenset(facts.get("body", ())),
        frozenset(facts.get("filters", ())),
        frozenset(facts.get("inferredFilters", ())),
        frozenset(facts.get("sorts", ())),
        facts.get("self", False),
    )


def path_of(method: str, sent: str) -> str | None:
    """The path, with `{}` for holes, that a path with values in it was made of; None where nevisIDM is not known to have it.

    A word that stands there by itself goes before a hole.
    """
    parts = sent.split("/")
    fitting = [
        path
        for verb, _, path in (each.partition(" ") for each in _data()["calls"])
        if verb == method and _fits(path.split("/"), parts)
    ]
    return min(fitting, key=lambda path: path.count("{}"), default=None)


def _fits(path: list[str], sent: list[str]) -> bool:
    return len(path) == len(sent) and all(part in ("{}", said) for part, said in zip(path, sent, strict=True))


def reply_fields(method: str, path: str) -> tuple[str, ...]:
    """The fields of what a call answers, in the order of nevisIDM's documentation; empty where they are not known."""
    facts = _data()["calls"].get(f"{method} {shape(path)}") or {}
    return tuple(_data()["replies"].get(facts.get("reply"), ()))


def paths() -> tuple[str, ...]:
    """Every call as `METHOD path`, for suggestions."""
    return tuple(_data()["calls"])


@cache
def index(path: str) -> Index | None:
    """What can be asked at this path of the query service; None where that is not known."""
    facts = _data()["index"].get(path.rpartition("/")[2]) if path.startswith("/query/") else None
    if facts is None:
        return None
    return Index(frozenset(facts["fields"]), frozenset(facts["sorts"]), frozenset(facts["hit"]))


_SCOPES = (
    ("/generic-credentials", "CREDENTIAL_GENERIC_GLOBAL"),
    ("/certificates", "CREDENTIAL_CERTIFICATE_GLOBAL"),
    ("/mobile-signature", "CREDENTIAL_MOBILE_SIGNATURE_GLOBAL"),
    ("/saml-federation", "CREDENTIAL_SAML_FEDERATION_GLOBAL"),
    ("/security-questions", "CREDENTIAL_SECURITY_QUESTIONS_GLOBAL"),
    ("/profiles", "PROFILE_GLOBAL"),
    ("/units", "UNIT_GLOBAL"),
    ("/eroles", "ENTERPRISE_ROLE_GLOBAL"),
    ("/applications", "APPLICATION_GLOBAL"),
    ("/users", "USER_GLOBAL"),
)
"""PropertyScope by what a record's path leads to; the first that fits."""


def scope(path: str) -> str | None:
    """The scope of the properties of the records at this path; None where nevisIDM is not known to have any."""
    return next((scope for part, scope in _SCOPES if part in path), None)


@cache
def codes() -> Mapping[str, tuple[int, ...]]:
    """nevisIDM's error codes and the statuses each is known to come with."""
    return {code: tuple(statuses) for code, statuses in _data()["codes"].items()}


def has(fields: frozenset[str], keys: tuple[str, ...], *, open_map: bool = False) -> bool:
    """Whether a field stands in such a set: itself, in a free map, or as an object with known members. An empty set knows nothing."""
    if open_map:
        return ".".join((*keys, "*")) in fields or (not keys and "*" in fields)
    dotted = ".".join(keys)
    if dotted in fields or f"{dotted}.*" in fields:
        return True
    ancestors = (".".join((*keys[:length], "*")) for length in range(len(keys)))
    return any(each.removeprefix(".") in fields for each in ancestors)
