"""Variants: named changes to a mapping that an installation chooses."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.mapping.finding import in_order
from gateway.mapping.folder import read_folder
from gateway.mapping.lint import ACROSS, RULES, findings_of, lint
from gateway.mapping.load import find_mappings, load
from gateway.mapping.record import Only

VARIANTS = """
variants:
  closed: { operations: { delete: null } }
  adults: { records: { user: { only: { remarks: { not: child } } } } }
"""
CHILD = Only(("remarks",), "not", "child")


@pytest.fixture
def varied(folder: Path) -> Path:
    file = folder / "Person.yaml"
    file.write_text(file.read_text() + VARIANTS)
    return folder


def test_nothing_changes_until_it_is_chosen(varied: Path) -> None:
    person = load(varied).by_name["Person"]
    assert "delete" in person.type.verbs
    assert CHILD not in person.records["user"].only


def test_a_chosen_variant_is_laid_over_its_file(varied: Path) -> None:
    person = load(varied, ("closed",)).by_name["Person"]
    assert "delete" not in person.type.verbs
    both = load(varied, ("closed", "adults")).by_name["Person"]
    assert "delete" not in both.type.verbs
    assert CHILD in both.records["user"].only


def test_a_variant_that_no_file_has_keeps_the_gateway_from_starting(varied: Path) -> None:
    with pytest.raises(ConfigError, match='no mapping has a variant "closd", did you mean "closed"'):
        load(varied, ("closd",))


def test_lint_looks_at_each_variant_and_says_where_it_stands(varied: Path) -> None:
    file = varied / "Person.yaml"
    file.write_text(file.read_text().replace("delete: null", "delete: [usr]"))
    line = file.read_text().splitlines().index("  closed: { operations: { delete: [usr] } }") + 1
    found = [str(each) for each in lint(varied)]
    assert found == [f'm/Person.yaml:{line}:36 M501 no record is called "usr", did you mean "user"?']


def test_what_a_variant_leaves_alone_is_not_read_again_and_nothing_is_missed(varied: Path) -> None:
    person, door = varied / "Person.yaml", varied / "Door.yaml"
    person.write_text(person.read_text().replace("delete: null", "delete: [usr]").replace("child", "{nobody.knows}"))
    door.write_text(door.read_text() + "\nvariants:\n  adults: { attributes: { outcom: null } }\n")
    plain = read_folder(varied)
    anew = {each: read_folder(varied, (each,)) for each in ("closed", "adults")}
    assert lint(varied) == in_order(
        [*dict.fromkeys(found for each in (plain, *anew.values()) for found in findings_of(each))]
    )
    closed = read_folder(varied, ("closed",), plain=plain)
    assert [(unit.document, unit.findings) for unit in closed.units] == [
        (unit.document, unit.findings) for unit in anew["closed"].units
    ]
    kept = {Path(unit.document.file).name for unit in closed.units if any(unit is each for each in plain.units)}
    assert kept == {Path(unit.document.file).name for unit in plain.units} - {"Person.yaml", "Door.yaml"}


def test_a_rule_that_looks_at_other_files_says_so() -> None:
    assert {rule for rule in RULES if "folder" in inspect.signature(rule).parameters} == ACROSS


@pytest.mark.parametrize(
    "search", ["active eq false", 'userName co "rchi"', 'userName sw "arch" or userName sw "zz"', "name.familyName pr"]
)
@pytest.mark.parametrize("attributes", ["userName", "userName,title,meta"])
async def test_who_is_hidden_is_found_by_no_route(
    search: str, attributes: str, make_world: Callable[..., Awaitable[Any]]
) -> None:
    world = await make_world()
    world.change(mappings=load(find_mappings(), ("archived-hidden",)))
    asked = {"filter": search, "attributes": attributes, "count": "1000"}
    answer = (await world.client.get("/scim/v2/Users", params=asked)).json()
    assert "archived" not in [each["userName"] for each in answer["Resources"]]
    assert answer["totalResults"] == len(answer["Resources"])
