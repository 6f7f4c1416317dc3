"""A real Redis for tests: Debian's package, installed when it is missing and that is allowed, started and stopped by the test."""

from __future__ import annotations

import socket
import subprocess
import time
from pathlib import Path

from tests import debian

MISSING = (
    "NO REDIS: what replicas share is not tested. Install Debian's redis-server, or run as root where apt-get works."
)


class RedisServer:
    """A server on a port of its own, which keeps what it has when it is stopped and started again."""

    def __init__(self, folder: Path, *options: str, tls: bool = False) -> None:
        self.port = _free_port()
        self.url = f"{'rediss' if tls else 'redis'}://{'localhost' if tls else '127.0.0.1'}:{self.port}/0"
        port = ("--port", "0", "--tls-port", str(self.port)) if tls else ("--port", str(self.port))
        self._command = ["redis-server", *port, "--bind", "127.0.0.1", "--dir", str(folder), *options]
        self._command += ["--save", "", "--appendonly", "yes", "--appendfsync", "always"]
        self._running: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._running = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 10
        while time.monotonic() < until and self._running.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.01)
        raise RuntimeError("redis-server does not start")

    def stop(self) -> None:
        if self._running is not None:
            self._running.terminate()
            self._running.wait(10)
            self._running = None


def is_there() -> bool:
    """Whether redis-server can be run."""
    return debian.is_there("redis-server", "redis-server")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
