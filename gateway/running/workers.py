"""Several worker processes behind one port, and the parent that keeps them: it holds the sockets, passes signals on and replaces who dies.

The parent listens and never answers a caller: all workers accept from its one socket, so a connection that a dying worker has not taken is
taken by the next. The admin port is the parent's, too (`together.py` adds the workers up). A worker is a whole gateway: what is to hold
over all of them is in Redis, as with replicas.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import click
import uvicorn

from gateway.errors import ConfigError
from gateway.events import DoneWithout, Events, WorkerEnded
from gateway.observe.log import log_events
from gateway.observe.metrics import Metrics
from gateway.running.listening import alongside, bound, configuration, shown
from gateway.running.together import Together
from gateway.running.worker import READY, Orders
from gateway.settings import Settings

SHORT, PAUSE, LONGEST = 10.0, 1.0, 30.0
"""A worker that lived for less than so many seconds is replaced after a pause, which doubles up to the longest."""


class Failed(Exception):
    """A worker did not come to serve; `status` is how it ended, and it has said why."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class Worker:
    """A process, and where its own admin port is (None: there is none)."""

    process: asyncio.subprocess.Process
    admin: str | None
    began: float = field(default_factory=time.monotonic)


class Workers:
    """Keeps `count` workers. `start` and `wait` belong together."""

    def __init__(
        self, settings: Settings, config: Path | None, count: int, port: socket.socket, events: Events
    ) -> None:
        self.living: list[Worker] = []
        self.count = count
        self.stopping = False
        self._admin = settings.admin is not None
        self._config = config
        self._port = port
        self._events = events
        self._key = secrets.token_urlsafe(48)
        self._keepers: list[asyncio.Task[None]] = []
        self.ended: Callable[[Worker], None] = lambda _: None

    async def start(self) -> None:
        """Start them: the first alone, so that what is wrong is said once. Raises Failed."""
        first = await self._started()
        rest = await asyncio.gather(*(self._started() for _ in range(self.count - 1)))
        self._keepers = [asyncio.create_task(self._keep(each)) for each in (first, *rest)]

    async def wait(self) -> None:
        """Until all of them have ended, because `signal` said so."""
        await asyncio.gather(*self._keepers)

    def signal(self, number: signal.Signals) -> None:
        """Pass a signal on; those that end a process end us, too, once all have ended."""
        if number != signal.SIGHUP:
            number, self.stopping = (signal.SIGINT if self.stopping else number), True
        for each in self.living:
            with contextlib.suppress(ProcessLookupError):
                each.process.send_signal(number)

    async def _started(self) -> Worker:
        """One more that serves. Raises Failed."""
        admin = socket.create_server(("127.0.0.1", 0)) if self._admin else None
        orders = Orders(
            str(self._config) if self._config else None, self._port.fileno(), admin.fileno() if admin else -1
        )
        inherited = [each.fileno() for each in (self._port, admin) if each is not None]
        process = await asyncio.create_subprocess_exec(
            *orders.arguments(),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            pass_fds=inherited,
            start_new_session=True,  # a Ctrl-C is ours to pass on
        )
        assert process.stdin is not None
        assert process.stdout is not None
        address = f"http://127.0.0.1:{admin.getsockname()[1]}" if admin else None
        if admin:
            admin.close()  # the worker has it
        worker = Worker(process, address)
        self.living.append(worker)
        process.stdin.write(f"{self._key}\n".encode())
        if (await process.stdout.readline()).decode().strip() != READY:
            self.living.remove(worker)
            raise Failed(await process.wait())
        return worker

    async def _keep(self, worker: Worker) -> None:
        """Replace it whenever it dies, until we stop."""
        pause = 0.0
        while (status := await self._end_of(worker)) is not None:
            self._events.emit(WorkerEnded(worker.process.pid, status))
            short = time.monotonic() - worker.began < SHORT
            pause = min(LONGEST, max(PAUSE, pause * 2)) if short else 0.0
            worker = await self._another(pause)
            if self.stopping:  # it was not there yet when the signal was passed on
                worker.process.terminate()

    async def _end_of(self, worker: Worker) -> int | None:
        """How it ended; None when that was meant."""
        status = await worker.process.wait()
        self.living.remove(worker)
        self.ended(worker)
        return None if self.stopping else status

    async def _another(self, pause: float) -> Worker:
        while True:
            await asyncio.sleep(pause)
            try:
                return await self._started()
            except Failed as failed:
                self._events.emit(WorkerEnded(0, failed.status))
                pause = min(LONGEST, max(PAUSE, pause * 2))


async def serve_workers(settings: Settings, config: Path | None, host: str, port: int, count: int) -> int:
    """Serve with `count` processes; the exit status. Raises ConfigError for settings that several processes cannot have."""
    check(settings)
    metrics = Metrics()
    events = Events(log_events(settings.log_level), metrics)
    if settings.shared.redis is None:
        meaning = f"Each of {count} workers counts rates for itself and knows only its own retry tokens."
        events.emit(DoneWithout("shared.redis", meaning))
    with contextlib.closing(bound(host, port)) as taken:
        workers = Workers(settings, config, count, taken, events)
        together = Together(lambda: [each.admin for each in workers.living if each.admin], metrics.scrape, count)
        workers.ended = lambda worker: together.gone(worker.admin)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, _passed, workers, together, number)
        try:
            async with alongside(_admin(settings, together)), together.kept():
                await workers.start()
                scheme = "https" if settings.tls is not None else "http"
                url = shown(scheme, taken)
                click.echo(f"Ready: {url}/admin/v1 (IDCS) and {url}/scim/v2 (RFC 7644), {count} workers")
                sys.stdout.flush()
                await workers.wait()
        except Failed as failed:
            workers.signal(signal.SIGTERM)
            return failed.status if failed.status > 0 else 1
    return 0


def check(settings: Settings) -> None:
    """Raises ConfigError for what would not be the same in all workers."""
    if settings.nevisidm.url is None:
        raise ConfigError(
            "workers: several need a nevisIDM (nevisidm.url): each would have an embedded sandbox of its own"
        )
    if settings.token_endpoint is not None and not settings.token_endpoint.key_files:
        raise ConfigError("workers: several need token_endpoint.key_files: each would sign with a key of its own")


def _passed(workers: Workers, together: Together, number: signal.Signals) -> None:
    if number != signal.SIGHUP:
        together.draining = True
    workers.signal(number)


def _admin(settings: Settings, together: Together) -> uvicorn.Config | None:
    if settings.admin is None:
        return None
    return configuration(together.app(), settings.admin.host, settings.admin.port)
