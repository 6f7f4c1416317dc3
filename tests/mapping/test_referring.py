"""What a create refers to without writing it: what lint makes of it, and values that several fields make."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import BadRequest
from gateway.mapping.folder import find_mappings
from gateway.mapping.lint import lint
from gateway.mapping.load import load
from gateway.mapping.model import Mapping
from gateway.mapping.put import changes
from gateway.mapping.view import Scene, view
from gateway.scim.tree import Attr

LINE = "  isFulfilled:        { from: true }\n"
Found = Callable[[str, str], list[str]]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """The findings in the shipped mappings after one change of Grant.yaml."""

    def change(old: str, new: str) -> list[str]:
        folder = tmp_path / "mappings"
        shutil.copytree(find_mappings(), folder)
        text = (folder / "Grant.yaml").read_text("utf-8")
        assert text.count(old) == 1
        (folder / "Grant.yaml").write_text(text.replace(old, new), "utf-8")
        return [str(each).partition(" ")[2] for each in lint(folder)]

    return change


@pytest.fixture(scope="module")
def grant() -> Mapping:
    return load(find_mappings()).by_name["Grant"]


def test_what_may_only_be_said_need_not_be_written(found: Found) -> None:
    assert found("idm: role.applicationExtId, mutability: immutable,", "idm: role.applicationExtId,") == []  # readOnly


def test_what_is_said_to_change_must_be_written(found: Found) -> None:
    [finding] = found(
        "idm: role.applicationExtId, mutability: immutable,", "idm: role.applicationExtId, mutability: readWrite,"
    )
    assert finding.startswith("M503 create cannot write role.applicationExtId")


def test_two_attributes_may_name_one_record_but_not_write_one_field(found: Found) -> None:
    [finding] = found(LINE, LINE + "  other: { idm: grant.roleExtId, mutability: immutable }\n")
    assert finding.startswith('M314 "entitlement.attributeValue" writes grant.roleExtId, too')


def said(**more: Any) -> dict[str, Any]:
    entitlement = {"attributeName": "appRoles", "attributeValue": "portal~reader"}
    return {"grantee": {"value": "u1", "type": "User"}, "entitlement": entitlement, **more}


def test_an_id_of_several_fields_is_taken_apart(grant: Mapping, scene: Scene) -> None:
    made = changes(grant, {}, said(), {}, scene, creating=True).records
    assert made == {
        "profile": {("userExtId",): "u1"},
        "role": {("applicationExtId",): "portal"},
        "grant": {("roleExtId",): "reader"},
    }


def test_it_shows_nothing_while_a_part_is_missing(grant: Mapping, scene: Scene) -> None:
    shown = view(grant, {"grant": {"roleExtId": "reader"}, "role": None}, scene, frozenset({Attr("entitlement")}))
    assert "entitlement" not in shown


@pytest.mark.parametrize("text", ["reader", "portal~", "~reader", "portal~reader~more", "portal~..", "p=zz~reader"])
def test_what_is_no_such_id_is_refused(grant: Mapping, scene: Scene, text: str) -> None:
    body = said(entitlement={"attributeName": "appRoles", "attributeValue": text})
    with pytest.raises(BadRequest, match=r"entitlement.attributeValue must be the id"):
        changes(grant, {}, body, {}, scene, creating=True)


def test_attributes_that_name_one_record_must_agree(grant: Mapping, scene: Scene) -> None:
    assert changes(grant, {}, said(app={"value": "portal"}), {}, scene, creating=True).records["role"] == {
        ("applicationExtId",): "portal"
    }
    with pytest.raises(BadRequest, match=r"app.value and entitlement.attributeValue contradict each other"):
        changes(grant, {}, said(app={"value": "payments"}), {}, scene, creating=True)
