"""What is shared is the same in a process and in Redis: one set of promises, told to both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from gateway.command.checking import check_shared
from gateway.edge.sharing import shared_for
from gateway.errors import ConfigError
from gateway.events import SILENT
from gateway.settings import Settings
from gateway.settings.limits import SharedSettings
from gateway.shared.in_process import _OFTEN, InProcess, Table
from gateway.shared.in_redis import InRedis, Place
from gateway.shared.rate import Rate
from gateway.shared.state import Lost, Shared
from tests.shared.conftest import KEY
from tests.shared.redis_server import RedisServer


@pytest.fixture(params=["process", "redis"])
async def state(request: pytest.FixtureRequest) -> AsyncIterator[Shared]:
    if request.param == "process":
        yield InProcess()
        return
    said = request.getfixturevalue("shared")
    made = InRedis(Place(said["redis"], said["prefix"]), KEY.encode())
    yield made
    await made.aclose()


async def test_a_bucket_gives_so_many_at_once_and_then_says_when(state: Shared) -> None:
    rate = (Rate(3, 3600.0),)
    assert [await state.take(("rate", "a"), rate) for _ in range(3)] == [0.0, 0.0, 0.0]
    assert 1195 < await state.take(("rate", "a"), rate) <= 1200
    assert await state.take(("rate", "b"), rate) == 0.0


async def test_a_bucket_fills_again(state: Shared) -> None:
    rate = (Rate(10, 2.0),)
    wait = 0.0
    while wait == 0.0:
        wait = await state.take(("rate", "a"), rate)
    await asyncio.sleep(wait + 0.01)
    assert await state.take(("rate", "a"), rate) == 0.0


async def test_of_several_rates_all_must_have_room_and_none_is_charged_for_nothing(state: Shared) -> None:
    both = (Rate(100, 3600.0), Rate(1, 3600.0))
    assert await state.take(("rate", "a"), both) == 0.0
    for _ in range(200):
        assert await state.take(("rate", "a"), both) > 3500
    assert await state.take(("rate", "a"), both[:1]) == 0.0


async def test_a_look_costs_nothing(state: Shared) -> None:
    rate = (Rate(1, 3600.0),)
    for _ in range(5):
        assert await state.take(("failed", "a"), rate, 0) == 0.0
    assert await state.take(("failed", "a"), rate) == 0.0
    assert await state.take(("failed", "a"), rate, 0) > 3500


async def test_many_at_once_get_no_more_than_there_is(state: Shared) -> None:
    waits = await asyncio.gather(*(state.take(("rate", "x"), (Rate(10, 3600.0),)) for _ in range(50)))
    assert waits.count(0.0) == 10


async def test_a_name_counts_on_whatever_else_is_counted_meanwhile() -> None:
    state, rate = InProcess(), (Rate(2, 3600.0),)
    found = []
    for _ in range(3):
        found.append(await state.take(("rate", "a"), rate))
        for number in range(_OFTEN + 1):
            assert await state.take(("rate", "b", str(number)), rate, 0) == 0.0
    assert found[:2] == [0.0, 0.0]
    assert found[2] > 1700
    assert len(state._known) <= _OFTEN


async def test_buckets_are_bounded_and_the_oldest_makes_room() -> None:
    state, rate = InProcess(most=2), (Rate(1, 3600.0),)
    assert [await state.take(("rate", name), rate) for name in "abc"] == [0.0, 0.0, 0.0]
    assert [await state.take(("rate", name), rate) > 0 for name in "bc"] == [True, True]
    assert await state.take(("rate", "a"), rate) == 0.0


async def test_attempts_are_counted_exactly(state: Shared) -> None:
    rate = Rate(3, 0.3)
    assert [await state.attempt(("check", "a"), rate) for _ in range(3)] == [0.0, 0.0, 0.0]
    wait = await state.attempt(("check", "a"), rate)
    assert 0.1 < wait <= 0.3
    await asyncio.sleep(wait + 0.02)
    assert await state.attempt(("check", "a"), rate) == 0.0


async def test_a_name_is_seen_once_for_its_time(state: Shared) -> None:
    assert [await state.seen(("jti", "a"), 0.1) for _ in range(2)] == [False, True]
    await asyncio.sleep(0.12)
    assert await state.seen(("jti", "a"), 60.0) is False


async def test_values_are_claimed_kept_found_and_dropped(state: Shared) -> None:
    name = ("retry", b"\x00\xff")
    assert await state.claim(name, b"first", 60) is None
    assert await state.claim(name, b"second", 60) == b"first"
    await state.keep(name, b"third", 60)
    assert await state.find(name) == b"third"
    await state.drop(name)
    assert await state.find(name) is None


async def test_no_two_names_look_alike(state: Shared) -> None:
    assert len({state.digest(*parts) for parts in (("a", "b"), ("ab",), ("a", "", "b"), ("", "ab"))}) == 4


async def test_redis_holds_nothing_that_speaks_of_anybody_and_forgets_everything(shared: dict[str, Any]) -> None:
    state = InRedis(Place(shared["redis"], shared["prefix"]), KEY.encode())
    await state.take(("rate", "bjensen"), (Rate(3, 60.0),))
    await state.attempt(("check", "bjensen"), Rate(3, 60.0))
    await state.seen(("jti", "bjensen"), 60)
    await state.claim(("retry", "bjensen"), b"bjensen@example.org", 60)
    await state.keep(("known", "bjensen"), b"bjensen@example.org", 60)
    client = state._client
    keys = [key async for key in client.scan_iter(f"{shared['prefix']}*")]
    assert len(keys) == 5
    for key in keys:
        assert b"bjensen" not in key
        assert b"bjensen" not in await client.dump(key)
        assert 0 < await client.pttl(key) <= 60_000
    await state.aclose()


async def test_another_key_knows_nothing_and_a_changed_value_is_no_value(shared: dict[str, Any]) -> None:
    ours, theirs = (InRedis(Place(shared["redis"], shared["prefix"]), key) for key in (KEY.encode(), b"x" * 32))
    await ours.keep(("retry", "a"), b"ours", 60)
    assert await theirs.find(("retry", "a")) is None
    [key] = [each async for each in ours._client.scan_iter(f"{shared['prefix']}*")]
    await ours._client.setrange(key, 20, b"?")
    with pytest.raises(Lost):
        await ours.find(("retry", "a"))
    await ours.aclose()
    await theirs.aclose()


async def test_tls_and_the_password_s_file_which_may_change(redis: RedisServer, tmp_path: Path) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    ours = authority.issue_cert("localhost")
    ours.private_key_and_cert_chain_pem.write_to_path(tmp_path / "redis.pem")
    (tmp_path / "data").mkdir()
    (tmp_path / "acl").write_text("user default off\nuser gw on >first >second ~test:* +@all\n")
    pem = str(tmp_path / "redis.pem")
    options = ["--tls-cert-file", pem, "--tls-key-file", pem, "--tls-auth-clients", "no"]
    server = RedisServer(tmp_path / "data", *options, "--aclfile", str(tmp_path / "acl"), tls=True)
    server.start()
    password = tmp_path / "password"
    password.write_text("first\n")
    place = Place(server.url, "test:", "gw", password, tmp_path / "ca.pem", 5.0)
    state = InRedis(place, KEY.encode())
    stranger = InRedis(Place(server.url, "test:", "gw", password, None, 5.0), KEY.encode())
    try:
        await state.check()
        with pytest.raises(Lost):
            await stranger.check()
        password.write_text("wrong")
        await state._client.connection_pool.disconnect()
        with pytest.raises(Lost, match="Auth"):
            await state.check()
        password.write_text("second")
        await state.check()
    finally:
        await state.aclose()
        await stranger.aclose()
        server.stop()


def test_a_redis_needs_a_key_and_no_password_in_its_address() -> None:
    with pytest.raises(ConfigError, match=r"shared\.key"):
        shared_for(SharedSettings(redis="redis://x"), SILENT)
    with pytest.raises(ValueError, match="redis"):
        SharedSettings(redis="redis://:secret@x")
    with pytest.raises(ConfigError, match="no such file"):
        shared_for(SharedSettings(redis="redis://x", key=KEY, password_file="/nowhere/at/all"), SILENT)


def test_a_table_in_this_process_is_bounded() -> None:
    table: Table[int] = Table(2, lambda: 0.0)
    for number in range(3):
        table.put(bytes([number]), number, 1.0)
    assert (len(table), table.get(b"\0"), table.get(b"\2")) == (2, None, 2)


async def test_a_check_says_whether_redis_answers(shared: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert await check_shared(Settings()) == 0
    assert capsys.readouterr().out == ""
    assert await check_shared(Settings(shared=SharedSettings(**shared))) == 0
    assert capsys.readouterr().out == "redis: answers\n"
    gone = SharedSettings(redis="redis://127.0.0.1:1/0", key=KEY)
    assert await check_shared(Settings(shared=gone)) == 1
    assert "redis: does not answer (ConnectionError)" in capsys.readouterr().out
