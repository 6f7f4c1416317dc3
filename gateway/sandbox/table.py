"""The tables behind the sandbox, as data: which columns a document is found by and which indexes make that quick.

Every table has the same head (client, parent, ext_id, version, created, modified) and the document as JSON text. `search` columns are
taken out of the document on each write; the `_l` ones are lower case in Python's sense, because SQLite only knows ASCII. Lists page on
(created, ext_id), so each index that serves an equality ends in these two and needs no sorting.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

Column = str | int | None
Extract = Callable[[Mapping[str, Any]], Column]

ORDER = ("created", "ext_id")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """`counted` names the search column the totals are kept by; `scope` the property scope its documents carry values of
    (`scopes` by their `_type`, where that is another one); `partial`
    indexes hold only the rows of their condition, which a statement must then spell out."""

    name: str
    search: Mapping[str, Extract] = field(default_factory=dict)
    unique: Sequence[tuple[str, ...]] = ()
    indexes: Sequence[tuple[str, ...]] = ()
    partial: Mapping[str, Sequence[tuple[str, ...]]] = field(default_factory=dict)
    below: bool = True  # whether documents lie under a parent
    counted: str | None = None
    scope: str | None = None
    scopes: Mapping[str, str] = field(default_factory=dict)

    def scope_of(self, doc: Mapping[str, Any]) -> str:
        """The property scope of a document; "" if it has none."""
        return self.scopes.get(doc.get("_type", ""), self.scope or "")

    @property
    def columns(self) -> tuple[str, ...]:
        return ("client", "parent", "ext_id", "version", "created", "modified", "doc", *self.search)

    def ddl(self) -> list[str]:
        """The statements that make the table, its indexes and its counters."""
        search = "".join(f", {name}" for name in self.search)
        made = [
            f"CREATE TABLE IF NOT EXISTS {self.name} (id INTEGER PRIMARY KEY, client TEXT NOT NULL, parent TEXT NOT NULL,"
            " ext_id TEXT NOT NULL, version INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,"
            f" doc TEXT NOT NULL{search})"
        ]
        for columns in (("client", "ext_id"), *self.unique):
            made.append(self._index("UNIQUE INDEX", columns))
        below = [("client", "parent", *ORDER)] if self.below else []
        for columns in (("client", *ORDER), *below, *self.indexes):
            made.append(self._index("INDEX", columns))
        for number, (only, indexes) in enumerate(self.partial.items(), 1):
            made += [self._index("INDEX", columns, only, number) for columns in indexes]
        return made + (_counters(self.name, self.counted) if self.counted else [])

    def insert(self) -> str:
        """The INSERT that takes what `values` gives."""
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.name} ({', '.join(self.columns)}) VALUES ({marks})"  # noqa: S608

    def values(self, client: str, parent: str, ext_id: str, created: int, doc: Mapping[str, Any]) -> tuple[Column, ...]:
        """The columns of a new document, with version 1."""
        return (client, parent, ext_id, 1, created, created, dump(doc), *(take(doc) for take in self.search.values()))

    def _index(self, kind: str, columns: tuple[str, ...], only: str = "", number: int = 1) -> str:
        name = "_".join((self.name, *columns, *(["only" if number == 1 else f"only{number}"] if only else [])))
        where = f" WHERE {only}" if only else ""
        return f"CREATE {kind} IF NOT EXISTS {name} ON {self.name} ({', '.join(columns)}){where}"


def _counters(table: str, column: str) -> list[str]:
    """Triggers that keep `counts` true, so that an unfiltered total costs nothing."""
    add = (  # the names are this module's own
        f"INSERT INTO counts VALUES ('{table}', NEW.client, NEW.{column}, 1)"  # noqa: S608
        " ON CONFLICT (tab, client, kind) DO UPDATE SET n = n + 1;"
    )
    drop = f"UPDATE counts SET n = n - 1 WHERE tab = '{table}' AND client = OLD.client AND kind = OLD.{column};"  # noqa: S608
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_added AFTER INSERT ON {table} BEGIN {add} END",
        f"CREATE TRIGGER IF NOT EXISTS {table}_dropped AFTER DELETE ON {table} BEGIN {drop} END",
        f"CREATE TRIGGER IF NOT EXISTS {table}_moved AFTER UPDATE OF {column} ON {table}"
        f" WHEN OLD.{column} IS NOT NEW.{column} BEGIN {drop} {add} END",
    ]


def dump(doc: Mapping[str, Any]) -> str:
    """A document as it is stored."""
    return orjson.dumps(doc).decode()


def text_at(*path: str) -> Extract:
    """The text at a path of the document, None where it has none."""

    def extract(doc: Mapping[str, Any]) -> Column:
        found: Any = doc
        for name in path:
            found = found.get(name) if type(found) is dict else None
        return found if type(found) is str else None

    return extract


def lower_at(*path: str) -> Extract:
    """The same in lower case."""
    take = text_at(*path)

    def extract(doc: Mapping[str, Any]) -> Column:
        found = take(doc)
        return found.lower() if isinstance(found, str) else None

    return extract


def _found_by(*columns: str) -> tuple[tuple[str, ...], ...]:
    return tuple(("client", column, *ORDER) for column in columns)


IS_GENERIC = "type = 'Generic'"  # these two are listed over all users of a client
IS_FIDO2 = "type = 'Fido2'"

CLIENTS = Table("clients", {"name": text_at("name")})
USERS = Table(
    "users",
    {
        "ext_id_l": lower_at("extId"),
        "login_id": text_at("loginId"),
        "login_id_l": lower_at("loginId"),
        "email": text_at("contacts", "email"),
        "email_l": lower_at("contacts", "email"),
        "family_name": text_at("name", "familyName"),
        "family_name_l": lower_at("name", "familyName"),
        "first_name": text_at("name", "firstName"),
        "first_name_l": lower_at("name", "firstName"),
        "mobile": text_at("contacts", "mobile"),
        "state": text_at("userState"),
    },
    unique=(("client", "login_id"),),
    indexes=(
        *_found_by("ext_id_l", "login_id_l", "email", "email_l", "family_name", "family_name_l"),
        *_found_by("first_name", "first_name_l", "mobile", "state"),
        ("client", "modified", *ORDER),
    ),
    below=False,
    counted="state",
    scope="USER_GLOBAL",
)
PROFILES = Table(
    "profiles",
    {"unit": text_at("unitExtId"), "state": text_at("profileState")},
    indexes=_found_by("unit"),
    scope="PROFILE_GLOBAL",
)
CREDENTIALS = Table(
    "credentials",
    {
        "type": text_at("_type"),
        "ext_id_l": lower_at("extId"),
        "identification": text_at("identification"),
        "identification_l": lower_at("identification"),
        "state": text_at("stateName"),
        "policy": text_at("policyExtId"),
    },
    partial={
        IS_GENERIC: (
            ("client", *ORDER),
            ("client", "ext_id"),
            *_found_by("ext_id_l", "identification", "identification_l", "state", "modified", "policy"),
            ("client", "parent", *ORDER),
        ),
        IS_FIDO2: (("client", *ORDER), ("client", "ext_id"), *_found_by("state")),
    },
    counted="type",
    scope="CREDENTIAL_GENERIC_GLOBAL",
    scopes={"CertInfo": "CREDENTIAL_CERTIFICATE_GLOBAL"},
)
UNITS = Table("units", {"name": text_at("name")}, scope="UNIT_GLOBAL")
APPLICATIONS = Table("applications", {"name": text_at("name")})
ROLES = Table("roles", {"name": text_at("name")})
EROLES = Table("eroles", {"name": text_at("name")})
AUTHORIZATIONS = Table("authorizations", {"role": text_at("roleExtId")}, indexes=_found_by("role"))
EAUTHORIZATIONS = Table("eauthorizations", {"erole": text_at("enterpriseRoleExtId")}, indexes=_found_by("erole"))
TERMS = Table("terms")
CONSENTS = Table("consents", {"terms": text_at("termsExtId")})
POLICIES = Table("policies", {"type": text_at("policyType")}, indexes=_found_by("type"))
DEFINITIONS = Table(
    "property_definitions", {"scope": text_at("scope"), "name": text_at("name")}, indexes=_found_by("scope")
)

TABLES = (
    CLIENTS,
    USERS,
    PROFILES,
    CREDENTIALS,
    UNITS,
    APPLICATIONS,
    ROLES,
    EROLES,
    AUTHORIZATIONS,
    EAUTHORIZATIONS,
    POLICIES,
    DEFINITIONS,
    TERMS,
    CONSENTS,
)
COUNTS = "CREATE TABLE IF NOT EXISTS counts (tab TEXT, client TEXT, kind TEXT, n INTEGER, PRIMARY KEY (tab, client, kind)) WITHOUT ROWID"
VALUES = (
    "CREATE TABLE IF NOT EXISTS property_values (scope TEXT, name TEXT, value TEXT, client TEXT, owner TEXT,"
    " PRIMARY KEY (scope, name, value, client, owner)) WITHOUT ROWID"
)
