"""From the model of a file to the compiled mapping: names resolved, templates and calls parsed, the schema derived.

Whatever cannot be resolved becomes a finding, and compiling goes on, so that one run shows all that is wrong with a file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Map

from gateway.mapping.alias import read_attr
from gateway.mapping.compile.action import action_of, copied_lists
from gateway.mapping.compile.attributes import Shape, attributes_of
from gateway.mapping.compile.errors import rows_of
from gateway.mapping.compile.notes import Notes
from gateway.mapping.compile.records import operations_of, records_of
from gateway.mapping.compile.search import search_of
from gateway.mapping.compile.writing import Writing
from gateway.mapping.file import MappingFile
from gateway.mapping.model import Mapping, Search, SelfService, Step
from gateway.mapping.record import Record
from gateway.mapping.schema import with_common
from gateway.scim.schema import OwnAddress, ResourceType
from gateway.scim.tree import Attr

__all__ = ["Notes", "compile_file", "rows_of"]

_ENDPOINT = re.compile(r"(?:(GET|POST|PUT|PATCH|DELETE) )?(/[A-Za-z][\w.-]*)(?:/\{id\})?")
_OPERATION_OF = {"GET": "get", "POST": "create", "PUT": "replace", "PATCH": "modify", "DELETE": "delete"}


def compile_file(spec: MappingFile, known: Map[str, Mapping], notes: Notes) -> Mapping:
    """The mapping that a file says; what is wrong goes into `notes`. `known`: the mappings that an action's steps may search."""
    records = records_of(spec, notes)
    operations = operations_of(spec, notes)
    search = search_of(spec, notes)
    identity = notes.template(spec.id, "id") if spec.id is not None else None
    writing = Writing(records, operations, frozenset(identity.holes if identity is not None else ()), _lists(spec))
    shape = attributes_of(spec, writing, copied_lists(spec, known), notes)
    return Mapping(
        spec.resource,
        _type(spec, shape, records, operations, search, notes),
        notes.place("resource"),
        spec.description,
        identity,
        dict(spec.extensions or {}),
        records,
        shape.leaves,
        shape.slots,
        shape.each,
        search,
        operations,
        _self_service(spec, notes),
        action_of(spec, known, notes),
        rows_of(spec.errors, notes),
        _required(shape),
        id_place=notes.place("id") if spec.id is not None else None,
        group=(spec.limits.group if spec.limits else None) or "others",
    )


def _lists(spec: MappingFile) -> frozenset[str]:
    """The records that `each` attributes show."""
    said = [each.each for each in spec.attributes.values() if each.each is not None]
    return frozenset(name for each in said for name in ([each] if isinstance(each, str) else each))


def _type(
    spec: MappingFile,
    shape: Shape,
    records: Map[str, Record],
    operations: Map[str, tuple[Step, ...]],
    search: Search | None,
    notes: Notes,
) -> ResourceType:
    verb, endpoint = None, spec.endpoint
    found = _ENDPOINT.fullmatch(spec.endpoint)
    if found is None:
        notes.error(
            "M103",
            ("endpoint",),
            f'"{spec.endpoint}" is no address',
            "write one such as /Users or POST /PasswordAuthenticator",
        )
    else:
        verb, endpoint = found[1], found[2]
    core = with_common(shape.tables.pop(None), has_id=spec.id is not None, action=spec.steps is not None)
    extensions = {urn: table for urn, table in shape.tables.items() if urn is not None}
    verbs = _verbs(spec, records, operations, search, verb)
    required = frozenset(urn for urn, table in extensions.items() if any(each.required for each in table.values()))
    own = _own_address(spec, verbs)
    alone = bool(spec.search and spec.search.alone)
    return ResourceType(
        *(spec.resource, endpoint, spec.schema_, spec.description, core, extensions, verbs, required, own),
        alone=alone,
        match=_match(spec, notes),
    )


def _match(spec: MappingFile, notes: Notes) -> tuple[Attr, ...]:
    """The attributes by which a POST may look first."""
    found = []
    for index, name in enumerate(spec.match or ()):
        attr = read_attr(name, spec.extensions or {})
        if attr is None or attr.sub is not None or name not in spec.attributes:
            cure = "name one that is there whole: an attribute without sub-attributes, or a list"
            notes.error("M301", ("match", index), f'"{name}" is no attribute of this file', cure)
        else:
            found.append(attr)
    return tuple(found)


def _own_address(spec: MappingFile, verbs: frozenset[str]) -> OwnAddress | None:
    """The address `self.at`. Where the id is the caller, one resource stands there, so nothing needs to be listed or created."""
    if spec.self_ is None or spec.self_.at is None:
        return None
    single = spec.self_.is_ == "id"
    allowed = {"search" if verb == "list" else verb for verb in spec.self_.allow}
    return OwnAddress(spec.self_.at, single, verbs & allowed - ({"search", "create"} if single else set()))


def _verbs(
    spec: MappingFile,
    records: Map[str, Record],
    operations: Map[str, tuple[Step, ...]],
    search: Search | None,
    verb: str | None,
) -> frozenset[str]:
    """An action acts, by PUT on an id or by POST. A verb before the endpoint is the only one; else what id, search and operations allow."""
    if spec.steps is not None:
        return frozenset({"act", "replace"} if verb == "PUT" else {"act"})
    offered = set(operations)
    first = next(iter(records.values()), None)
    if spec.id is not None and first is not None and first.readable:
        offered.add("get")
    if search is not None:
        offered.add("search")
    return frozenset(offered & {_OPERATION_OF[verb]} if verb else offered)


def _self_service(spec: MappingFile, notes: Notes) -> SelfService | None:
    if spec.self_ is None:
        return None
    attr = read_attr(spec.self_.is_, spec.extensions or {})
    if attr is None or (attr != Attr("id") and spec.self_.is_ not in spec.attributes):
        notes.error(
            "M301",
            ("self", "is"),
            f'"{spec.self_.is_}" is no attribute of this file',
            "name the one that is the caller's extId",
        )
        attr = Attr("id")
    return SelfService(attr, spec.self_.at, frozenset(spec.self_.allow))


def _required(shape: Shape) -> frozenset[Attr]:
    """Every required attribute that a client must send: tops, and sub-attributes of singular ones."""
    leaves = {attr for attr, leaf in shape.leaves.items() if leaf.schema.required}
    slots = {group.attr for group in shape.slots.values() if group.schema.required}
    return frozenset(leaves | slots | {group.attr for group in shape.each.values() if group.schema.required})
