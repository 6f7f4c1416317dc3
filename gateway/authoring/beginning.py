"""`new`: a mapping to start from, made of what the catalogue knows about one of nevisIDM's collections, with tests that pass.

Everything that nevisIDM shows is mapped under its own name, so that the author renames and removes rather than looks up. What lint has
doubts about is left out, and the expectations of the tests are those that come out: a start is right, if plain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.authoring.accepting import accepted
from gateway.authoring.collection import Collection, collections
from gateway.authoring.editor_schema import modeline
from gateway.authoring.fixing import fixed
from gateway.errors import ConfigError
from gateway.mapping.finding import did_you_mean
from gateway.mapping.spelled import flow
from gateway.nevisidm import catalogue
from gateway.plan.harness import SUFFIX

Json = Any
_ROUNDS = 30
_SECRET = re.compile(r"password|secret|pin$|puk|codes?$|ticket$|otp|uri$|link$|answers?", re.IGNORECASE)
_FLAG = re.compile(r"^(is[A-Z]\w*|\w+Global|profileless|displayed|predefined)$")
_NUMBER = re.compile(r"(Count|Length|Order)$")
_DATE = re.compile(r"(^|\.)(created|lastModified|from|to|\w+Date)$")


@dataclass(frozen=True, slots=True)
class Beginning:
    """The texts of a new mapping and of its tests, by their names; what of nevisIDM's record was left out."""

    texts: dict[str, str]
    left_out: tuple[str, ...]


def begin(directory: Path, resource: str, word: str) -> Beginning:
    """A mapping of that collection, clean beside what stands in the folder. Nothing is written.

    Raises ConfigError GW002 for a name that is no type's, a collection that nevisIDM does not have, or one that needs a mapping which
    the folder lacks.
    """
    if not re.fullmatch(r"[A-Z]\w*", resource):
        raise ConfigError(f'"{resource}" is no name of a type, write one such as Room', code="GW002")
    known = collections()
    if word not in known:
        cure = did_you_mean(word, known, f"there are {', '.join(known)}")
        raise ConfigError(f'there is no collection "{word}" to begin with, {cure}', code="GW002")
    draft = _Draft(resource, known[word])
    text = _clean(directory, draft)
    name = f"{resource}{SUFFIX}"
    tests = _passing(directory, {f"{resource}.yaml": text, name: draft.tests(text)})
    shown = {field for field in draft.collection.fields if f"{draft.name}.{field}" in text}
    left = [each for each in draft.collection.fields if each not in shown and each not in draft.silent]
    return Beginning({f"{resource}.yaml": text, name: tests}, tuple(left))


def _clean(directory: Path, draft: _Draft) -> str:
    """The draft without the lines that lint has something against. Raises ConfigError where that is more than attributes."""
    name = f"{draft.resource}.yaml"
    text = draft.text()
    for _ in range(_ROUNDS):
        done = fixed(directory, {name: text})
        text = done.texts.get(name, text)
        wrong = [each for each in done.left if each.place.file == f"{directory.name}/{name}" and each.level != "notice"]
        if not wrong:
            return text
        lines = text.splitlines(keepends=True)
        doubtful = {each.place.line - 1 for each in wrong if _attribute(lines[each.place.line - 1])}
        if not doubtful:
            raise ConfigError(*map(str, wrong), code="GW002")
        text = "".join(line for number, line in enumerate(lines) if number not in doubtful)
    return text


def _attribute(line: str) -> bool:
    return "{ idm: " in line and line.startswith("  ")


def _passing(directory: Path, texts: dict[str, str]) -> str:
    """The tests with what came out as what is expected; those that cannot be so are left out."""
    name = next(each for each in texts if each.endswith(SUFFIX))
    done = accepted(directory, texts)
    text = done.texts.get(name, texts[name])
    bad = {each.place.line for each in done.left if each.place.file == f"{directory.name}/{name}"}
    return "".join(line for number, line in enumerate(text.splitlines(keepends=True), 1) if number not in bad)


class _Draft:
    """What will be written about one collection."""

    def __init__(self, resource: str, collection: Collection) -> None:
        self.resource = resource
        self.collection = collection
        self.name = collection.record
        self.can = {verb: self._find(verb) for verb in ("GET", "POST", "PATCH", "DELETE")}
        whole = {field.rpartition(".")[0] for field in collection.fields}
        self.silent = {"extId", "version", *(each for each in collection.fields if each in whole)}

    def _find(self, verb: str) -> str | None:
        """The call's path with named holes, and the remark of one that is only inferred."""
        above = self.collection.one.removesuffix("/{}")
        path = above if verb == "POST" else self.collection.one
        entry = catalogue.find(verb, path)
        return f"{verb} {self._named(path)}" + ("   # inferred" if entry.inferred else "") if entry else None

    def _named(self, path: str) -> str:
        holes = [*self.collection.parents, "extId"]
        named = [f"{{{self.name}.{each}}}" for each in holes]
        if path.startswith("/core/v1/{}/"):
            named.insert(0, "{client}")
        for each in named:
            path = path.replace("{}", each, 1)
        return path

    def text(self) -> str:
        """The mapping."""
        about = {
            "format": 1,
            "resource": self.resource,
            "endpoint": f"/{self.resource}s",
            "schema": f"urn:example:params:scim:schemas:{self.resource}",
            "description": f"One of nevisIDM's {self.collection.word}.",
            "id": "~".join(f"{{{self.name}.{each}}}" for each in (*self.collection.parents, "extId")),
        }
        parts = [
            f"{modeline(f'{self.resource}.yaml')}\n",
            "".join(f"{key}: {flow(value)}\n" for key, value in about.items()),
            "records:\n" + f"  {self.name}:\n" + "".join(self._record()),
            "attributes:\n" + "".join(self._attributes()),
            *self._search(),
            f"operations: {flow(self._operations())}\n",
        ]
        return "\n".join(parts)

    def _record(self) -> Iterator[str]:
        for key, verb in (("read", "GET"), ("create", "POST"), ("update", "PATCH"), ("delete", "DELETE")):
            call = self.can[verb]
            if call is not None:
                yield f"    {f'{key}:':<7} {call}\n"
        if self.can["POST"] is not None and "extId" in self._body("POST"):
            flags = [each for each in self.collection.fields if _FLAG.match(each) and each in self._body("POST")]
            yield f"    fill:   {flow({'extId': '{uuid}', **dict.fromkeys(flags, False)})}\n"

    def _body(self, verb: str) -> frozenset[str]:
        above = self.collection.one.removesuffix("/{}")
        entry = catalogue.find(verb, above if verb == "POST" else self.collection.one)
        return entry.body if entry is not None else frozenset()

    def _attributes(self) -> Iterator[str]:
        for field in self.collection.fields:
            spec = self._spec(field)
            if spec is not None:
                yield f"  {self._attribute(field)}: {flow(spec)}\n"

    def _attribute(self, field: str) -> str:
        if field in ("created", "lastModified"):
            return f"meta.{field}"
        return "displayName" if field == "name" and "displayName.*" not in self.collection.fields else field

    def _spec(self, field: str) -> dict[str, Json] | None:
        if field in self.silent or field.count(".") > 1 or _SECRET.search(field):
            return None
        spec: dict[str, Json] = {"idm": f"{self.name}.{field}"}
        if _DATE.search(field):
            return {**spec, "as": "instant"}
        if field in self.collection.parents:
            return {**spec, "required": True, "caseExact": True}
        last = field.rpartition(".")[2]
        kind = "boolean" if _FLAG.match(last) else "integer" if _NUMBER.search(last) else None
        spec = {"type": kind, **spec} if kind else spec
        if field == "name" and "name" in self._body("POST"):
            spec["required"] = True
        return {**spec, "caseExact": True} if field.endswith("ExtId") else spec

    def _search(self) -> Iterator[str]:
        many = self.collection.many
        if many is None:
            return
        entry = catalogue.find("GET", many)
        assert entry is not None
        client = many.replace("/core/v1/clients/{}", "/core/v1/clients/{client}")
        route: dict[str, Json] = {
            "call": f"GET {client if client != many else self._named(many)}",
            "style": "params" if entry.filters else "plain",
            "items": self.name,
        }
        lines = "search:\n  routes:\n"
        remark = "   # inferred" if entry.inferred else ""
        if not self.collection.parents:
            yield f"{lines}    list: {flow(route)}{remark}\n"
            return
        parent = f"{self.name}.{self.collection.parents[0]}"
        owner = self.collection.parents[0].removesuffix("ExtId").capitalize()
        yield (
            f"{lines}    below: {flow(route)}{remark}\n"
            f"    walk:  {flow({**route, 'over': {parent: f'{owner}.id'}})}{remark}\n"
        )

    def _operations(self) -> dict[str, list[str]]:
        said = {"create": "POST", "replace": "PATCH", "modify": "PATCH", "delete": "DELETE"}
        return {verb: [self.name] for verb, method in said.items() if self.can[method] is not None}

    def tests(self, text: str) -> str:
        """Tests that expect nothing yet, of what the clean mapping still maps: one a line, so that one can go."""
        mapped = {
            field: spec for field in self.collection.fields if (spec := self._spec(field)) and f".{field}" in text
        }
        record: dict[str, Json] = {"extId": "x1", "version": 3}
        for field, spec in mapped.items():
            _put(record, field, _sample(field, spec))
        plain = [
            field
            for field in mapped
            if set(mapped[field]) <= {"idm", "required"} and "." not in field and field in self._body("PATCH")
        ]
        edits: list[dict[str, Json]] = []
        if plain and self.can["PATCH"]:
            change = {"op": "replace", "path": self._attribute(plain[0]), "value": "another"}
            edits.append({"patch": [change], "writes": {}})
        if self.can["POST"]:
            wanted = [field for field, spec in mapped.items() if spec.get("required")]
            edits.append(
                {"create": {self._attribute(each): _sample(each, mapped[each]) for each in wanted}, "writes": {}}
            )
        if self.can["DELETE"]:
            edits.append({"delete": True, "writes": {}})
        asked = (
            [*(f'{self._attribute(each)} sw "a"' for each in plain[:1]), 'id eq "x1"'] if self.collection.many else []
        )
        filters = [{"filter": each, "route": "none", "push": "nothing", "left": "all"} for each in asked]
        pair = {"name": "one of them", "idm": {self.name: record}, "scim": {}}
        head = f"{modeline(f'{self.resource}{SUFFIX}')}\nformat: 1\nresource: {self.resource}\n\npairs:\n"
        lines = [f"{'  - ' if key == 'name' else '    '}{key}: {flow(value)}\n" for key, value in pair.items()]
        kinds = {"edits": edits, "filters": filters}
        return (
            head
            + "".join(lines)
            + "".join(
                f"\n{kind}:\n" + "".join(f"  - {flow(each)}\n" for each in cases)
                for kind, cases in kinds.items()
                if cases
            )
        )


def _sample(field: str, spec: dict[str, Json]) -> Json:
    if spec.get("as") == "instant":
        return "2026-01-12T08:15:30Z"
    kind = spec.get("type")
    return True if kind == "boolean" else 7 if kind == "integer" else "u1" if field.endswith("ExtId") else "a name"


def _put(record: dict[str, Json], field: str, value: Json) -> None:
    *above, last = field.split(".")
    for key in above:
        record = record.setdefault(key, {})
    record["first" if last == "*" else last] = value
