"""Reads the operations of a PATCH (RFC 7644 section 3.5.2): every path bound, every value checked, before anything is read or written.

Path-less operations and whole extensions come out as one edit per attribute, which is what the RFC says they mean; so `scim/patch.py`
applies one kind of thing. Values are canonical (see `scim/value.py`): an array for multi-valued targets, null for "take it away".
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from gateway.errors import BadRequest
from gateway.scim.binding import bind_path
from gateway.scim.dialect import Dialect
from gateway.scim.filter import parse_path
from gateway.scim.finish import is_echo, server_made
from gateway.scim.intake import check_message, entries, find, known_urns, member, unknown
from gateway.scim.request import Edit, Json, Resource
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr, Path
from gateway.scim.value import Reading, fitting_sub, read_single, read_value, read_values, wrong

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
MOST = 1000
"""Operations in one request."""

_Op = Literal["add", "remove", "replace"]
_OPS: dict[str, _Op] = {"add": "add", "remove": "remove", "replace": "replace"}


def read_edits(body: Resource, kind: ResourceType, dialect: Dialect) -> tuple[Edit, ...]:
    """The edits of a PatchOp, in order.

    Raises GW101 (no PatchOp, an unknown op, a missing or forbidden value), GW103 (too many), GW108 (path), GW109 (remove without
    path), GW110 (a common attribute that only the server writes), GW111 (value), GW119 (unknown attribute in a path-less value).
    """
    check_message(body, PATCH_OP, "PatchOp")
    operations = member(body, "Operations")
    if not isinstance(operations, list) or not operations:
        raise BadRequest("GW101", "A PatchOp needs Operations, an array with at least one operation.")
    if len(operations) > MOST:
        raise BadRequest("GW103", f"The PatchOp has {len(operations)} operations; {MOST} are allowed.")
    reader = _Reader(kind, dialect)
    try:
        return tuple(edit for number, operation in enumerate(operations, 1) for edit in reader.edits(operation, number))
    except BadRequest as error:
        if error.code.code != "GW119":
            raise
        # RFC 7644 table 9 knows invalidSyntax for POST and PUT only; here it is a value that does not suit
        raise BadRequest("GW119", error.detail, scim_type="invalidValue") from None


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads operations on one type in one dialect."""

    kind: ResourceType
    dialect: Dialect

    def edits(self, operation: Json, number: int) -> Iterator[Edit]:
        """The edits that one operation means."""
        if not isinstance(operation, dict):
            raise BadRequest("GW101", f"Operation {number} must be an object.")
        op = self._op(operation, number)
        raw = member(operation, "value")
        if op != "remove" and raw is None and not any(key.lower() == "value" for key in operation):
            raise BadRequest("GW101", f"Operation {number} ({op}) has no value; give it one.")
        text = member(operation, "path")
        if text is not None and not isinstance(text, str):
            raise BadRequest("GW108", f"The path of operation {number} must be a string.")
        text = (text or "").strip()
        urn = self.kind.urn(text) if text else ""
        if op == "remove" and not text:
            raise BadRequest("GW109", f"Operation {number} (remove) has no path; say what to remove.")
        if urn is None:
            yield from self._at(op, text, raw)
        elif op == "remove":
            yield self._remove_all(urn)
        else:
            yield from self._members(op, raw, urn, number)

    def _op(self, operation: Resource, number: int) -> _Op:
        op = member(operation, "op")
        known = _OPS.get(op.strip().lower()) if isinstance(op, str) else None
        if known is None:
            raise BadRequest("GW101", f"The op of operation {number} must be add, remove or replace.")
        return known

    def _remove_all(self, urn: str) -> Edit:
        if not urn:
            raise BadRequest("GW108", "The path names the whole resource; use DELETE.")
        return Edit("remove", Path(Attr("", urn=urn)))

    def _members(self, op: _Op, raw: Json, urn: str, number: int) -> Iterator[Edit]:
        """An object of attributes: of the whole resource, or of an extension."""
        if not isinstance(raw, dict):
            raise BadRequest("GW101", f"The value of operation {number} must be an object of attributes.")
        if not urn:
            self._check_schemas(member(raw, "schemas"))
        for own, key, inner in entries({urn: raw} if urn else raw, self.kind):
            path = self._key(key, own)
            if path is None and inner is not None and (own or not server_made(key, self.dialect)):
                raise unknown(key, self.kind)
            if path is not None and not self._ignored(path):
                yield self._edit(op, path, inner)

    def _check_schemas(self, raw: Json) -> None:
        """Saying what follows from the content anyway says nothing; a URN that the type does not have is a mistake."""
        if raw is not None:
            known_urns(raw if isinstance(raw, list) else [raw], self.kind)

    def _key(self, key: str, urn: str | None) -> Path | None:
        """What a key of a path-less value names. Entra ID sends whole paths as keys."""
        if "[" in key and not urn and "dotted_keys" in self.dialect.leniencies:
            return bind_path(parse_path(key), self.kind, self.dialect.leniencies)
        found = find(key, self.kind, self.dialect.leniencies, urn)
        return None if found is None else Path(found[0])

    def _ignored(self, path: Path) -> bool:
        """A readOnly attribute among others: what a read showed may be stale; the rest is compared, so that only a change is refused."""
        ignores = "read_only_in_patch" in self.dialect.leniencies or is_echo(path.attr, self.dialect)
        return ignores and self._read_only(path)

    def _read_only(self, path: Path) -> bool:
        return any(each.mutability == "readOnly" for each in self._targets(path))

    def _at(self, op: _Op, text: str, raw: Json) -> Iterator[Edit]:
        """An operation with a path. `schemas` follows the content, so adding to it says nothing."""
        parsed = parse_path(text)
        top = Attr(parsed.attr.name, urn=parsed.attr.urn)
        common = server_made(top.name, self.dialect) if not top.urn or self.kind.urn(top.urn) == "" else None
        if common == "schemas" and op != "remove":
            self._check_schemas(raw)
            return
        if common and (self.kind.attribute(top) is None or common == "schemas"):
            raise read_only(common)
        path = bind_path(parsed, self.kind, self.dialect.leniencies)
        if self._read_only(path):
            raise read_only(_label(path))
        if op == "remove" and raw is not None and "remove_by_value" not in self.dialect.leniencies:
            raise BadRequest("GW101", "A remove operation takes no value; select values by a filter in its path.")
        yield self._edit(op, path, raw)

    def _edit(self, op: _Op, path: Path, raw: Json) -> Edit:
        targets = self._targets(path)
        label, how = _label(path), Reading.of(self.dialect)
        if raw is None:
            return Edit(op, path)
        if self._read_only(path):  # among others, in a path-less value: only ever compared
            return Edit(op, path, read_value(raw, replace(targets[-1], mutability="readOnly"), label, how))
        if path.filter is not None and path.tail is None:
            return Edit(op, path, self._selected(op, raw, targets[0], label, how))
        target = targets[0] if len(targets) == 1 else fitting_sub(targets[0], targets[1], raw)
        return Edit(op, path, _whole(raw, target, label, how))

    def _selected(self, op: _Op, raw: Json, attribute: Attribute, label: str, how: Reading) -> Json:
        """What shall take the place of the values that a filter selects: one value, or an array of other than one."""
        if not isinstance(raw, list):
            value = read_single(raw, attribute, label, how)
            return value if op != "remove" else [value]
        if op != "remove" and "array_on_filtered_replace" not in self.dialect.leniencies:
            raise wrong(label, "one value, not an array, where the path selects values by a filter")
        values = read_values(raw, attribute, label, how)
        return values[0] if len(values) == 1 and op != "remove" else values

    def _targets(self, path: Path) -> list[Attribute]:
        """The attribute of a path and, if it names one, the sub-attribute."""
        whole = self.kind.attribute(Attr(path.attr.name, urn=path.attr.urn))
        named = path.tail or path.attr.sub
        sub = whole.sub(named) if whole is not None and named is not None else None
        return [each for each in (whole, sub) if each is not None]


def read_only(name: str) -> BadRequest:
    """GW110 for an attribute that only the server writes."""
    return BadRequest("GW110", f"{name} is readOnly and cannot be changed.")


def _label(path: Path) -> str:
    return str(path.attr if path.tail is None else Attr(path.attr.name, path.tail, path.attr.urn))


def _whole(raw: Json, attribute: Attribute, label: str, how: Reading) -> Json:
    """A target's whole value. `{}` for a complex one names no sub-attribute, which is something else than null."""
    if attribute.multi_valued:
        return read_values(raw if isinstance(raw, list) else [raw], attribute, label, how)
    value = read_value(raw, attribute, label, replace(how, keep_null=True))
    return {} if value is None and isinstance(raw, dict) else value
