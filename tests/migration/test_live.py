"""A live source: nobody is lost, however the provider pages and whoever changes it meanwhile; it waits for who is busy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.errors import ConfigError
from gateway.migration.live.connection import Connection
from gateway.migration.live.live import Live, Undated
from gateway.migration.live.opening import is_live, live
from gateway.migration.row import Row, Unreadable
from gateway.migration.source import SourceError
from gateway.nevisidm.engine import Exchange, Unreachable
from gateway.nevisidm.login import bearer
from gateway.settings.migration import MigrationSettings
from tests.conftest import shipped
from tests.migration.provider import Directory

pytestmark = pytest.mark.anyio
BASE = "https://people.example/v2"
ABLE = ("cursor", "gt", "dated", "sort", "claims to sort")


def types() -> list[Any]:
    return [each.type for each in shipped().by_name.values()]


def source(directory: Directory, slept: list[float] | None = None) -> Live:
    async def sleep(seconds: float) -> None:
        (slept if slept is not None else []).append(seconds)

    connection = Connection(BASE, directory, bearer("secret"), sleep=sleep, patience=60)
    return Live(connection, types())


async def everybody(from_: Live, after: str | None = None) -> list[Row | Unreadable]:
    return [each async for each in from_.rows("User", after)]


def keys(rows: list[Row | Unreadable]) -> list[str]:
    assert all(isinstance(each, Row) for each in rows)
    return [each.key for each in rows if isinstance(each, Row)]


# whoever is there from the first page to the last comes


@settings(max_examples=100, deadline=None)
@given(
    able=st.frozensets(st.sampled_from(ABLE)),
    size=st.integers(0, 23),
    limit=st.integers(2, 7),
    changes=st.lists(st.tuples(st.sampled_from(("put", "remove", "no")), st.integers(0, 40)), max_size=12),
    resumed=st.booleans(),
)
@example(  # a page without anybody, between two others
    able=frozenset(("sort", "gt")),
    size=8,
    limit=2,
    changes=[("put", 0), ("put", 0), ("put", 1), ("remove", 3)],
    resumed=False,
)
async def test_who_stays_comes_whoever_else_comes_and_goes(
    able: frozenset[str], size: int, limit: int, changes: list[tuple[str, int]], resumed: bool
) -> None:
    directory = Directory(able, limit=limit)
    for number in range(size):
        directory.put(f"{number * 7 % 23:03}")
    first = sorted(directory.rows) if {"sort", "cursor"} & able else list(directory.rows)
    after = first[len(first) // 2] if resumed and first else None
    stayed = set(first)
    pending = iter(changes)

    def between(there: Directory) -> None:
        what, number = next(pending, ("no", 0))
        if what == "put":
            there.put(f"{number:03}", "changed")
        if what == "remove":
            there.remove(f"{number:03}")
            stayed.discard(f"{number:03}")

    directory.between = between
    rows = keys(await everybody(source(directory), after))
    came = set(rows)
    assert len(rows) == len(came)
    if after is None:
        assert stayed <= came
    else:
        assert {each for each in stayed if first.index(each) > first.index(after)} <= came


async def test_a_resumed_walk_begins_behind_the_row_that_was_done() -> None:
    for able in (("gt", "sort"), ("cursor",), ("sort",), ()):
        directory = Directory(frozenset(able), limit=3)
        for number in range(9):
            directory.put(f"{number}")
        assert keys(await everybody(source(directory), "4")) == ["5", "6", "7", "8"], able
        directory.remove("4")
        assert set("5678") <= set(keys(await everybody(source(directory), "4"))), able


async def test_a_cursor_that_got_too_old_is_begun_again() -> None:
    directory = Directory(frozenset(("cursor",)), limit=3)
    for number in range(9):
        directory.put(f"{number}")
    directory.between = lambda there: there._walks.clear() if there.answers == 5 else None
    assert keys(await everybody(source(directory))) == list("012345678")


# patience, and where it ends


async def test_a_busy_source_is_given_its_time_and_a_broken_network_another_try() -> None:
    slept: list[float] = []
    directory = Directory(
        frozenset(("gt", "sort")),
        troubles=[Exchange(429, {"retry-after": "7"}, b""), Unreachable("gone", sent=True), Exchange(503, {}, b"")],
    )
    directory.put("1")
    assert keys(await everybody(source(directory, slept=slept))) == ["1"]
    assert slept[0] == 7.0
    assert len(slept) == 3
    assert all(0 < each <= 30 for each in slept[1:])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Exchange(401, {}, b""), "does not take the token"),
        (Exchange(403, {}, b""), "forbids it"),
        (Exchange(302, {"location": "https://elsewhere"}, b""), "sends us elsewhere"),
        (Exchange(200, {}, b"<html>"), "no SCIM"),
        (Exchange(503, {"retry-after": "400"}, b"secret"), "does not answer: it answers 503"),
    ],
)
async def test_what_never_comes_right_is_told_with_the_cure_and_without_secrets(answer: Exchange, says: str) -> None:
    directory = Directory(frozenset(), troubles=[answer] * 20)
    with pytest.raises(SourceError, match=says) as refused:
        await source(directory).types()
    assert "secret" not in str(refused.value)


async def test_changes_keys_and_single_rows_can_be_asked_for() -> None:
    directory = Directory(frozenset(("gt", "sort", "dated")), limit=2)
    for number in range(5):
        directory.put(f"{number}")
    from_ = source(directory)
    assert await from_.types() == ("User",)
    assert await from_.size("User") == 5
    assert [each async for each in from_.keys("User")] == list("01234")
    found = await from_.again("User", "3")
    assert isinstance(found, Row)
    assert found.resource["userName"] == "user-3"
    assert found.place == f"{BASE}/Users/3"
    assert await from_.again("User", "9") is None
    directory.answers += 1000
    directory.put("2", "other")
    changed = [each async for each in from_.changed("User", directory.now)]
    assert keys(changed) == ["2"]
    directory.able = frozenset()
    with pytest.raises(Undated):
        _ = [each async for each in from_.changed("User", directory.now)]


# the address and the login


def test_an_address_is_https_and_holds_no_secret() -> None:
    assert is_live("scim+https://idcs.example/admin/v1")
    assert not is_live("people.jsonl")
    said = MigrationSettings(token="t")
    assert live("scim+https://idcs.example/admin/v1/", said, types()).name == "https://idcs.example/admin/v1"
    assert live("scim+http://127.0.0.1:8080/scim/v2", said, types()).name == "http://127.0.0.1:8080/scim/v2"
    for wrong in ("scim+http://idcs.example/v2", "scim+https://a:b@idcs.example/v2", "scim+https://x/v2?token=1", "x"):
        with pytest.raises(ConfigError) as refused:
            live(wrong, said, types())
        assert "a:b" not in str(refused.value)


def test_a_login_is_needed_and_comes_from_a_file_or_the_environment(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs a login"):
        live("scim+https://idcs.example/admin/v1", MigrationSettings(), types())
    for wrong in (
        {"token": "a", "client_id": "b", "client_secret": "c"},
        {"client_id": "b"},
        {"token": "a", "token_file": "f"},
    ):
        with pytest.raises(ValueError, match=r"leave one|belong together"):
            MigrationSettings(**wrong)
    file = tmp_path / "token"
    file.write_text("in-a-file\n")
    live("scim+https://idcs.example/v2", MigrationSettings(token_file=file), types())
    with pytest.raises(ConfigError, match="token_url must be set"):
        live("scim+https://plain.example/v2", MigrationSettings(client_id="me", client_secret="s"), types())
    live("scim+https://idcs.example/admin/v1", MigrationSettings(client_id="me", client_secret="s"), types())
