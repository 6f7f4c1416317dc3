"""Several workers behind one port, and replicas that are restarted in turn behind a balancer while somebody asks all the time."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import queue
import re
import shutil
import signal
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from gateway.errors import ConfigError
from gateway.mapping.load import find_mappings
from gateway.observe.summed import summed
from gateway.running.worker import with_key
from gateway.running.workers import check, serve_workers
from gateway.settings import Settings
from gateway.settings.source import load_settings
from tests.process import ROOT, Server, serving
from tests.test_running import eventually, free_port

FEW = Path(tempfile.gettempdir()) / f"scim-nevisidm-few-{os.getpid()}"
HEADERS = {"Authorization": "Bearer t"}
CALLERS = json.dumps([{"subject": "hr", "token": "t", "roles": ["Identity Domain Administrator"]}])

KEY = "the-key-of-the-console-0001"


@pytest.fixture(scope="module", autouse=True)
def few() -> Iterator[None]:
    """Two mappings, so that a process starts sooner."""
    FEW.mkdir()
    for name in ("User.yaml", "Group.yaml"):
        shutil.copy(find_mappings() / name, FEW)
    yield
    shutil.rmtree(FEW)


@pytest.fixture(scope="module")
def nevisidm() -> Iterator[str]:
    with serving("sandbox", "--port", "0", "--users", "3", "--token", "technical") as server:
        yield server.url


@pytest.fixture(scope="module")
def first(nevisidm: str) -> Iterator[Replica]:
    """Two workers; the tests that use it stand in this order, and the last one ends it."""
    made = replica(nevisidm, workers=2)
    with made.stack:
        yield made


def settings(nevisidm: str, admin: int) -> dict[str, str]:
    return {
        "GATEWAY_NEVISIDM__URL": nevisidm,
        "GATEWAY_NEVISIDM__LOGIN__TOKEN": "technical",
        "GATEWAY_CALLERS": CALLERS,
        "GATEWAY_ADMIN__PORT": str(admin),
        "GATEWAY_STOP__DRAIN_SECONDS": "1.5",
        "GATEWAY_PROBE": "false",
        "GATEWAY_MAPPINGS": str(FEW),
        "GATEWAY_CONSOLE__ENABLED": "true",
        "GATEWAY_CONSOLE__KEY": KEY,
    }


@dataclass
class Replica:
    """A gateway that a balancer knows: where it answers and where its admin port is."""

    server: Server
    admin: str
    stack: ExitStack

    @property
    def address(self) -> tuple[str, int]:
        host, port = self.server.url.removeprefix("http://").split(":")
        return host, int(port)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.admin}/ready", timeout=2):  # noqa: S310
                return True
        except OSError:  # refused, or 503
            return False


def replica(nevisidm: str, workers: int = 1) -> Replica:
    admin, stack = free_port(), ExitStack()
    options = ("serve", "--port", "0", "--workers", str(workers))
    server = stack.enter_context(serving(*options, **settings(nevisidm, admin)))
    return Replica(server, f"http://127.0.0.1:{admin}", stack)


class Balancer:
    """As kube-proxy: a new connection goes to one of those that said ready last; those that there are stay where they are."""

    def __init__(self, replicas: list[Replica]) -> None:
        self._replicas = replicas
        self._ready: list[Replica] = list(replicas)
        self._turn = 0
        self._served: set[asyncio.Task[None]] = set()

    @contextmanager
    def balancing(self) -> Iterator[str]:
        told: queue.Queue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]] = queue.Queue()
        thread = threading.Thread(target=lambda: asyncio.run(self._balance(told)))
        thread.start()
        port, loop, stop = told.get(timeout=10)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join()

    async def _balance(self, told: queue.Queue[tuple[int, asyncio.AbstractEventLoop, asyncio.Event]]) -> None:
        stop = asyncio.Event()
        async with (
            httpx.AsyncClient(timeout=1) as client,
            await asyncio.start_server(self._taken, "127.0.0.1") as server,
        ):
            asking = asyncio.create_task(self._ask(client))
            told.put((server.sockets[0].getsockname()[1], asyncio.get_running_loop(), stop))
            await stop.wait()
            asking.cancel()
            await asyncio.gather(asking, *self._served, return_exceptions=True)

    async def _ask(self, client: httpx.AsyncClient) -> None:
        async def is_ready(each: Replica) -> bool:
            try:
                return (await client.get(f"{each.admin}/ready")).status_code == 200
            except httpx.HTTPError:
                return False

        while True:
            asked = list(self._replicas)
            self._ready = [
                each for each, yes in zip(asked, await asyncio.gather(*map(is_ready, asked)), strict=True) if yes
            ]
            await asyncio.sleep(0.1)

    async def _taken(self, here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self._turn += 1
        there, on = await asyncio.open_connection(*self._ready[self._turn % len(self._ready)].address)
        task = asyncio.current_task()
        assert task is not None
        self._served.add(task)
        try:
            await asyncio.gather(_carry(here, on), _carry(there, back))
        finally:
            on.close()
            back.close()
            self._served.discard(task)


async def _carry(here: asyncio.StreamReader, there: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await here.read(65536):
            there.write(data)
            await there.drain()
    there.close()


class Asking:
    """Clients that ask all the time: one keeps its connections, one opens one for each request."""

    def __init__(self, url: str) -> None:
        self.statuses: list[int | str] = []
        self._url = f"{url}/scim/v2/Users/u-1001"
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(keeps,)) for keeps in (True, False)]

    def __enter__(self) -> Asking:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for each in self._threads:
            each.join()

    def _ask(self, keeps: bool) -> None:
        limits = httpx.Limits(max_keepalive_connections=None if keeps else 0)
        with httpx.Client(limits=limits, headers=HEADERS, timeout=10) as client:
            while not self._ended.wait(0.05):
                try:
                    self.statuses.append(client.get(self._url).status_code)
                except httpx.HTTPError as error:
                    self.statuses.append(repr(error))


def children(process: int) -> list[int]:
    with open(f"/proc/{process}/task/{process}/children", encoding="ascii") as file:
        return [int(each) for each in file.read().split()]


@pytest.mark.skipif(not os.path.exists("/proc/self/task"), reason="finds the workers as Linux tells them")
def test_workers_share_a_port_count_together_and_are_replaced(first: Replica) -> None:
    url, admin = first.server.url, first.admin
    assert ", 2 workers" in first.server.said
    assert "knows only its own retry tokens" in first.server.said, "without Redis that is said at start"
    parent = first.server.process.pid
    assert len(children(parent)) == 2

    def counted() -> float:
        text = httpx.get(f"{admin}/metrics").text
        found = re.findall(r'^scim_requests_total\{[^}]*status="200"\} (\S+)$', text, re.M)
        assert len(found) <= 1, "a series stands there once"
        return float(found[0]) if found else 0.0

    for _ in range(12):
        httpx.get(f"{url}/scim/v2/Users/u-1001", headers=HEADERS).raise_for_status()
    assert counted() == 12.0
    report = httpx.get(f"{admin}/ready").json()
    assert report == {"ready": True, "nevisidm": "answers", "workers": {"serving": 2, "wanted": 2}}
    assert httpx.get(f"{admin}/live").json() == {"live": True}
    assert any(each["resource"] == "User" for each in httpx.get(f"{admin}/mappings").json()["resources"])

    console, shown = f"{admin}/console", httpx.BasicAuth("operator", KEY)
    assert httpx.get(console).status_code == 401
    assert "<!doctype html>" in httpx.get(console, auth=shown).text
    assert httpx.get(console, auth=shown, headers={"Host": "elsewhere.example"}).status_code == 421
    asked = {"address": "/scim/v2/Users/u-1001"}
    run = functools.partial(httpx.post, f"{console}/api/run", auth=shown, json=asked)
    assert run(headers={"Origin": "http://elsewhere.example"}).status_code == 403
    told = run(headers={"Origin": admin}).json()
    assert told["run"]["answer"]["status"] == 200
    assert told["run"]["answer"]["body"]["userName"] == "***", "a real nevisIDM, as far as it knows"
    assert httpx.get(f"{url}/console").status_code in (401, 404), "not on the port for callers"

    first.server.process.send_signal(signal.SIGHUP)
    eventually(lambda: sum('"MappingsSwapped"' in line for line in first.server.later) == 2)

    victim = children(parent)[0]
    os.kill(victim, signal.SIGKILL)
    eventually(lambda: victim not in children(parent))
    for _ in range(8):
        httpx.get(f"{url}/scim/v2/Users/u-1001", headers=HEADERS).raise_for_status()
    assert counted() == 20.0, "what the dead one had counted stays counted"
    eventually(lambda: len(children(parent)) == 2)
    eventually(lambda: httpx.get(f"{admin}/ready").json()["workers"]["serving"] == 2)
    assert 'scim_workers_ended_total{status="-9"} 1.0' in httpx.get(f"{admin}/metrics").text
    assert any('"WorkerEnded"' in line for line in first.server.later)


def test_replicas_are_restarted_in_turn_and_no_request_fails(nevisidm: str, first: Replica) -> None:
    running = [first, replica(nevisidm)]
    try:
        with Balancer(running).balancing() as url, Asking(url) as asking:
            eventually(lambda: len(asking.statuses) > 20)
            for number, former in enumerate(list(running)):
                former.server.process.send_signal(signal.SIGTERM)
                eventually(lambda former=former: not former.ready())
                assert former.server.process.wait(30) == 0, "it drains by itself; a second signal would cut that short"
                former.stack.close()
                running[number] = replica(nevisidm)
                eventually(running[number].ready)
            before = len(asking.statuses)
            eventually(lambda: len(asking.statuses) > before + 20)
    finally:
        for each in running:
            each.stack.close()
    assert set(asking.statuses) == {200}, [each for each in asking.statuses if each != 200][:5]
    assert len(asking.statuses) > 60


def test_what_would_differ_between_workers_is_refused() -> None:
    with pytest.raises(ConfigError, match="an embedded sandbox of its own"):
        check(Settings())
    endpoint = {"issuer": "https://gateway.example"}
    with pytest.raises(ConfigError, match="sign with a key of its own"):
        check(Settings(nevisidm={"url": "http://127.0.0.1:9"}, token_endpoint=endpoint))


async def test_what_is_wrong_with_a_worker_is_said_once_and_ends_it_all(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "gateway.yaml"
    config.write_text("nevisidm: { url: 'http://127.0.0.1:9' }\nprobe: false\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    assert await serve_workers(load_settings(config, {}), config, "127.0.0.1", 0, 3) == 3
    assert capfd.readouterr().err.count("needs token") == 1


def test_scrapes_are_added_up_series_by_series() -> None:
    head = "# HELP a_total A.\n# TYPE a_total counter\n"
    one = f'{head}a_total{{x="1"}} 1.0\na_total{{x="2"}} 2.0\n# HELP a_created A.\n# TYPE a_created gauge\na_created{{x="1"}} 5.0\n'
    two = f'{head}a_total{{x="2"}} 3.5\na_total{{x="3"}} 1.0\n# HELP a_created A.\n# TYPE a_created gauge\na_created{{x="1"}} 4.0\n'
    lines = summed((one.encode(), b"", two.encode())).decode().splitlines()
    assert [line for line in lines if not line.startswith("#")] == [
        'a_total{x="1"} 1.0',
        'a_total{x="2"} 5.5',
        'a_total{x="3"} 1.0',
        'a_created{x="1"} 4.0',
    ]
    assert lines.count("# TYPE a_total counter") == 1
    assert summed(()) == b""


def test_workers_share_a_key_for_cursors_unless_the_settings_have_one() -> None:
    from pydantic import SecretStr

    key = with_key(Settings(), SecretStr("k" * 40)).cursors.key
    assert key is not None
    assert key.get_secret_value() == "k" * 40
    own = with_key(Settings(cursors={"key": "o" * 40}), SecretStr("k" * 40)).cursors.key
    assert own is not None
    assert own.get_secret_value() == "o" * 40
