"""Filling the store with very many people: rows in batches, nothing checked.

A person is a UserDTO (with `extId`, `loginId`, `userState`; `created` may be a date-time) plus
  `profiles`: ProfileDTOs with `extId` and `unitExtId`, each with `authorizations` and `eauthorizations` if it has any;
  `credentials`: CredentialDTOs with `extId` and `type` (Password, DevicePassword, Generic, SecurId), and for the first two either `secret`
  (hashed here, 0.1 ms each) or `hash` (from `hash_secret`, may be shared by many).
Missing extIds below the user are derived from the user's.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from .clock import parse_moment
from .secret import hash_secret
from .table import AUTHORIZATIONS, CREDENTIALS, EAUTHORIZATIONS, PROFILES, USERS, Column, Table

_BATCH = 5000
_CACHE_KIB = 512 * 1024  # indexes of a million users grow all over the file
_PLACED = ("profiles", "credentials", "authorizations", "eauthorizations", "created", "secret", "hash", "type")

Record = tuple[Table, str, str, int, dict[str, Any]]  # table, parent, extId, created, document


def add_people(connection: sqlite3.Connection, client: str, people: Iterable[Mapping[str, Any]], now: int) -> int:
    """Adds the people of one client inside the open transaction and answers how many they were."""
    count, rest = 0, iter(people)
    connection.execute(f"PRAGMA cache_size=-{_CACHE_KIB}")
    while batch := list(islice(rest, _BATCH)):
        count += len(batch)
        _write(connection, client, [record for person in batch for record in _records(client, person, now)])
    return count


def _write(connection: sqlite3.Connection, client: str, records: list[Record]) -> None:
    rows: dict[Table, list[tuple[Column, ...]]] = {}
    values: list[tuple[Column, ...]] = []
    for table, parent, ext_id, created, doc in records:
        rows.setdefault(table, []).append(table.values(client, parent, ext_id, created, doc))
        values += [
            (table.scope_of(doc), name, value, client, ext_id) for name, value in doc.get("properties", {}).items()
        ]
    for table, some in rows.items():
        connection.executemany(table.insert(), some)
    connection.executemany("INSERT OR REPLACE INTO property_values VALUES (?, ?, ?, ?, ?)", values)


def _records(client: str, person: Mapping[str, Any], now: int) -> Iterator[Record]:
    user, created = person["extId"], _created(person, now)
    own = {"clientExtId": client, "userExtId": user}
    yield (
        USERS,
        "",
        user,
        created,
        {"userState": "active", "isTechnicalUser": False, "clientExtId": client, **_plain(person)},
    )
    for place, profile in enumerate(person.get("profiles", ())):
        yield from _profile({"extId": f"{user}-p{place}", **profile}, own, person, created)
    for place, credential in enumerate(person.get("credentials", ())):
        made = {
            "extId": f"{user}-c{place}",
            "stateName": "active",
            **_secret(credential),
            **_plain(credential),
            "userExtId": user,
        }
        yield CREDENTIALS, user, made["extId"], _created(credential, created), made


def _profile(profile: dict[str, Any], own: dict[str, str], person: Mapping[str, Any], created: int) -> Iterator[Record]:
    ext_id = profile["extId"]
    made = {"profileState": person.get("userState", "active"), "name": person["loginId"], "isDefaultProfile": False}
    yield PROFILES, own["userExtId"], ext_id, _created(profile, created), {**made, **_plain(profile), **own}
    for table, kind in ((AUTHORIZATIONS, "authorizations"), (EAUTHORIZATIONS, "eauthorizations")):
        for place, grant in enumerate(profile.get(kind, ())):
            doc = {"extId": f"{ext_id}-{kind[0]}{place}", **_plain(grant)}
            yield table, ext_id, doc["extId"], _created(grant, created), doc


def _secret(credential: Mapping[str, Any]) -> dict[str, Any]:
    hashed = credential.get("hash") or ("secret" in credential and hash_secret(credential["secret"]))
    return {"_type": credential["type"], **({"_hash": hashed} if hashed else {})}


def _plain(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _PLACED}


def _created(document: Mapping[str, Any], otherwise: int) -> int:
    given = document.get("created")
    return otherwise if given is None else given if isinstance(given, int) else parse_moment(given)
