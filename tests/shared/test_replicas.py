"""Several gateways over one nevisIDM and one Redis: limits hold together, a change is done once, and Redis may come and go."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from gateway.events import SharedBack, SharedLost
from gateway.sandbox.misbehave import Fault, Misbehaviour
from gateway.shared import falling
from tests.shared.conftest import KEY, Replica, Replicas
from tests.shared.redis_server import RedisServer

USER = "urn:ietf:params:scim:schemas:core:2.0:User"
CHECK = "urn:ietf:params:scim:schemas:oracle:idcs:PasswordAuthenticator"


def person(name: str) -> dict[str, Any]:
    return {
        "schemas": [USER],
        "userName": name,
        "name": {"givenName": "Ada", "familyName": "Example"},
        "emails": [{"value": f"{name}@example.org", "type": "work", "primary": True}],
    }


def created(world: Any) -> int:
    """How often nevisIDM was told to make a person."""
    return sum(entry.method == "POST" and entry.path.endswith(("/identity", "/users")) for entry in world.box.journal())


@pytest.fixture
def journal(world: Any) -> Any:
    world.box.journal.on = True
    return world


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis is asked again at once after a failure, so that tests need not wait."""
    monkeypatch.setattr(falling, "PAUSE", 0.02)


@pytest.fixture
def gone(redis: RedisServer) -> Iterator[RedisServer]:
    """The Redis of this test alone may be stopped; it runs again afterwards."""
    yield redis
    redis.stop()
    redis.start()


def happened(replica: Replica, kind: type) -> int:
    return sum(isinstance(event, kind) for event in replica.events)


async def test_the_rates_of_a_caller_hold_for_all_replicas_together(replicas: Replicas) -> None:
    pair = await replicas(rates={"tier": "none", "groups": {"others": ["6/hour"]}})
    answers = [await pair[number % 2].send("GET", "/admin/v1/Users?count=0") for number in range(8)]
    assert [answer.status_code for answer in answers] == [200] * 6 + [429] * 2
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 600


async def test_password_checks_of_one_subject_are_counted_together(replicas: Replicas) -> None:
    pair = await replicas()
    body = {"schemas": [CHECK], "mappingAttributeValue": "bjensen", "password": "wrong"}
    codes = [(await pair[n % 2].send("POST", "/admin/v1/PasswordAuthenticator", body)).status_code for n in range(12)]
    assert codes == [400] * 10 + [429] * 2


async def test_the_same_token_at_both_is_one_person(journal: Any, replicas: Replicas) -> None:
    one, two = await replicas()
    first = await one.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")
    again = await two.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["location"], again.headers["etag"]) == (
        first.content,
        first.headers["location"],
        first.headers["etag"],
    )
    assert created(journal) == 1
    other = await two.send("POST", "/admin/v1/Users", person("bob"), opc_retry_token="t1")
    assert 'details="GW125"' in other.headers["proxy-status"]


async def test_the_same_token_at_both_at_once_is_one_person(journal: Any, replicas: Replicas) -> None:
    pair = await replicas()
    sent = (each.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1") for each in pair * 3)
    answers = await asyncio.gather(*sent)
    assert created(journal) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert all('details="GW126"' in each.headers["proxy-status"] for each in answers if each.status_code == 409)
    later = await pair[1].send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")
    assert later.status_code == 201


async def test_a_deletion_is_told_again_by_the_other(replicas: Replicas) -> None:
    one, two = await replicas()
    made = await one.send("POST", "/admin/v1/Users", person("ada"))
    address = f"/admin/v1/Users/{made.json()['id']}?forceDelete=true"
    assert [(await each.send("DELETE", address, opc_retry_token="gone")).status_code for each in (one, two)] == [
        204,
        204,
    ]


async def test_while_redis_is_gone_nothing_stands_still_and_it_is_used_again(
    brief: None, gone: RedisServer, replicas: Replicas
) -> None:
    pair = await replicas(rates={"tier": "none", "groups": {"others": ["8/hour"]}})
    one, two = pair
    assert (await one.send("GET", "/admin/v1/Users?count=0")).status_code == 200
    gone.stop()
    codes = [(await one.send("GET", "/admin/v1/Users?count=0")).status_code for _ in range(6)]
    assert codes == [200] * 4 + [429] * 2  # its share: half of eight
    assert (happened(one, SharedLost), happened(one, SharedBack), happened(two, SharedLost)) == (1, 0, 0)
    gone.start()
    await asyncio.sleep(0.05)
    codes = [(await pair[n % 2].send("GET", "/admin/v1/Users?count=0")).status_code for n in range(9)]
    assert codes == [200] * 7 + [429] * 2  # seven of eight were left
    assert (happened(one, SharedBack), happened(two, SharedLost)) == (1, 0)


async def test_a_post_with_a_token_waits_for_redis_and_everything_else_goes_on(
    brief: None, gone: RedisServer, journal: Any, replicas: Replicas
) -> None:
    one, two = await replicas()
    gone.stop()
    refused = await one.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
    assert 'details="GW510"' in refused.headers["proxy-status"]
    assert created(journal) == 0
    made = await one.send("POST", "/admin/v1/Users", person("bob"))
    assert made.status_code == 201
    address = f"/admin/v1/Users/{made.json()['id']}"
    changed = {**person("bob"), "title": "Dr"}
    assert (await one.send("PUT", address, changed, opc_retry_token="t2")).status_code == 200
    assert (await one.send("PUT", address, changed, opc_retry_token="t2")).status_code == 200
    gone.start()
    await asyncio.sleep(0.05)
    codes = [
        (await each.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")).status_code
        for each in (one, two)
    ]
    assert codes == [201, 201]
    assert created(journal) == 2


async def test_by_a_setting_it_is_done_once_in_each_process(
    brief: None, gone: RedisServer, journal: Any, replicas: Replicas
) -> None:
    one, _ = await replicas(sharing={"retries_without": "process"})
    gone.stop()
    codes = [
        (await one.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")).status_code for _ in range(2)
    ]
    assert (codes, created(journal)) == ([201, 201], 1)


async def test_an_answer_that_redis_never_got_is_told_and_handed_over_later(
    brief: None, gone: RedisServer, journal: Any, nevis: Misbehaviour, replicas: Replicas
) -> None:
    one, two = await replicas()
    nevis.faults.append(Fault("none", latency=0.2, method="POST"))
    running = asyncio.ensure_future(one.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1"))
    await asyncio.sleep(0.1)
    gone.stop()
    first = await running
    assert first.status_code == 201
    assert happened(one, SharedLost) == 1
    again = await one.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")
    assert again.content == first.content
    gone.start()
    await asyncio.sleep(0.05)
    waits = await two.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")
    assert 'details="GW126"' in waits.headers["proxy-status"]
    assert (await one.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")).content == first.content
    assert (await two.send("POST", "/admin/v1/Users", person("ada"), opc_retry_token="t1")).content == first.content
    assert created(journal) == 1


async def test_a_redis_that_is_not_there_at_start_is_no_reason_not_to_start(
    brief: None, world: Any, replicas: Replicas
) -> None:
    [alone] = await replicas(1, sharing={"redis": "redis://127.0.0.1:1/0", "key": KEY})
    assert (await alone.send("GET", "/admin/v1/Users?count=1")).status_code == 200


async def test_nobody_waits_for_a_redis_that_hangs(world: Any, replicas: Replicas) -> None:
    held: list[asyncio.StreamWriter] = []
    silent = await asyncio.start_server(lambda _, writer: held.append(writer), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    limits = {"tier": "none", "groups": {"others": ["1000/minute"]}}
    [one] = await replicas(1, sharing={"redis": f"redis://127.0.0.1:{port}/0", "timeout": 0.1}, rates=limits)
    began = asyncio.get_running_loop().time()
    for _ in range(5):
        assert (await one.send("GET", "/admin/v1/Users?count=0")).status_code == 200
    assert asyncio.get_running_loop().time() - began < 0.8  # one timeout, not five
    assert happened(one, SharedLost) == 1
    silent.close()
    for writer in held:
        writer.close()


async def test_a_client_s_assertion_is_good_once_for_all_replicas(
    brief: None, gone: RedisServer, replicas: Replicas, tmp_path: Path
) -> None:
    key = RSAKey.generate_key(2048)
    (tmp_path / "client.pem").write_bytes(key.as_pem(private=False))
    robot = {
        "subject": "Robot",
        "client_id": "robot",
        "client_key_file": str(tmp_path / "client.pem"),
        "roles": ["Reader"],
    }
    issuer = "https://gateway.example"
    one, two = await replicas(callers=[robot], token_endpoint={"issuer": issuer})

    async def fetch(replica: Replica, name: str) -> int:
        claims = {"iss": "robot", "sub": "robot", "aud": issuer, "exp": int(time.time()) + 60, "jti": name}
        form = {
            "grant_type": "client_credentials",
            "client_id": "robot",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode({"alg": "RS256"}, claims, key),
        }
        answer = await replica.client.post("/oauth2/v1/token", data=form, headers={"Authorization": ""})
        return answer.status_code

    assert [await fetch(one, "a"), await fetch(two, "a"), await fetch(one, "a")] == [200, 400, 400]
    gone.stop()
    assert [await fetch(one, "b"), await fetch(one, "b"), await fetch(one, "a")] == [200, 400, 400]
    gone.start()
