"""JSON Schemas of the mapping files, for editors: completion, the words of every key, and what is wrong in form, while one types.

Made from the same models that read the files. A schema knows form; what the words mean together, only lint knows. What changes another
file (`extends`, a variant, a base) may leave out everything, and takes out with null what it does not want.
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as Map
from typing import Any

from gateway.mapping.file import AbsentFile, ErrorsFile, MappingFile
from gateway.mapping.file_tests import TestsFile
from gateway.mapping.keys import Spec
from gateway.mapping.lenses import ALL

Json = Any
DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that the language servers of editors speak."""
FOLDER = "schema"
"""Where the files of a folder of mappings look for their schemas."""
_DEFS = "#/$defs/"
_PARTIAL = "Part"


def schemas() -> dict[str, Json]:
    """Every schema by the kind of file: `mapping`, `base` (`_….yaml`, there to be extended), `tests`, `errors`, `absent`."""
    return {
        "mapping": _mapping(),
        "base": _base(),
        "tests": _whole(TestsFile, "The tests of a mapping"),
        "errors": _whole(ErrorsFile, "The error rows of all mappings"),
        "absent": _whole(AbsentFile, "Addresses that no mapping serves"),
    }


def kind_of(name: str) -> str:
    """The kind of a file by its name."""
    if name.endswith(".tests.yaml"):
        return "tests"
    if name in ("_errors.yaml", "_absent.yaml"):
        return name.removeprefix("_").removesuffix(".yaml")
    return "base" if name.startswith("_") else "mapping"


def modeline(name: str) -> str:
    """The first line of a file of that name, by which editors find its schema."""
    return f"# yaml-language-server: $schema={FOLDER}/{kind_of(name)}.json"


def _made(kind: type[Spec]) -> Json:
    """The model's own schema, as a person would have written it: what may be left out is not null."""
    return _walk(kind.model_json_schema(by_alias=True), _plainly)


def _whole(kind: type[Spec], title: str) -> Json:
    return {"$schema": DRAFT, **_made(kind), "title": title}


def _mapping() -> Json:
    """A mapping says everything, or changes what it extends."""
    made = _made(MappingFile)
    defs = made.pop("$defs")
    made["properties"]["variants"]["additionalProperties"] = {"$ref": f"{_DEFS}MappingFile{_PARTIAL}"}
    whole = {**made, "title": "A mapping"}
    defs["AttributeSpec"]["properties"]["as"] = _lenses(defs["AttributeSpec"]["properties"]["as"])
    return {
        "$schema": DRAFT,
        "title": "A mapping of nevisIDM records to a SCIM resource type",
        "if": {"required": ["extends"]},
        "then": {"$ref": f"{_DEFS}MappingFile{_PARTIAL}"},
        "else": {"$ref": f"{_DEFS}MappingFile"},
        "$defs": {**defs, "MappingFile": whole} | _parts({**defs, "MappingFile": whole}),
    }


def _base() -> Json:
    mapping = _mapping()
    return {
        "$schema": DRAFT,
        "title": "What mappings share",
        "$ref": f"{_DEFS}MappingFile{_PARTIAL}",
        "$defs": mapping["$defs"],
    }


def _lenses(said: Json) -> Json:
    """`as` with the lenses that there are offered; a site may have its own."""
    words = {"anyOf": [{"enum": [lens.name for lens in ALL if lens.examples[0].spec == lens.name]}, {"type": "string"}]}
    return {**said, "oneOf": [words if each == {"type": "string"} else each for each in said["oneOf"]]}


def _parts(defs: Map[str, Json]) -> dict[str, Json]:
    """All tables of keys once more, for files that say only what differs."""

    def part(node: Json) -> Json:
        if "$ref" in node and not node["$ref"].endswith(_PARTIAL):
            return {**node, "$ref": node["$ref"] + _PARTIAL}
        node = {key: each for key, each in node.items() if key != "required"}
        for key in ("properties", "additionalProperties"):
            table = node.get(key)
            if key == "properties" and isinstance(table, dict):
                node[key] = {name: _or_null(each) for name, each in table.items()}
            elif isinstance(table, dict):
                node[key] = _or_null(table)
        return node

    return {f"{name}{_PARTIAL}": _walk(each, part) for name, each in defs.items()}


def _or_null(node: Json) -> Json:
    about = {key: node[key] for key in ("title", "description", "examples") if key in node}
    return {**about, "anyOf": [node, {"type": "null"}]}


def _walk(node: Json, change: Callable[[Json], Json]) -> Json:
    """The schema with every schema below it changed, the inner ones first. Examples and names of keys are no schemas."""
    if not isinstance(node, dict):
        return node
    new: dict[str, Json] = {}
    for key, each in node.items():
        if key in ("properties", "$defs"):
            new[key] = {name: _walk(inner, change) for name, inner in each.items()}
        elif key in ("anyOf", "oneOf"):
            new[key] = [_walk(inner, change) for inner in each]
        elif key in ("items", "additionalProperties"):
            new[key] = _walk(each, change)
        else:
            new[key] = each
    return change(new)


def _plainly(node: Json) -> Json:
    """Without null as a way to leave a key out, and in the words of a person for what pydantic says at length."""
    node = {key: each for key, each in node.items() if not (key == "default" and each is None)}
    kinds = node.get("anyOf")
    if isinstance(kinds, list) and {"type": "null"} in kinds:
        kinds = [each for each in kinds if each != {"type": "null"}]
        del node["anyOf"]
        return {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds}), **node}
    return node
