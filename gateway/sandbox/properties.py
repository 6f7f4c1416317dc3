"""Property values of users, profiles, generic credentials and units: checked against their definitions, merged, shown.

A value is a string; null and "" delete it. Definitions are documents of their own (`definitions.py`); one may belong to a single client.
The refusals and their texts are those of the seeds.
"""

import re
from collections.abc import Mapping
from typing import Any

from . import problem
from .document import Document, values_of_properties
from .endpoint import Answer, Call
from .store import Row, Store
from .table import DEFINITIONS, Table

VALUE_RIGHTS = ("PropertyView", "PropertyValueView", "PropertyAllowedValueView")
WRITE_RIGHTS = ("PropertyValueCreate", "PropertyValueDelete", "PropertyValueModify")


def definition(store: Store, scope: str, client: str, name: str) -> Document | None:
    """The definition of a property for a client: its own one, else the one for all clients."""
    found = store.rows(DEFINITIONS, "client = '' AND scope = ? AND name = ?", (scope, name))
    own = [row.doc for row in found if row.doc.get("clientExtId") == client]
    every = [row.doc for row in found if "clientExtId" not in row.doc]
    return next(iter(own + every), None)


def checked(
    call: Call, scope: str, client: str, owner: str, values: Mapping[str, str | None], before: Mapping[str, str]
) -> dict[str, str]:
    """All values after the change: those before, with each given one checked and put in or, when None, taken out."""
    after = dict(before)
    for name, value in values.items():
        made = definition(call.box.store, scope, client, name)
        if made is None:
            raise problem.no_property(name)
        if before.get(name) == value:
            continue
        access = made.get("accessModify" if name in before else "accessCreate", "READ_WRITE")
        if access != "READ_WRITE":
            raise problem.rule("modifyReadonlyData", f"The property '{name}' is read-only.")
        if value is None:
            after.pop(name, None)
        else:
            _check_value(call, made, value)
            _check_unique(call, made, client, owner, value)
            after[name] = value
    return after


def _check_value(call: Call, made: Document, value: str) -> None:
    name = made["name"]
    if len(value) > made.get("stringMaxLen", call.box.switches.property_max_length):
        raise problem.property_too_long(name)
    if "stringRegex" in made and not re.fullmatch(made["stringRegex"], value):
        raise problem.property_mismatch(name)
    if made["type"] == "ENUM" and value not in made.get("allowedValues", ()):
        raise problem.property_not_allowed(name, value)


def _check_unique(call: Call, made: Document, client: str, owner: str, value: str) -> None:
    scope = made.get("uniquenessScope", "none")
    if scope == "none":
        return
    others = [found for found in call.box.store.owners(made["scope"], made["name"], value) if found != (client, owner)]
    if scope == "inClient":
        others = [found for found in others if found[0] == client]
    if others:
        raise problem.property_not_unique(scope, made["name"], value)


def into(
    call: Call, table: Table, client: str, doc: Document, values: Mapping[str, Any], before: Mapping[str, str]
) -> None:
    """Puts checked values under `properties` of a document about to be written; an empty map is left out."""
    after = checked(call, table.scope_of(doc), client, doc["extId"], values, before)
    doc.pop("properties", None)
    if after:
        doc["properties"] = after


def update(call: Call, table: Table, row: Row) -> Answer:
    """PATCH …/properties: the given ones change, the answer holds all values and their classifications."""
    values = values_of_properties("properties", _without_classifications(call.document()))
    doc = dict(row.doc)
    into(call, table, row.client, doc, values, row.doc.get("properties") or {})
    if doc != row.doc:
        row = call.box.store.update(table, row, doc, quiet=not call.box.switches.properties_raise_version)
    return show(call, table, row)


def show(call: Call, table: Table, row: Row) -> Answer:
    """The PropertiesDTO: every value and, under `_classifications`, what is defined about it."""
    values = row.doc.get("properties") or {}
    classes = {}
    for name in values:
        made = definition(call.box.store, table.scope_of(row.doc), row.client, name) or {}
        if made.get("_classifications"):
            classes[name] = made["_classifications"]
    return Answer(200, {**values, "_classifications": classes})


def _without_classifications(body: Document) -> Document:
    return {name: value for name, value in body.items() if name != "_classifications"}
