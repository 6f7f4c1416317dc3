"""`extends`: lines that many types share stand in one file, and every one keeps the place it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.mapping.folder import read_folder
from gateway.mapping.inherit import find_mappings
from gateway.mapping.lint import lint
from gateway.mapping.load import load
from gateway.scim.tree import Attr

BASE = """\
format: 1
extends: builtin:_credential
self: null
records:
  owner: null
attributes:
  user.name: null
  user.display: null
"""
BADGE = """\
format: 1
extends: _badge
resource: Badge
endpoint: /Badges
schema: urn:x:Badge
description: A badge.
records:
  credential:
    read:   GET /core/v1/{client}/users/{credential.userExtId}/kerberos/{credential.extId}
    create: POST /core/v1/{client}/users/{credential.userExtId}/kerberos
attributes:
  number: { idm: credential.kerberosId, required: true }
search:
  routes:
    walk: { call: "GET /core/v1/{client}/users/{credential.userExtId}/kerberos", items: credential }
operations: { replace: null, modify: null, delete: null }
errors:
  - { when: { code: errors.duplicateName }, scim: { status: 409, scimType: uniqueness, attribute: number } }
  - { when: { code: errors.kerberosExists }, scim: { status: 409, scimType: uniqueness, attribute: number } }
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "User.yaml").write_text("format: 1\nextends: builtin:User\n")
    (folder / "_badge.yaml").write_text(BASE)
    (folder / "Badge.yaml").write_text(BADGE)
    return folder


def test_a_file_extends_one_of_its_folder_which_extends_a_shipped_one(site: Path) -> None:
    assert [str(each) for each in lint(site)] == []
    mapping = load(site).by_name["Badge"]
    assert set(load(site).by_name) == {"User", "Badge"}
    assert list(mapping.records) == ["credential"]
    assert mapping.records["credential"].fill
    assert Attr("user", "value") in mapping.leaves
    assert Attr("user", "name") not in mapping.leaves


def test_every_line_keeps_its_place(site: Path) -> None:
    mapping = load(site).by_name["Badge"]
    shipped = (find_mappings() / "_credential.yaml").read_text().splitlines()
    line = next(number for number, text in enumerate(shipped, 1) if text.startswith("  state:"))
    assert str(mapping.leaves[Attr("state")].place) == f"mappings/_credential.yaml:{line}:3"
    assert str(mapping.leaves[Attr("number")].place) == "site/Badge.yaml:12:3"


def test_a_fault_in_the_base_is_found_where_it_stands_and_once(site: Path) -> None:
    (site / "_badge.yaml").write_text(f"{BASE}  colour: {{ idm: credential.colour }}\n")
    (site / "Pass.yaml").write_text(BADGE.replace("Badge", "Pass"))
    found = [str(each) for each in lint(site)]
    assert [each.partition(" M301")[0] for each in found] == ["site/_badge.yaml:9:18"]


def test_error_rows_join_and_the_same_circumstances_replace(site: Path) -> None:
    rows = load(site).by_name["Badge"].errors
    assert [(row.when.codes, row.attribute) for row in rows] == [
        (("errors.duplicateName",), "number"),
        (("errors.kerberosExists",), "number"),
        (("errors.identifierPolicyViolated",), "extId"),
    ]
    assert [row.place.file for row in rows] == ["site/Badge.yaml", "site/Badge.yaml", "mappings/_credential.yaml"]


def test_what_can_be_written_follows_from_the_bodies_of_the_calls(site: Path) -> None:
    kinds = {attr: leaf.schema.mutability for attr, leaf in load(site).by_name["Badge"].leaves.items()}
    assert kinds[Attr("policy")] == "readOnly"  # the POST of this type takes none
    assert kinds[Attr("user", "value")] == "readWrite"  # nothing changes a badge, so nothing tells new from changed
    shipped = load(find_mappings()).by_name
    for name, policy in (("Generic", "readWrite"), ("Oath", "immutable"), ("Kerberos", "readOnly")):
        leaves = shipped[f"User{name}Credentials"].leaves
        assert leaves[Attr("policy")].schema.mutability == policy
        assert leaves[Attr("user", "value")].schema.mutability == "immutable"
        assert leaves[Attr("extId")].schema.mutability == "immutable"
        assert leaves[Attr("state")].schema.mutability == "readWrite"


@pytest.mark.parametrize(
    ("said", "finding"),
    [
        ("_bagde", 'there is no mapping "_bagde" to extend, did you mean "_badge"?'),
        ("builtin:_credentials", 'did you mean "builtin:_credential"?'),
        ("builtin:_errors", 'there is no mapping "builtin:_errors" to extend'),
    ],
)
def test_a_base_that_is_not_there_is_named(said: str, finding: str, site: Path) -> None:
    (site / "Badge.yaml").write_text(BADGE.replace("_badge", said))
    assert any(finding in str(each) for each in lint(site))


def test_a_base_that_extends_itself_is_found(site: Path) -> None:
    (site / "_badge.yaml").write_text("format: 1\nextends: _other\n")
    (site / "_other.yaml").write_text("format: 1\nextends: _badge\n")
    assert any("extends itself" in str(each) for each in lint(site))


def test_a_base_is_no_type_of_its_own() -> None:
    names = {Path(unit.document.file).name for unit in read_folder(find_mappings()).units}
    assert "_credential.yaml" not in names
    assert "UserOathCredentials.yaml" in names


ABSENT = "format: 1\nabsent:\n  Policies: Decided elsewhere.\n  Groups: Asked of the directory.\n"


@pytest.mark.parametrize(
    ("file", "old", "new", "finding"),
    [
        ("_absent.yaml", "  Policies", "  Badges", "_absent.yaml:3:3 M302 Badge serves /Badges"),
        ("_absent.yaml", "  Policies", "  me", "_absent.yaml:3:3 M302 User serves /me"),
        ("_absent.yaml", "  Policies", "  groups", "_absent.yaml:4:3 M302 /Groups is /groups"),
        ("Badge.yaml", "extends: _badge", "extends: builtin:_credential", "_badge.yaml:1:1 M302 nobody extends _badge"),
        ("_badge.yaml", "attributes:", "description: A base.\nattributes:", "_badge.yaml:6:1 M302 every file that extends this one"),
        ("_badge.yaml", "self: null", "self: { alow: [get] }", '_badge.yaml:3:9 M101 unknown key "alow", did you mean "allow"?'),
    ],
)  # fmt: skip
def test_a_shared_file_that_reaches_nobody_is_found(file: str, old: str, new: str, finding: str, site: Path) -> None:
    (site / "_absent.yaml").write_text(ABSENT)
    assert lint(site) == []
    text = (site / file).read_text()
    assert text.count(old) == 1
    (site / file).write_text(text.replace(old, new))
    said = [str(each).replace("warning: ", "") for each in lint(site)]
    assert any(each.startswith(f"site/{finding}") for each in said)
