"""`new`: a mapping to start from is clean, tested, served, and never written over another."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.authoring.collection import collections
from gateway.mapping.lint import lint
from gateway.plan.harness import run_tests
from tests.authoring.conftest import Call


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    folder = tmp_path / "mappings"
    folder.mkdir()
    (folder / "User.yaml").write_text("format: 1\nextends: builtin:User\n")
    return folder


@pytest.mark.parametrize("word", ["units", "certificates"])
async def test_a_beginning_is_clean_tested_and_served(
    word: str, beside: Path, call: Call, make_world: Callable[..., Awaitable[Any]]
) -> None:
    done = call("new", "Thing", "--record", word)
    assert done.exit_code == 0, done.output
    text = (beside / "Thing.yaml").read_text()
    shown = [field for field in collections()[word].fields if f".{field}" in text]
    assert len(shown) >= 12
    assert [str(each) for each in lint(beside)] == []
    results = run_tests(beside)
    assert [str(each) for each in results if not each.passed] == []
    assert len(results) >= 4
    assert (beside / "schema" / "mapping.json").is_file()
    if word == "units":
        await _served(await make_world(mappings=beside))


async def _served(world: Any) -> None:
    body = {"schemas": ["urn:example:params:scim:schemas:Thing"], "name": "Lab", "parentUnitExtId": "it"}
    made = await world.send("POST", "/scim/v2/Things", body)
    assert made.status_code == 201, made.text
    found = await world.send("GET", '/scim/v2/Things?filter=name eq "lab"')
    assert [each["id"] for each in found.json()["Resources"]] == [made.json()["id"]]


def test_nothing_is_written_over(beside: Path, call: Call) -> None:
    (beside / "Room.tests.yaml").write_text("mine\n")
    done = call("new", "Room", "--record", "units")
    assert (done.exit_code, "is there already" in done.output) == (2, True)
    assert (beside / "Room.tests.yaml").read_text() == "mine\n"
    assert not (beside / "Room.yaml").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("Room", "--record", "unit"), 'did you mean "units"?'),
        (("room", "--record", "units"), '"room" is no name of a type'),
        (("Mtan", "--record", "mtans"), 'no mapping is called "User"'),
    ],
)
def test_what_cannot_begin_says_why(words: tuple[str, ...], said: str, call: Call, tmp_path: Path) -> None:
    done = call("new", *words)
    assert (done.exit_code, said in done.output) == (3, True), done.output
    assert not (tmp_path / "mappings").exists()
