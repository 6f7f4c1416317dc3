"""What the soak believes of each person, by what the gateway has promised; and what the sandbox's store really has of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from gateway.sandbox.secret import verify_secret
from gateway.sandbox.table import AUTHORIZATIONS, CREDENTIALS, EAUTHORIZATIONS, PROFILES, USERS

CLIENT = "100"


@dataclass(frozen=True, slots=True)
class Person:
    """One person as acknowledged. `badges`: identifications of generic credentials by the ids of SCIM."""

    id: str
    login: str
    family: str = "Comer"
    title: str | None = None
    centre: str | None = None
    password: str | None = field(default=None, repr=False)
    groups: frozenset[str] = frozenset()
    grant: str | None = None
    badges: frozenset[tuple[str, str]] = frozenset()


class Store:
    """The sandbox's tables, asked about persons. `surplus`: authorizations that nobody asked for and the gateway cannot know."""

    def __init__(self, box: Any, surplus: frozenset[str] = frozenset()) -> None:
        self.box = box
        self.surplus = surplus

    def count(self, table: Any, where: str = "1 = 1", *params: str) -> int:
        """Rows of the tenant."""
        rows = self.box.store.rows(table, f"client = '{CLIENT}' AND {where}", params)
        return sum(row.ext_id not in self.surplus for row in rows)

    def holds(self, person: Person | None, login: str) -> bool:
        """Whether the store says of this login exactly what the soak believes; None: nobody has it."""
        return not self.differences(person, login)

    def differences(self, person: Person | None, login: str) -> list[str]:
        """What is otherwise than it is believed."""
        users = [row for row in self.box.store.rows(USERS, f"client = '{CLIENT}'") if row.doc["loginId"] == login]
        if person is None or len(users) != 1:
            return [] if person is None and not users else [f"{len(users)} users"]
        user = users[0]
        (profile,) = self.box.store.rows(PROFILES, "client = ? AND parent = ?", (CLIENT, user.ext_id)) or (None,)
        found = {
            "id": user.ext_id,
            "family": user.doc["name"]["familyName"],
            "title": user.doc.get("properties", {}).get("jobTitle"),
            "centre": (profile.doc.get("properties", {}) if profile is not None else {}).get("costCentre"),
            "groups": frozenset(row.doc["enterpriseRoleExtId"] for row in self._below(EAUTHORIZATIONS, profile)),
        }
        wrong = [
            f"{name}: {value!r} for {getattr(person, name)!r}"
            for name, value in found.items()
            if value != getattr(person, name)
        ]
        roles = [row.doc["roleExtId"] for row in self._below(AUTHORIZATIONS, profile) if row.ext_id not in self.surplus]
        if roles != (["portal-reader"] if person.grant is not None else []):
            wrong.append(f"roles: {roles}")
        return wrong + self._credentials(person)

    def _below(self, table: Any, parent: Any) -> list[Any]:
        if parent is None:
            return []
        rows: list[Any] = self.box.store.rows(table, "client = ? AND parent = ?", (CLIENT, parent.ext_id))
        return rows

    def _credentials(self, person: Person) -> list[str]:
        rows = self.box.store.rows(CREDENTIALS, "client = ? AND parent = ?", (CLIENT, person.id))
        passwords = [row.doc["_hash"] for row in rows if row.doc["_type"] == "Password"]
        badges = sorted(row.doc.get("identification") for row in rows if row.doc["_type"] != "Password")
        wrong = (
            []
            if badges == sorted(name for name, _ in person.badges)
            else [f"badges: {badges} for {sorted(person.badges)}"]
        )
        if person.password is None:
            return wrong + (["a password"] if passwords else [])
        right = len(passwords) == 1 and verify_secret(person.password, passwords[0])
        return wrong + ([] if right else [f"another password, or {len(passwords)}"])

    def made(self, before: Person | None, login: str) -> str:
        """The id that a change whose answer never came would have had: of a new user; for others it is of no consequence here."""
        users = [
            row.ext_id for row in self.box.store.rows(USERS, f"client = '{CLIENT}'") if row.doc["loginId"] == login
        ]
        return users[0] if before is None and users else "unknown"

    def orphans(self) -> int:
        """Rows below something that is no more."""
        users = {row.ext_id for row in self.box.store.rows(USERS, f"client = '{CLIENT}'")}
        profiles = {row.ext_id for row in self.box.store.rows(PROFILES, f"client = '{CLIENT}'")}
        above = ((PROFILES, users), (CREDENTIALS, users), (AUTHORIZATIONS, profiles), (EAUTHORIZATIONS, profiles))
        return sum(
            row.parent not in there
            for table, there in above
            for row in self.box.store.rows(table, f"client = '{CLIENT}'")
        )
