"""A gateway that runs: its admin port, what it counts, mappings taken up while it serves, and a stop that loses no request."""

from __future__ import annotations

import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from gateway.mapping.load import find_mappings
from tests.process import Server, run, serving

HEADERS = {"Authorization": "Bearer t"}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


@contextmanager
def gateway(**settings: str) -> Iterator[tuple[Server, str]]:
    """A gateway over its sandbox, with an admin port; gives both addresses."""
    port = free_port()
    with serving(
        "serve", "--port", "0", "--token", "t", "--users", "3", GATEWAY_ADMIN=f'{{"port": {port}}}', **settings
    ) as server:
        yield server, f"http://127.0.0.1:{port}"


def eventually(true: Callable[[], bool], seconds: float = 15.0) -> None:
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "it did not come about"
        time.sleep(0.05)


def test_the_admin_port_tells_what_runs_and_counts_without_names_of_people() -> None:
    with gateway() as (server, admin):
        httpx.get(f"{server.url}/scim/v2/Users/u-1001", headers=HEADERS).raise_for_status()
        httpx.get(f"{server.url}/scim/v2/Users", params={"filter": 'userName eq "bjensen"'}, headers=HEADERS)
        assert httpx.get(f"{server.url}/scim/v2/Users/nobody", headers=HEADERS).status_code == 404
        httpx.request("PURGE", f"{server.url}/scim/v2/Users", headers=HEADERS)

        assert httpx.get(f"{admin}/live").json() == {"live": True}
        assert httpx.get(f"{admin}/ready").json() == {"ready": True, "nevisidm": "answers"}
        assert httpx.get(f"{admin}/version").json()["version"]
        users = next(each for each in httpx.get(f"{admin}/mappings").json()["resources"] if each["resource"] == "User")
        assert users["endpoint"] == "/Users"
        assert "replace" in users["verbs"]

        known = httpx.get(f"{admin}/capabilities").json()
        assert {each["known"] for each in known.values()} - {""}
        assert known["release"]["value"]

        text = httpx.get(f"{admin}/metrics").text
        assert 'scim_requests_total{dialect="rfc",operation="get",resource="User",status="200"} 1.0' in text
        assert 'scim_requests_total{dialect="rfc",operation="get",resource="User",status="404"} 1.0' in text
        assert 'nevisidm_calls_total{call="user.read",outcome="2xx"}' in text
        assert "PURGE" not in text
        assert "bjensen" not in text
        assert "u-1001" not in text
        assert httpx.get(f"{server.url}/metrics").status_code in (401, 404), "not on the port for callers"

        for url in (admin, server.url):
            recent = httpx.get(f"{url}/console/api/recent").json()
            assert [each["shape"] for each in recent["requests"][:4]] == [None, "userName eq ?", None, None]
            assert httpx.get(f"{url}/console", headers={"Host": "elsewhere.example"}).status_code == 421

        assert run("ready", "--url", admin).returncode == 0
    assert run("ready", "--url", admin).returncode == 1, "nobody answers any more"


def test_changed_mappings_are_taken_up_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "mappings"
    shutil.copytree(find_mappings(), folder)
    with gateway(GATEWAY_MAPPINGS=str(folder), GATEWAY_RELOAD__WATCH_SECONDS="0.2") as (server, admin):
        describe = "urn:ietf:params:scim:schemas:core:2.0:User"

        def told() -> str:
            answer = httpx.get(f"{server.url}/scim/v2/ResourceTypes/Group", headers=HEADERS)
            return str(answer.json().get("description"))

        before = told()
        file = folder / "Group.yaml"
        whole = file.read_text()
        assert before in whole
        file.write_text(whole.replace(before, "Circles of friends"))
        eventually(lambda: told() == "Circles of friends")

        file.write_text(whole.replace("records:", "rekords:", 1))
        server.process.send_signal(signal.SIGHUP)
        eventually(lambda: "mappings" in httpx.get(f"{admin}/ready").json())
        report = httpx.get(f"{admin}/ready")
        assert report.status_code == 200, "it still serves the former ones"
        assert "Group.yaml" in report.json()["mappings"]
        assert told() == "Circles of friends"
        assert httpx.get(f"{server.url}/scim/v2/Schemas/{describe}", headers=HEADERS).status_code == 200

        file.write_text(whole)
        eventually(lambda: told() == before)
        assert "mappings" not in httpx.get(f"{admin}/ready").json()


def test_a_stop_drains_first_and_loses_no_request() -> None:
    with gateway(GATEWAY_STOP__DRAIN_SECONDS="1.0") as (server, admin):
        statuses: list[int | str] = []
        ended = threading.Event()

        def ask() -> None:
            """As a balancer's client: a connection of its own for each request, until not ready is seen."""
            while not ended.is_set():
                try:
                    statuses.append(httpx.get(f"{server.url}/scim/v2/Users/u-1001", headers=HEADERS).status_code)
                except httpx.HTTPError as error:
                    statuses.append(type(error).__name__)

        asking = threading.Thread(target=ask)
        early = httpx.get(f"{server.url}/scim/v2/Users/u-1001", headers=HEADERS)
        assert "connection" not in early.headers
        asking.start()
        eventually(lambda: len(statuses) > 3)
        server.process.terminate()
        eventually(lambda: httpx.get(f"{admin}/ready").status_code == 503)
        assert httpx.get(f"{admin}/ready").json()["reason"] == "it is stopping"
        late = httpx.get(f"{server.url}/scim/v2/Users/u-1001", headers=HEADERS)
        assert late.headers["connection"] == "close", "who keeps its connection is to ask elsewhere the next time"
        ended.set()
        asking.join()
        assert server.process.wait(10) == 0
        assert set(statuses) == {200}


def test_an_admin_port_in_use_is_said_before_anything_is_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--port", "0", "--empty", GATEWAY_ADMIN=f'{{"port": {port}}}')
    assert ended.returncode == 3
    assert f"127.0.0.1:{port}" in ended.stderr


@pytest.mark.parametrize("arguments", [(), ("--url", "ftp-is-no-address")])
def test_ready_without_an_address_says_what_to_set(arguments: tuple[str, ...]) -> None:
    assert run("ready", *arguments).returncode in (1, 3)
