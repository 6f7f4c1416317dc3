"""Two gateways as processes of their own, one Redis between them, which stops in the middle and comes back."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.process import serving
from tests.shared.conftest import KEY
from tests.shared.redis_server import RedisServer
from tests.shared.test_replicas import person
from tests.test_running import free_port

CALLERS = json.dumps([{"subject": "hr", "token": "t", "roles": ["Identity Domain Administrator"]}])
HEADERS = {"Authorization": "Bearer t", "opc-retry-token": "one"}


def test_two_processes_are_one_gateway(redis: RedisServer, shared: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    admin = free_port()
    settings = {
        "GATEWAY_NEVISIDM__LOGIN__TOKEN": "box",
        "GATEWAY_CALLERS": CALLERS,
        "GATEWAY_BASE_URL": "https://scim.example.ch",
        "GATEWAY_SHARED__REDIS": shared["redis"],
        "GATEWAY_SHARED__PREFIX": shared["prefix"],
        "GATEWAY_SHARED__KEY_FILE": str(tmp_path / "key"),
        "GATEWAY_RATES__GROUPS": '{"others": ["60/hour"]}',
    }
    with ExitStack() as running:
        box = running.enter_context(serving("sandbox", "--port", "0", "--users", "1", "--token", "box"))
        settings["GATEWAY_NEVISIDM__URL"] = box.url
        serve = ("serve", "--port", "0")
        one = running.enter_context(serving(*serve, **settings, GATEWAY_ADMIN=f'{{"port": {admin}}}'))
        two = running.enter_context(serving(*serve, **settings))
        client = running.enter_context(httpx.Client(headers=HEADERS, timeout=20))
        people = [f"{each.url}/admin/v1/Users" for each in (one, two)]

        answers = [client.post(address, json=person("ada")) for address in people]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].content == answers[1].content
        found = client.get(people[0], params={"filter": 'userName eq "ada"'})
        assert found.json()["totalResults"] == 1

        redis.stop()
        try:
            refused = client.post(people[0], json=person("bob"), headers={"opc-retry-token": "two"})
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
            assert client.get(people[1], params={"count": 0}).status_code == 200
            told = httpx.get(f"http://127.0.0.1:{admin}/ready")
            assert (told.status_code, "gone" in told.json()["redis"]) == (200, True)
        finally:
            redis.start()
        time.sleep(1.1)
        again = [client.post(address, json=person("bob"), headers={"opc-retry-token": "two"}) for address in people]
        assert [answer.status_code for answer in again] == [201, 201]
        assert again[0].json()["id"] == again[1].json()["id"]
        assert "redis" not in httpx.get(f"http://127.0.0.1:{admin}/ready").json()

        codes = [client.get(people[number % 2], params={"count": 0}).status_code for number in range(60)]
        assert codes.count(429) in (4, 5)  # five of the sixty were asked before; one a minute comes back
