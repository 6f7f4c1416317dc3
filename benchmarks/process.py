"""Processes on a core of their own, and what they cost by the kernel's own accounting."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

CONTENDER, LOAD = "0", "1"
"""Cores: what is measured has one, load and what stands behind have the other."""
TICKS = os.sysconf("SC_CLK_TCK")

Process = subprocess.Popen[bytes]


@contextmanager
def running(
    command: Sequence[str], core: str, url: str, *, environment: Mapping[str, str] | None = None
) -> Iterator[Process]:
    """A process on one core, until something answers at the URL, and to its end."""
    process = subprocess.Popen(
        ["taskset", "-c", core, *command],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**installed(), **(environment or {})},
    )
    try:
        wait_for(url, process)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def installed() -> dict[str, str]:
    """The environment of who runs an installed gateway: its bytecode was written once, as pip and the image do, not at every start."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def wait_for(url: str, process: Process, seconds: float = 60) -> float:
    """Until something answers there; how long that took. Raises RuntimeError if nothing does."""
    began = time.monotonic()
    while time.monotonic() < began + seconds:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args}: ended with {process.returncode}")
        try:
            urlopen(url, timeout=5).close()  # any answer will do
        except OSError as error:
            if hasattr(error, "code"):
                return time.monotonic() - began
            time.sleep(0.02)
        else:
            return time.monotonic() - began
    raise RuntimeError(f"{url}: nothing answers")


def cpu(pid: int) -> float:
    """Seconds of CPU of a process and its children so far."""
    return sum(_own_cpu(each) for each in _family(pid))


def rss(pid: int) -> float:
    """MiB of memory that a process and its children hold at the moment."""
    return sum(_status(each, "VmRSS") for each in _family(pid))


def peak(pid: int) -> float:
    """MiB that the process itself held at most, since it began or since `forget_peak`."""
    return _status(pid, "VmHWM")


def forget_peak(pid: int) -> None:
    """From now on `peak` counts anew."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def tell(pid: int, sign: signal.Signals) -> None:
    """Send a signal to a process and its children."""
    for each in _family(pid):
        os.kill(each, sign)


def _family(pid: int) -> Iterator[int]:
    """A process and its children: nginx works in a second one."""
    yield pid
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield from _family(int(child))


def _own_cpu(pid: int) -> float:
    """All threads, those that ended as well: the field is the process's, behind a name that may hold anything."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _status(pid: int, name: str) -> float:
    found = re.search(rf"{name}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
