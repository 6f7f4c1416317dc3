"""`show mapping` is the mapping, resolved, with the origin of every line; `docs` has a page of each type."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from gateway.authoring.origins import complete, listed, origins, resolved
from gateway.authoring.pages import attribute_facts
from gateway.mapping.document import read_document
from gateway.mapping.lint import lint
from gateway.mapping.load import find_mappings
from tests.authoring.conftest import Call
from tests.conftest import shipped

SITE = """\
format: 1
extends: builtin:User
attributes:
  nevis:properties.*: null                    # no free map, only what we list
  nevis:properties.costCentre: { idm: properties.costCentre }
  phoneNumbers: { unmatched: drop }
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "User.yaml").write_text(SITE)
    return folder


def test_each_line_has_the_origin_that_it_has_in_that_file(site: Path) -> None:
    document = resolved(site, "User").document
    text = {f"site/{file.name}": file.read_text().splitlines() for file in site.glob("*.yaml")}
    text |= {f"mappings/{file.name}": file.read_text().splitlines() for file in find_mappings().glob("*.yaml")}
    for line, place in listed(document):
        key = line.strip().removeprefix("- ").split(":")[0].strip('"')
        assert key.split(".")[0] in text[place.file][place.line - 1], f"{line} is not at {place}"
    of = {each.path: each.place.file for each in origins(document)}
    assert of["attributes", "phoneNumbers", "unmatched"] == "site/User.yaml"
    assert of["attributes", "phoneNumbers", "slots"] == "mappings/User.yaml"
    assert of["attributes", "nevis:properties.costCentre", "idm"] == "site/User.yaml"
    assert ("attributes", "nevis:properties.*") not in of


def test_what_is_shown_is_a_mapping_that_says_the_same(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    folder.mkdir()
    for resource, variants in (
        ("User", ("groups-as-units",)),
        ("UserDbCredentials", ()),
        ("PasswordAuthenticator", ()),
    ):
        options = [each for name in variants for each in ("--variant", name)]
        shown = call("show", "mapping", resource, *options).output
        (folder / f"{resource}.yaml").write_text(shown)
        said = read_document(shown, "").data
        assert said == complete(resolved(find_mappings(), resource, variants).document)
        assert not {"extends", "variants"} & said.keys()
    assert [str(each) for each in lint(folder)] == []


def test_json_has_the_mapping_and_all_origins(site: Path, call: Call) -> None:
    told = json.loads(call("show", "mapping", "User", "--mappings", "site", "--json").output)
    assert told["extends"] == "builtin:User"
    assert told["mapping"]["attributes"]["phoneNumbers"]["unmatched"] == "drop"
    [origin] = [each for each in told["origins"] if each["path"] == ["attributes", "phoneNumbers", "unmatched"]]
    assert origin == {"path": origin["path"], "file": "site/User.yaml", "line": 6, "column": 19}


def test_python_is_what_runs(folder: Path, call: Call) -> None:
    shown = call("show", "mapping", "person", "--python", "--mappings", folder.name).output
    assert ast.parse(shown)
    assert "'userName'" in shown


def test_a_wrong_name_gets_the_nearest(folder: Path, call: Call) -> None:
    for words in (("show", "mapping", "Persn"), ("docs", "Persn")):
        done = call(*words, "--mappings", folder.name)
        assert done.exit_code == 3
        assert 'did you mean "Person"?' in done.output


def test_docs_make_one_page_per_type_or_all_on_one(site: Path, folder: Path, call: Call) -> None:
    done = call("docs", "--mappings", "site", "--output", "pages")
    assert done.output == "pages/User.md\n"
    page = (site.parent / "pages" / "User.md").read_text()
    assert page.startswith("# User\n")
    assert "| `nevis:properties.costCentre` | string | `properties.costCentre` | " in page
    assert "| User.yaml:5 |" in page
    assert "`PATCH /core/v1/{client}/users/{user.extId}`" in page
    both = call("docs", "Person", "Door", "--mappings", folder.name).output
    assert both.index("## Person") < both.index("## Door")
    assert "### Errors of its own" in page


def test_facts_name_the_line_of_every_attribute() -> None:
    for name in ("Grant", "UserDbCredentials", "PasswordAuthenticator"):
        for each in attribute_facts(shipped().by_name[name]):
            derived = each.source == "the gateway itself" or each.name in ("id", "schemas")
            assert derived or each.place is not None, f"{name} {each.name}"
