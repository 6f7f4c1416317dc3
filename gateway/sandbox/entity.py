"""What creating, changing and showing have in common for every kind of entity.

Create: extId chosen or generated, checked against the identifier policy, 201 with Location and no body. Change: version compared, the
values merged, the version raised only when something changed. Delete: 204.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from . import problem
from .document import Document, Kind, Shape, check_interval, check_version, given, merged, text
from .endpoint import Answer, Call
from .store import Row
from .table import Table

LONGEST_IDENTIFIER = 129
_PRINTED = re.compile(r"[a-zA-Z0-9./_:(){}\[\]=!~+]+")  # as the documentation prints the class, without - and @
_WIDE = re.compile(r"[^\s\x00-\x1f\x7f]+")


def identifier(_: str, value: Any) -> str:
    """A field kind: an extId. Its policy is checked by `new_ext_id`, which knows the switches."""
    return str(text(longest=1_000_000)(_, value))


EXT_ID: Kind = identifier


def new_ext_id(call: Call, values: Mapping[str, Any]) -> str:
    """The extId asked for, or a generated one; 422 errors.identifierPolicyViolated."""
    ext_id = values.get("extId")
    if ext_id is None:
        return call.box.new_id()
    check_identifier(call, ext_id)
    return str(ext_id)


def check_identifier(call: Call, value: str) -> None:
    pattern = _PRINTED if call.box.switches.identifier_charset == "printed" else _WIDE
    if len(value) > LONGEST_IDENTIFIER or not pattern.fullmatch(value):
        raise problem.identifier_violated(len(value), LONGEST_IDENTIFIER)


def check_free(call: Call, table: Table, kind: str, client: str, ext_id: str) -> None:
    """422 errors.duplicateName when the extId is taken; `kind` as in "user"."""
    if call.box.store.find(table, client, ext_id):
        raise problem.duplicate_name(kind, "extId", ext_id, call.box.switches.duplicate_status)


def check_name(
    call: Call, table: Table, kind: str, client: str, name: str, *, parent: str = "", itself: Row | None = None
) -> None:
    """422 errors.duplicateName when a sibling has the name."""
    found = call.box.store.rows(table, "client = ? AND parent = ? AND name = ?", (client, parent, name))
    if any(itself is None or row.id != itself.id for row in found):
        raise problem.duplicate_name(kind, "name", name, call.box.switches.duplicate_status)


def mandatory(values: Mapping[str, Any], name: str) -> str:
    """A field that must be there: 422 errors.nullParameter."""
    if values.get(name) is None:
        raise problem.rule("nullParameter", f"The parameter '{name}' must not be null or empty.")
    return str(values[name])


def change(call: Call, row: Row, shape: Shape, body: Document) -> tuple[Document, Document]:
    """The values a PATCH sets and the document it makes, after the version check; nothing is written yet."""
    check_ext_id(body, row)
    check_version(body, row.version, call.box.switches)
    rest = {name: value for name, value in body.items() if name not in ("extId", "version")}
    values = given(shape, rest, call.box.switches, updating=True)
    doc = merged(row.doc, values, call.box.switches)
    check_interval(doc.get("validity"))
    return values, doc


def check_ext_id(body: Mapping[str, Any], row: Row) -> None:
    """422 errors.modifyExtId when a body names another extId than the entity has."""
    if body.get("extId") not in (None, row.ext_id):
        raise problem.rule("modifyExtId", "The extId must not be modified.")


def save(call: Call, table: Table, row: Row, doc: Document) -> Row:
    """Writes a changed document; an unchanged one keeps its version."""
    return call.box.store.update(table, row, doc) if doc != row.doc else row


def shown(call: Call, row: Row) -> Document:
    """The DTO, with a field from the future when the switch asks for one."""
    dto = row.dto()
    if call.box.switches.extra_fields:
        dto["fieldOfALaterRelease"] = {"note": "v1 may grow at any time"}
    return dto


def simple_create(
    call: Call, table: Table, shape: Shape, kind: str, client: str, path: Sequence[str], **more: Any
) -> Answer:
    """Creates an entity that has an extId and a mandatory name unique among its siblings."""
    values = given(shape, call.document(), call.box.switches)
    mandatory(values, "name")
    ext_id = new_ext_id(call, values)
    parent = more.pop("parent", "")
    check_free(call, table, kind, client, ext_id)
    check_name(call, table, kind, client, values["name"], parent=parent)
    check_interval(values.get("validity"))
    call.box.store.insert(table, client, ext_id, {**more, **values, "extId": ext_id}, parent=parent)
    return call.created(*path, ext_id)


def simple_update(call: Call, table: Table, row: Row, shape: Shape, kind: str) -> Answer:
    """PATCH of such an entity."""
    _, doc = change(call, row, shape, call.document())
    mandatory(doc, "name")
    check_name(call, table, kind, row.client, doc["name"], parent=row.parent, itself=row)
    return Answer(200, shown(call, save(call, table, row, doc)))
