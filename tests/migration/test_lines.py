"""JSON Lines as a source: types by what a line says, a pass for each, steady, resumable, and what is no resource told by its place."""

from pathlib import Path

import orjson
import pytest

from gateway.mapping.load import find_mappings, load
from gateway.migration.lines import JsonLines, kinds_of
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import SourceError

pytestmark = pytest.mark.anyio
USER, GROUP = "urn:ietf:params:scim:schemas:core:2.0:User", "urn:ietf:params:scim:schemas:core:2.0:Group"


@pytest.fixture(scope="module")
def kinds() -> dict[str, str]:
    return kinds_of(load(find_mappings()).types().values())


def _file(path: Path, *lines: object) -> Path:
    path.write_bytes(b"\n".join(each if isinstance(each, bytes) else orjson.dumps(each) for each in lines) + b"\n")
    return path


def _people(tmp_path: Path) -> Path:
    return _file(
        tmp_path / "people.jsonl",
        {"schemas": [USER.upper()], "id": "u1", "userName": "ann"},
        {"schemas": [GROUP], "id": "g1", "displayName": "Staff"},
        b"",
        b'{"schemas": [',
        {"meta": {"resourceType": "User"}, "userName": "bob"},
        {
            "type": "Grant",
            "key": "x",
            "resource": {"grantMechanism": "ADMINISTRATOR_TO_USER"},
            "refused": {"status": 400},
        },
        {"schemas": [USER], "id": "u3"},
        {"schemas": ["urn:example:Nothing"], "id": "n"},
        {"schemas": [USER], "name": {}},
        [1],
    )


async def test_each_type_has_its_rows_in_the_order_of_the_file(tmp_path: Path, kinds: dict[str, str]) -> None:
    source = JsonLines(_people(tmp_path), kinds)
    assert await source.types() == ("User", "Group", "Grant")
    assert [await source.size(each) for each in ("User", "Group", "Grant", "App")] == [3, 1, 1, 0]
    users = [each async for each in source.rows("User")]
    assert [(each.key, each.place) for each in users if isinstance(each, Row)] == [
        ("u1", "people.jsonl:1"),
        ("bob", "people.jsonl:5"),
        ("u3", "people.jsonl:7"),
    ]
    assert [each.place for each in users if isinstance(each, Unreadable)] == [
        f"people.jsonl:{line}" for line in (4, 8, 9, 10)
    ]
    grants = [each async for each in source.rows("Grant")]
    assert grants == [Row("Grant", "x", {"grantMechanism": "ADMINISTRATOR_TO_USER"}, "people.jsonl:6")]
    assert [each async for each in source.rows("App")] == []


async def test_a_pass_can_go_on_behind_a_key(tmp_path: Path, kinds: dict[str, str]) -> None:
    source = JsonLines(_people(tmp_path), kinds)
    behind = [each async for each in source.rows("User", after="bob")]
    assert [each.key for each in behind if isinstance(each, Row)] == ["u3"]
    assert [each async for each in source.rows("User", after="u3") if isinstance(each, Row)] == []


async def test_a_file_that_cannot_be_read_is_told_by_its_name(tmp_path: Path, kinds: dict[str, str]) -> None:
    with pytest.raises(SourceError, match=r"gone\.jsonl cannot be read"):
        await JsonLines(tmp_path / "gone.jsonl", kinds).types()


async def test_no_row_shows_its_content(tmp_path: Path, kinds: dict[str, str]) -> None:
    async for each in JsonLines(_people(tmp_path), kinds).rows("User"):
        assert "ann" not in repr(each)
        assert "Nothing" not in repr(each)
