"""What the index remembers of an entity: the hit it would show, and the values that are searchable without being shown.

Entries are read from the store in batches, because an index of a million users is built by the same code that follows one change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from .clock import stamp
from .lucene_match import Document
from .query_subject import PROPERTIES, SUBJECTS, Subject
from .store import Row, Store
from .table import CREDENTIALS, PROFILES, UNITS, USERS, Table

_SEX = {"male": "M", "female": "F", "other": "O"}
_USER_PLACES: Mapping[str, tuple[str, ...]] = {
    "name": ("name", "familyName"),
    "firstName": ("name", "firstName"),
    "title": ("name", "title"),
    "state": ("userState",),
    "loginId": ("loginId",),
    "language": ("languageCode",),
    "remarks": ("remarks",),
    "birthdate": ("birthDate",),
    **{name: ("contacts", name) for name in ("telephone", "telefax", "mobile", "email")},
    **{
        name: ("address", name)
        for name in ("addressline1", "addressline2", "city", "street", "houseNumber", "dwellingNumber")
    },
    **{name: ("address", name) for name in ("postOfficeBoxText", "postOfficeBoxNumber", "locality")},
    "postalcode": ("address", "postalCode"),
    "country": ("address", "countryCode"),
    "modificationComment": ("modificationComment",),
    "validFrom": ("validity", "from"),
    "validTo": ("validity", "to"),
}
_ENTITY_KEYS = ("name", "description", "displayName", "url", "location", "state")


@dataclass(frozen=True, slots=True)
class Entry:
    """`hit` is shown (all but client and score), `more` holds further values by field name."""

    subject: str
    client: str
    ext_id: str
    hit: dict[str, Any]
    more: dict[str, list[str]]

    def document(self) -> Document:
        """The values by field name, properties as `properties.<name>`; empty ones left out."""
        shown = SUBJECTS[self.subject].shown
        values = {field: [str(self.hit[key])] for field, key in shown.items() if self.hit.get(key) not in (None, "")}
        properties: Mapping[str, str] = self.hit.get(PROPERTIES) or {}
        return {**values, **self.more, **{f"{PROPERTIES}.{name}": [value] for name, value in properties.items()}}


def read(store: Store, subject: Subject, client: str, ext_ids: Sequence[str]) -> Iterator[Entry]:
    """The entries of those entities that exist."""
    rows = _rows(store, subject.table, "ext_id", client, ext_ids)
    yield from _users(store, client, rows) if subject.table is USERS else (_entity(subject, row) for row in rows)


def _users(store: Store, client: str, rows: Sequence[Row]) -> Iterator[Entry]:
    ext_ids = [row.ext_id for row in rows]
    profiles = _by_parent(_rows(store, PROFILES, "parent", client, ext_ids))
    credentials = _by_parent(_rows(store, CREDENTIALS, "parent", client, ext_ids))
    units = {unit.ext_id: unit.doc for unit in store.rows(UNITS, "client = ?", (client,))}
    for row in rows:
        own = profiles.get(row.ext_id, [])
        more = {
            "created": [digits(row.created)],
            "modified": [digits(row.modified)],
            **_moments(row.doc),
            **_of_profiles(own, [units.get(profile["unitExtId"], {}) for profile in own]),
            **_of_credentials(credentials.get(row.ext_id, [])),
        }
        yield Entry(
            "users", client, row.ext_id, _user_hit(row), {name: values for name, values in more.items() if values}
        )


def _user_hit(row: Row) -> dict[str, Any]:
    hit: dict[str, Any] = {"id": f"{row.client}-{row.id}", "extid": row.ext_id}
    for name, (head, *rest) in _USER_PLACES.items():
        value = row.doc.get(head)
        hit[name] = (value or {}).get(rest[0]) if rest else value
    hit["sex"] = _SEX.get(row.doc.get("sex", ""))
    hit["isTechnicalUser"] = row.doc.get("isTechnicalUser", False)
    return {**hit, PROPERTIES: row.doc.get("properties") or {}, "dtoType": "USER", "_internalId": str(row.id)}


def _moments(doc: Mapping[str, Any]) -> dict[str, list[str]]:
    named = {"loginInfo.lastLogin": "_lastLogin", "loginInfo.lastFailure": "_lastFailure"}
    moments = {field: [digits(doc[key])] for field, key in named.items() if key in doc}
    return {**moments, "statechangedetail": _present(doc.get("stateChangeDetail"))}


def _of_profiles(profiles: Sequence[Mapping[str, Any]], units: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    return {
        "profile.name": _present(*(profile.get("name") for profile in profiles)),
        "profile.state": _present(*(profile.get("profileState") for profile in profiles)),
        "unit.extid": _present(*(profile.get("unitExtId") for profile in profiles)),
        "unit.name": _present(*(unit.get("name") for unit in units)),
        "unit.location": _present(*(unit.get("location") for unit in units)),
    }


def _of_credentials(credentials: Sequence[Mapping[str, Any]]) -> dict[str, list[str]]:
    return {
        "credential.typeId": sorted({credential["_type"] for credential in credentials}),
        "credential.context": _present(*(credential.get("context") for credential in credentials)),
    }


def _entity(subject: Subject, row: Row) -> Entry:
    doc = row.doc
    hit = {"id": str(row.id), "extid": row.ext_id, **{key: doc[key] for key in _ENTITY_KEYS if key in doc}}
    words = _present(*(doc.get("displayName") or {}).values())
    return Entry(
        subject.name, row.client, row.ext_id, {**hit, "dtoType": subject.dto_type, "_internalId": str(row.id)},
        {"displayname": words} if words else {},
    )  # fmt: skip


def digits(epoch_ms: int) -> str:
    """An instant as the index writes it: yyyyMMddHHmmss."""
    return "".join(char for char in stamp(epoch_ms) if char.isdecimal())


def _rows(store: Store, table: Table, column: str, client: str, values: Sequence[str]) -> list[Row]:
    marks = ", ".join("?" * len(values))
    return store.rows(
        table, f"client = ? AND {column} IN ({marks}) ORDER BY parent, created, ext_id", (client, *values)
    )


def _by_parent(rows: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    return {parent: [row.doc for row in some] for parent, some in groupby(rows, key=lambda row: row.parent)}


def _present(*values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str) and value]
