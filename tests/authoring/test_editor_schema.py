"""The JSON Schemas for editors take what lint takes, refuse faults of form, and stand beside the shipped mappings as they are made."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from gateway.authoring.editor_schema import kind_of, modeline, schemas
from gateway.mapping.document import read_document, shown
from gateway.mapping.file import MappingFile
from gateway.mapping.load import find_mappings
from tests.authoring.conftest import HERE, Call
from tests.house.page import DOCS
from tests.house.test_pages import all_blocks
from tests.mapping.test_lint import PLANTS, Plant

VALIDATORS = {kind: jsonschema.Draft7Validator(each) for kind, each in schemas().items()}
FILES = sorted(find_mappings().glob("*.yaml"))


def faults(text: str, name: str) -> list[str]:
    data = _as_json(read_document(text, name).data)
    return [
        f"{'.'.join(map(str, each.absolute_path))}: {each.message}"
        for each in VALIDATORS[kind_of(name)].iter_errors(data)
    ]


def _as_json(value: Any) -> Any:
    """Keys are texts in JSON, whatever they are in YAML."""
    if isinstance(value, dict):
        return {shown(key): _as_json(each) for key, each in value.items()}
    return [_as_json(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", VALIDATORS)
def test_a_schema_is_one(kind: str) -> None:
    jsonschema.Draft7Validator.check_schema(schemas()[kind])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_shipped_file_is_right_and_names_its_schema(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.splitlines()[0] == modeline(file.name)
    assert faults(text, file.name) == []


def test_the_schemas_beside_the_mappings_are_those_that_are_made(request: pytest.FixtureRequest) -> None:
    for kind, schema in schemas().items():
        file = find_mappings() / "schema" / f"{kind}.json"
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        if request.config.getoption("--accept"):
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, encoding="utf-8")
        assert file.read_text(encoding="utf-8") == text, "run: pytest tests/authoring --accept"


def test_every_whole_example_of_the_pages_is_right() -> None:
    whole = [block for block in all_blocks("yaml") if block.text.startswith("format: 1\n")]
    assert {DOCS / "mapping-format.md"} <= {block.page for block in whole}
    for block in whole:
        tests = "\npairs:" in block.text
        assert faults(block.text, "X.tests.yaml" if tests else "X.yaml") == [], str(block)


OF_FORM = [plant for plant in PLANTS if plant.code in ("M101", "M103") and plant.file == "Person.yaml"]


@pytest.mark.parametrize("plant", [each for each in OF_FORM if each.code == "M101"], ids=lambda each: each.new[:40])
def test_a_planted_unknown_key_is_refused(plant: Plant) -> None:
    text = (HERE / plant.file).read_text()
    assert faults(text, plant.file) == []
    assert faults(text.replace(plant.old, plant.new), plant.file)


FAULTS = {
    "a call that is none": (
        "update: PATCH /core/v1/{client}/users/{user.extId}\n    delete",
        "update: change\n    delete",
    ),
    "a word that is not of the language": ("mutability: writeOnly", "mutability: writeonly"),
    "a text in place of a number": ("scan: 1000", "scan: many"),
    "a list in place of a map": ("only:   { loginId: { starts: p- } }", "only:   [loginId]"),
    "something that must be there": ("description: A mapping with one of everything, for tests.\n", ""),
    "a row without circumstances": ("{ when: { code: errors.duplicateName }, scim:", "{ scim:"),
    "null in a file that extends nothing": ("scan: 1000", "scan: null"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_planted_fault_of_form_is_refused(name: str) -> None:
    old, new = FAULTS[name]
    text = (HERE / "Person.yaml").read_text()
    assert text.count(old) == 1
    assert faults(text.replace(old, new), "Person.yaml")


def test_what_extends_may_leave_out_and_take_out_but_not_misspell() -> None:
    text = "format: 1\nextends: builtin:User\nattributes: { title: null, nickName: { required: true }, photos: { search: null } }\n"
    assert faults(text, "User.yaml") == []
    assert faults(text.replace("required", "requird"), "User.yaml")
    variant = text + "variants: { plain: { attributes: { title: { idm: user.name.title } } } }\n"
    assert faults(variant, "User.yaml") == []
    assert faults(variant.replace("idm:", "imd:"), "User.yaml")
    assert faults(text.replace("extends: builtin:User\n", ""), "User.yaml")
    assert faults("format: 1\nattributes: { title: { idm: user.name.title } }\n", "_mine.yaml") == []


def test_every_key_has_its_words_for_the_editor() -> None:
    for kind, schema in schemas().items():
        tables = [schema, *schema.get("$defs", {}).values()]
        for table in tables:
            for name, each in table.get("properties", {}).items():
                assert each.get("description"), f"{kind}: {name}"
            assert table.get("additionalProperties", False) is False
    assert schemas()["mapping"]["$defs"]["MappingFile"]["properties"].keys() == set(MappingFile.keys())


def test_the_command_prints_one_or_writes_all(call: Call, tmp_path: Path) -> None:
    assert json.loads(call("schema").output) == schemas()["mapping"]
    assert json.loads(call("schema", "tests").output) == schemas()["tests"]
    assert call("schema", "--output", "mine.json").output == "mine.json\n"
    assert json.loads((tmp_path / "mine.json").read_text()) == schemas()["mapping"]
    call("schema", "--output", "mappings/schema")
    assert {file.name for file in (tmp_path / "mappings/schema").iterdir()} == {f"{kind}.json" for kind in schemas()}


def test_the_pattern_of_the_page_finds_the_findings(folder: Path, call: Call) -> None:
    (folder / "Person.yaml").write_text((folder / "Person.yaml").read_text().replace("scan: 1000", "scn: 1000"))
    blocks = [json.loads(block.text) for block in all_blocks("json") if block.page.name == "editor.md"]
    pattern = next(each["tasks"][0]["problemMatcher"]["pattern"] for each in blocks if "tasks" in each)
    [line] = call("lint", "m", "--format", "github").output.splitlines()
    found = re.search(pattern["regexp"], line)
    assert found is not None
    assert (found[pattern["file"]], found[pattern["line"]], found[pattern["code"]]) == ("m/Person.yaml", "39", "M101")
    assert "did you mean" in found[pattern["message"]]
