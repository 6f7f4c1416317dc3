"""Loading a folder: everything or every error; a site's file laid over a shipped one."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from gateway.errors import ConfigError
from gateway.mapping.folder import read_folder
from gateway.mapping.lint import lint
from gateway.mapping.load import find_mappings, load
from gateway.mapping.model import Mapping
from gateway.nevisidm import catalogue
from gateway.scim.tree import Attr

NEVIS = "urn:ietf:params:scim:schemas:extension:nevisidm:2.0:User"
SITE = """\
format: 1
extends: builtin:User
attributes:
  nevis:properties.*: null
  nevis:properties.costCentre: { idm: properties.costCentre }
  phoneNumbers: { unmatched: drop }
search:
  scan: 50
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "User.yaml").write_text(SITE)
    return folder


def user(folder: Path) -> Mapping:
    return load(folder).by_name["User"]


def test_the_shipped_mappings_load() -> None:
    mappings = load(find_mappings())
    files = find_mappings().glob("[!_]*.yaml")
    assert set(mappings.by_name) == {path.stem for path in files if not path.stem.endswith(".tests")}
    assert {"User", "App", "PasswordAuthenticator"} < set(mappings.by_name)
    assert mappings.types()["users"] is mappings.by_name["User"].type
    assert len(mappings.codes) == 162


def test_tests_beside_mappings_are_no_mappings(folder: Path) -> None:
    (folder / "Person.tests.yaml").write_text("nothing: like a mapping")
    assert set(load(folder).by_name) == {"Person", "Door"}


def test_all_errors_are_told_at_once_and_warnings_do_not_count(folder: Path) -> None:
    for file, old, new in (
        ("Person.yaml", "idm: user.loginId", "idm: user.loginID"),
        ("Door.yaml", "uniform: wrong", "uniform: wrogn"),
        ("Door.yaml", "resource: Door\nendpoint: POST /Door", "endpoint: POST /Door\nresource: Door"),
    ):
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
    with pytest.raises(ConfigError) as raised:
        load(folder)
    assert raised.value.code.code == "GW002"
    assert raised.value.findings == (
        'm/Door.yaml:36:72 M301 no outcome is called "wrogn", did you mean "wrong"?',
        'm/Person.yaml:25:20 M301 nevisIDM has no field "loginID" in user, did you mean "loginId"?',
    )


def test_a_folder_without_mappings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no mapping files here"):
        load(tmp_path)


def test_a_folder_without_error_rows_has_the_shipped_ones(site: Path) -> None:
    assert load(site).errors == load(find_mappings()).errors


def test_a_file_that_is_not_utf_8_is_a_finding(folder: Path) -> None:
    (folder / "Person.yaml").write_bytes(b"format: 1\nresource: P\xe9rson\n")
    assert str(lint(folder)[0]) == "m/Person.yaml:1:1 M100 this is not UTF-8 (byte 21), save it as UTF-8"


@pytest.mark.parametrize("text", ["", "# nothing\n", "null\n"])
def test_an_empty_file_is_a_finding(text: str, folder: Path) -> None:
    (folder / "Person.yaml").write_text(text)
    assert [each.code for each in lint(folder)] == ["M103"]


def test_a_site_changes_what_differs(site: Path) -> None:
    mapping, shipped = user(site), user(find_mappings())
    assert Attr("properties", "*", NEVIS) not in mapping.leaves
    assert mapping.leaves[Attr("properties", "costCentre", NEVIS)].searchable
    properties = mapping.type.attribute(Attr("properties", urn=NEVIS))
    assert properties is not None
    assert not properties.open
    assert mapping.slots[Attr("phoneNumbers")].unmatched == "drop"
    assert mapping.slots[Attr("phoneNumbers")].slots[0].constants == {"type": "work"}
    assert mapping.search is not None
    assert (mapping.search.scan, len(mapping.search.routes)) == (50, 3)
    assert list(mapping.records) == list(shipped.records)


def test_every_line_keeps_the_place_it_came_from(site: Path) -> None:
    mapping = user(site)
    shipped = user(find_mappings())
    assert str(mapping.leaves[Attr("properties", "costCentre", NEVIS)].place) == "site/User.yaml:5:3"
    assert mapping.leaves[Attr("userName")].place == shipped.leaves[Attr("userName")].place
    assert mapping.leaves[Attr("userName")].place.file == "mappings/User.yaml"


def test_lists_and_scalars_replace(site: Path) -> None:
    (site / "User.yaml").write_text(SITE + "operations: { modify: [user], replace: null }\ndescription: Ours.\n")
    folder = read_folder(site)
    mapping = folder.mappings().by_name["User"]
    assert [step.record for step in mapping.operations["modify"]] == ["user"]
    assert "replace" not in mapping.operations
    assert len(mapping.operations["create"]) == 8
    assert mapping.description == "Ours."


def test_a_finding_in_what_a_site_says_is_at_its_line(site: Path) -> None:
    (site / "User.yaml").write_text(SITE.replace("drop", "drip"))
    assert [str(each) for each in lint(site)] == ['site/User.yaml:6:30 M103 "unmatched" must be reject or drop']


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        (
            "builtin:Usr",
            'site/User.yaml:2:10 M103 there is no mapping "builtin:Usr" to extend, did you mean "builtin:User"?',
        ),
        ("User", 'site/User.yaml:2:10 M103 there is no mapping "User" to extend, did you mean "builtin:User"?'),
    ],
)
def test_what_is_extended_must_be_shipped(said: str, finding: str, site: Path) -> None:
    (site / "User.yaml").write_text(SITE.replace("builtin:User", said))
    assert finding in [str(each) for each in lint(site)]


def test_removing_what_is_not_there_is_found(site: Path) -> None:
    (site / "User.yaml").write_text(SITE + "id: null\nlimits: null\nrecords: { userr: null }\n")
    found = [str(each) for each in lint(site) if each.code != "M201"]
    assert found == [
        "site/User.yaml:10:1 M103 warning: `limits` is not in what this file extends, so nothing is removed",
        'site/User.yaml:11:12 M103 warning: `userr` is not in what this file extends, so nothing is removed, did you mean "user"?',
    ]


def test_loading_is_quick() -> None:
    """No timing of a machine: reading the catalogue is bounded by what it holds, and is done once."""
    start = time.perf_counter()
    catalogue.codes()
    first = time.perf_counter() - start
    assert first < 0.5
    assert catalogue.find("GET", "/core/v1/{a}/users/{b}") is catalogue.find("GET", "/core/v1/{a}/users/{b}")
