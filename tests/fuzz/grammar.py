"""Inputs near to what is valid: filters, PATCH bodies, addresses and documents, made by chance from the schemas and then damaged.

Every input is a function of a seed and its number, so that a run can be taken up where it stopped and a finding made again by itself.
Hypothesis finds smaller examples (`tests/test_any_input.py`); this is for numbers: some ten microseconds an input.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal
from urllib.parse import quote

from gateway.mapping.model import Mappings
from gateway.scim.rights import VERBS
from gateway.scim.schema import Attribute, ResourceType

Kind = Literal["filter", "patch", "path", "document"]
KINDS: tuple[Kind, ...] = ("filter", "patch", "path", "document")
ROOTS = ("/scim/v2", "/admin/v1")
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"
BULK = "urn:ietf:params:scim:api:messages:2.0:BulkRequest"

_CALM = (
    "bjensen", "u-1001", "a", "Anna", "Jensen", "user@example.org", "work", "100", "+41 44 111 22 33", "2025-01-01", "en", "CH", "e",
)  # fmt: skip
_MOMENTS = ("2025-01-01T00:00:00Z", "2025-06-30T12:00:00.123+02:00", "1970-01-01T00:00:00Z", "2025-02-30T00:00:00Z")
_OPS = ("eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le", "EQ", "Co")
_TEXTS = (
    "bjensen", "u-1001", "", " ", "a", "Ä", "ß", "İ", "é\u0301", "\u202e", "\u0000", "\\", '"', "%", "*", "?", "..", "/", "~", "100",
    "2025-01-01", "2025-01-01T00:00:00Z", "9999-12-31T23:59:60.9999999+14:00", "true", "null", "{client}", "${x}", "(", ")",
    'x" or "1" eq "1', "😀", "a" * 300, "\ud83d", "user@example.org", "AND", "extid:*", "&limit=9", "#", "\r\nX: y",
)  # fmt: skip
_NUMBERS = (0, 1, -1, 2**31, -(2**63), 2**64, 10**40, 1.5, -0.0, 1e308, 1e-320)
_TOKENS = (
    b"and", b"or", b"not", b"(", b")", b"[", b"]", b'"', b"\\", b" ", b"  ", b".", b":", b"urn:", b"pr", b"eq", b"null", b"true", b"%00",
    b"%", b"%u0041", b"%2e%2e", b"{", b"}", b",", b"\xff", b"\x00", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"1e999", b"NaN",
    b"$", b"[[[[", b"((((",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Input:
    """One request. `target` is what stands behind the method, `?` and query included, as on the wire (Latin-1 for bytes)."""

    kind: Kind
    method: str
    root: str
    target: str
    body: bytes = b""


class Grammar:
    """Makes inputs about the resource types of some mappings."""

    def __init__(self, mappings: Mappings, ids: Mapping[str, tuple[str, ...]]) -> None:
        self._types = [mapping.type for mapping in mappings.by_name.values()]
        self._paths = {kind.name: _paths(kind) for kind in self._types}
        self._ids = ids
        self._offering = {verb: [kind for kind in self._types if verb in kind.verbs] for verb in sorted(VERBS)}
        self._words = sorted({path for paths in self._paths.values() for path, _ in paths})

    def make(self, seed: int, number: int) -> Input:
        """The input of that number."""
        chance = Random(f"{seed}:{number}")
        kind = KINDS[number % len(KINDS)]
        makers: dict[Kind, Callable[[Random], Input]] = {
            "filter": self._filter,
            "patch": self._patch,
            "path": self._path,
            "document": self._document,
        }
        return makers[kind](chance)

    def _kind(self, chance: Random, verb: str) -> ResourceType:
        """A type, mostly one that offers that; people more often than others."""
        if verb != "act" and chance.random() < 0.25:
            return next(kind for kind in self._types if kind.name == "User")
        return chance.choice(self._offering[verb] if chance.random() < 0.93 else self._types)

    # filters

    def _filter(self, chance: Random) -> Input:
        kind, root = self._kind(chance, "search"), chance.choice(ROOTS)
        text = damaged(
            chance, self._tree(chance, kind, chance.choice((0, 0, 1, 1, 2, 3, 4))).encode("utf-8", "replace"), 0.2
        )
        if chance.random() < 0.2:
            message = {"schemas": [SEARCH], "filter": text.decode("utf-8", "replace"), **self._page(chance, kind)}
            where = chance.choice((f"{kind.endpoint}/.search", "/.search"))
            return Input("filter", "POST", root, where, json.dumps(message).encode())
        page = self._page(chance, kind)
        parts = [
            f"filter={quote(text, safe='')}",
            *(f"{name}={quote(str(value), safe='', errors='replace')}" for name, value in page.items()),
        ]
        return Input("filter", "GET", root, f"{kind.endpoint}?{'&'.join(parts)}")

    def _tree(self, chance: Random, kind: ResourceType, depth: int) -> str:
        roll = chance.random()
        if depth <= 0 or roll < 0.35:
            return self._comparison(chance, kind)
        if roll < 0.75:
            word = chance.choice((" and ", " or ", " AND ", "  or "))
            return word.join(self._tree(chance, kind, depth - 1) for _ in range(chance.randint(2, 3)))
        if roll < 0.87:
            return f"{chance.choice(('', 'not ', 'NOT'))}({self._tree(chance, kind, depth - 1)})"
        path, attribute = chance.choice(self._paths[kind.name])
        inner = list(attribute.subs.values()) if attribute is not None else []
        names = [each.name for each in inner] or ["value", "type"]
        conditions = (f"{chance.choice(names)} {chance.choice(_OPS)} {self._literal(chance)}" for _ in range(2))
        return f"{path}[{chance.choice((' and ', ' or ')).join(conditions)}]"

    def _comparison(self, chance: Random, kind: ResourceType) -> str:
        path = chance.choice(self._paths[kind.name])[0] if chance.random() < 0.9 else chance.choice(self._words)
        if chance.random() < 0.15:
            return f"{path} pr"
        return f"{path} {chance.choice(_OPS)} {self._literal(chance)}"

    def _literal(self, chance: Random) -> str:
        roll = chance.random()
        if roll < 0.75:
            return json.dumps(text(chance), ensure_ascii=chance.random() < 0.5)
        return chance.choice((str(chance.choice(_NUMBERS)), "true", "false", "null", "TRUE"))

    def _page(self, chance: Random, kind: ResourceType) -> dict[str, Any]:
        path = chance.choice(self._paths[kind.name])[0]
        every: dict[str, Any] = {
            "count": chance.choice((*(0, 1, 5) * 4, -1, 10**12, "x", "")),
            "startIndex": chance.choice((*(0, 1, 7) * 4, -3, 10**18, "1e3")),
            "sortBy": path,
            "sortOrder": chance.choice((*("ascending", "descending") * 6, "up")),
            "attributes": f"{path},{chance.choice(self._words)}",
            "excludedAttributes": path,
            "attributeSets": chance.choice((*("all", "always", "default,request") * 4, "?")),
            "cursor": chance.choice(("", "AAAA", text(chance))),
            "limit": chance.choice((1, 0, "x")),
        }
        chosen = chance.sample(list(every), chance.choice((0, 0, 0, 1, 1, 2, 3)))
        return {name: every[name] for name in chosen}

    # changes

    def _patch(self, chance: Random) -> Input:
        kind, root = self._kind(chance, "modify"), chance.choice(ROOTS)
        operations = [self._edit(chance, kind) for _ in range(chance.choice((1,) * 12 + (2,) * 8 + (3, 5, 0)))]
        message: Any = {"schemas": [PATCH_OP], "Operations": operations}
        if chance.random() < 0.08:
            message = {**message, chance.choice(("Operations", "schemas", "x")): value(chance, 2)}
        body = damaged(chance, _dumped(chance, message), 0.12)
        return Input("patch", "PATCH", root, f"{kind.endpoint}/{self._id(chance, kind)}", body)

    def _edit(self, chance: Random, kind: ResourceType) -> dict[str, Any]:
        path, attribute = chance.choice(self._paths[kind.name])
        edit: dict[str, Any] = {
            "op": chance.choice(("add", "replace", "remove") * 10 + ("Add", "REPLACE", "move", None))
        }
        roll = chance.random()
        if roll < 0.2:
            edit["value"] = self._resource(chance, kind, whole=False)
            return edit
        if roll < 0.4:
            path = f"{path}[{chance.choice(('value', 'type', 'x'))} {chance.choice(_OPS)} {self._literal(chance)}]"
            path += chance.choice(("", ".value", ".type", f".{text(chance)}"))
        edit["path"] = damaged(chance, path.encode("utf-8", "surrogatepass"), 0.1).decode("utf-8", "replace")
        if edit["op"] != "remove" or chance.random() < 0.3:
            edit["value"] = self._value(chance, attribute, 2)
        return edit

    # documents

    def _document(self, chance: Random) -> Input:
        root, verb = chance.choice(ROOTS), chance.choice(("create", "create", "replace", "act"))
        kind = self._kind(chance, verb)
        roll = chance.random()
        if roll < 0.1:
            body = _dumped(chance, self._bulk(chance))
            return Input("document", "POST", root, "/Bulk", damaged(chance, body, 0.2))
        document = self._resource(chance, kind) if roll < 0.9 else value(chance, 4)
        body = damaged(chance, _dumped(chance, document), 0.15)
        if chance.random() < 0.02:
            body = b"[" * chance.choice((50, 5000)) + body
        if verb != "replace":
            return Input("document", "POST", root, kind.endpoint, body)
        return Input("document", "PUT", root, f"{kind.endpoint}/{self._id(chance, kind)}", body)

    def _bulk(self, chance: Random) -> dict[str, Any]:
        operations = []
        for number in range(chance.randint(0, 3)):
            kind = self._kind(chance, chance.choice(("create", "modify", "delete")))
            where = chance.choice(
                (kind.endpoint, f"{kind.endpoint}/{self._id(chance, kind)}", f"/bulkId:{number}", text(chance))
            )
            operations.append(
                {
                    "method": chance.choice(("POST", "PUT", "PATCH", "DELETE", "GET", "")),
                    "path": where,
                    "bulkId": chance.choice(("a", f"b{number}", "", 7)),
                    "data": self._resource(chance, kind) if chance.random() < 0.8 else value(chance, 2),
                }
            )
        return {"schemas": [BULK], "Operations": operations, "failOnErrors": chance.choice((None, 1, 0, -1, "x"))}

    def _resource(self, chance: Random, kind: ResourceType, *, whole: bool = True) -> dict[str, Any]:
        """A document; `whole`: mostly with what is required, and mostly without what clients do not write."""
        found: dict[str, Any] = {"schemas": [kind.schema]} if whole and chance.random() < 0.95 else {}
        tables = [("", kind.core), *kind.extensions.items()]
        for urn, table in tables:
            if urn and chance.random() < 0.6:
                continue
            target = found.setdefault(urn, {}) if urn else found
            names = [each for each in table.values() if each.mutability != "readOnly" or chance.random() < 0.05]
            chosen = chance.sample(names, min(len(names), chance.choice((0, 1, 1, 2, 3, 6))))
            chosen += [each for each in table.values() if whole and each.required and chance.random() < 0.95]
            for attribute in chosen:
                name = attribute.name.upper() if chance.random() < 0.05 else attribute.name
                target[name] = self._value(chance, attribute, 3)
            if urn and "schemas" in found:
                found["schemas"] = [kind.schema, urn]
        if chance.random() < 0.03:
            found[text(chance)] = value(chance, 3)
        return found

    def _value(self, chance: Random, attribute: Attribute | None, depth: int) -> Any:
        """Often of the attribute's type, sometimes of any."""
        if attribute is None or chance.random() < 0.04:
            return value(chance, depth)
        if attribute.multi_valued and chance.random() < 0.9:
            return [self._single(chance, attribute, depth) for _ in range(chance.choice((0, 1, 1, 2, 3)))]
        return self._single(chance, attribute, depth)

    def _single(self, chance: Random, attribute: Attribute, depth: int) -> Any:
        if attribute.subs:
            subs = [each for each in attribute.subs.values() if each.mutability != "readOnly" or chance.random() < 0.05]
            chosen = chance.sample(subs, min(len(subs), chance.randint(1, 3)))
            chosen += [each for each in subs if each.required and chance.random() < 0.95]
            return {each.name: self._value(chance, each, depth - 1) for each in chosen}
        if attribute.open:
            return {text(chance): text(chance) for _ in range(chance.randint(0, 3))}
        if attribute.type == "boolean":
            return chance.choice((True, False, "true"))
        if attribute.type in ("integer", "decimal"):
            return chance.choice(_NUMBERS)
        if attribute.type == "dateTime" and chance.random() < 0.9:
            return chance.choice(_MOMENTS)
        if attribute.canonical and chance.random() < 0.9:
            return chance.choice(attribute.canonical)
        if attribute.name in ("value", "id", "$ref") and chance.random() < 0.5:
            return chance.choice([each for ids in self._ids.values() for each in ids] or _CALM)
        return text(chance)

    # addresses

    def _path(self, chance: Random) -> Input:
        kind, root = self._kind(chance, chance.choice(("get", "get", "delete"))), chance.choice(ROOTS)
        known = (
            kind.endpoint.strip("/"),
            "Schemas",
            "ResourceTypes",
            "ServiceProviderConfig",
            "Bulk",
            ".search",
            "Me",
            kind.schema,
            "x",
        )
        segments = [
            chance.choice(known) if chance.random() < 0.8 else text(chance) for _ in range(chance.choice((0, 1, 2)))
        ]
        if chance.random() < 0.7:
            segments = [known[0]]
        if chance.random() < 0.8:
            segments.append(self._id(chance, kind))
        joined = "/".join(quote(each, safe=chance.choice(("", "~:", "/.%~")), errors="replace") for each in segments)
        raw = damaged(chance, f"/{joined}".encode(), 0.25)
        query = "&".join(
            f"{name}={quote(str(said), safe='', errors='replace')}" for name, said in self._page(chance, kind).items()
        )
        target = raw.replace(b"?", b"%3F").replace(b" ", b"%20").replace(b"#", b"%23").decode("latin-1")
        method = chance.choice(
            ("GET", "GET", "GET", "GET", "HEAD", "DELETE", "PUT", "PATCH", "POST", "OPTIONS", "TRACE")
        )
        return Input("path", method, root, f"{target}?{query}" if query else target, b"{}" if method[0] == "P" else b"")

    def _id(self, chance: Random, kind: ResourceType) -> str:
        roll = chance.random()
        if roll < 0.8 and self._ids.get(kind.name):
            return quote(chance.choice(self._ids[kind.name]), safe="~", errors="replace")
        return quote(text(chance), safe="~", errors="replace") or "x"


def _paths(kind: ResourceType) -> list[tuple[str, Attribute | None]]:
    """What a filter or an edit may name in a type, sub-attributes and full names included."""
    found: list[tuple[str, Attribute | None]] = [("id", None), ("meta.created", None), ("schemas", None)]
    for urn, table in (("", kind.core), *kind.extensions.items()):
        for attribute in table.values():
            name = f"{urn}:{attribute.name}" if urn else attribute.name
            found.append((name, attribute))
            found += [(f"{name}.{sub.name}", sub) for sub in attribute.subs.values()]
            found += [(f"{name}.some", None)] if attribute.open else []
    return found


def text(chance: Random) -> str:
    """A text that somebody may send."""
    roll = chance.random()
    if roll < 0.7:
        return chance.choice(_CALM)
    if roll < 0.9:
        return chance.choice(_TEXTS)
    return "".join(
        chr(chance.choice((chance.randint(32, 126), chance.randint(0, 0xD7FF)))) for _ in range(chance.randint(0, 12))
    )


def value(chance: Random, depth: int) -> Any:
    """Any JSON."""
    roll = chance.random()
    if depth <= 0 or roll < 0.5:
        return chance.choice((None, True, False, text(chance), chance.choice(_NUMBERS), [], {}))
    if roll < 0.75:
        return [value(chance, depth - 1) for _ in range(chance.randint(0, 3))]
    return {text(chance): value(chance, depth - 1) for _ in range(chance.randint(0, 3))}


def _dumped(chance: Random, document: Any) -> bytes:
    return json.dumps(document, ensure_ascii=chance.random() < 0.7).encode("utf-8", "surrogatepass")


def damaged(chance: Random, data: bytes, share: float) -> bytes:
    """The same, or with a few bytes flipped, cut, doubled or put in: a share of the inputs."""
    if chance.random() >= share:
        return data
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        place = chance.randint(0, len(data))
        roll = chance.random()
        if roll < 0.35:
            data = data[:place] + chance.choice(_TOKENS) + data[place:]
        elif roll < 0.55:
            data = data[:place] + data[place + chance.randint(1, 4) :]
        elif roll < 0.7:
            data = data[:place] + bytes((chance.randint(0, 255),)) + data[place + 1 :]
        elif roll < 0.85:
            end = place + chance.randint(1, 20)
            data = data[:end] + data[place:end] + data[end:]
        else:
            data = data[:place]
    return data
