"""wrk as the callers: requests of any method in turn, over kept connections; every answer that is an error ends the run."""

from __future__ import annotations

import math
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.asking import Ask
from benchmarks.process import LOAD, cpu

SCRIPT = """\
local asks = {{
{asks}
}}
local made, last = {{}}, 0
function init(args)
  for i, ask in ipairs(asks) do made[i] = wrk.format(ask[1], ask[2], ask[3], ask[4]) end
end
function request()
  last = last % #made + 1
  return made[last]
end
"""


@dataclass(frozen=True, slots=True)
class Score:
    """One turn: requests a second, milliseconds, and CPU seconds per request."""

    rate: float
    p50: float
    p99: float
    cpu: float

    @staticmethod
    def usual(scores: Sequence[Score]) -> Score:
        """The medians."""
        return Score(*(median(getattr(each, name) for each in scores) for name in ("rate", "p50", "p99", "cpu")))


def turn(pid: int, port: int, asks: Sequence[Ask], seconds: float, connections: int) -> Score:
    """One turn of load on what listens at the port; the cost is that of process `pid`. Raises RuntimeError for any error."""
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder, "asks.lua")
        script.write_text(lua(asks), encoding="utf-8")
        before = cpu(pid)
        load = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", str(script)]
        run = subprocess.run(
            ["taskset", "-c", LOAD, *load, f"http://127.0.0.1:{port}"], capture_output=True, text=True, check=False
        )
        spent = cpu(pid) - before
    # of a script that it cannot read wrk complains, and goes on without
    return read(run.stdout, spent, seconds) if not run.stderr else _failed(run.stdout + run.stderr)


def read(said: str, spent: float, seconds: float) -> Score:
    """What wrk says of a turn in which `spent` seconds of CPU went by; rate 0 where none was done. Raises RuntimeError for any error."""
    found = re.search(r"(\d+) requests in", said)
    if found is None or "Non-2xx" in said or "Socket errors" in said:
        return _failed(said)
    count = int(found[1])
    return Score(count / seconds, _latency(said, "50%"), _latency(said, "99%"), spent / count if count else math.inf)


def _failed(said: str) -> Score:
    raise RuntimeError(f"not all was answered well:\n{said}")


def lua(asks: Sequence[Ask]) -> str:
    """The script that makes wrk ask these in turn."""
    return SCRIPT.format(asks="\n".join(f"  {{ {_quoted(ask)} }}," for ask in asks))


def _quoted(ask: Ask) -> str:
    address = f"{ask.path}?{ask.text}" if ask.text else ask.path
    body = _long(ask.bytes.decode()) if ask.bytes else "nil"
    return f"{_long(ask.method)}, {_long(address)}, {_table(ask.headers)}, {body}"


def _table(headers: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f"[ {_long(name)} ] = {_long(value)}" for name, value in headers.items()) + " }"


def _long(text: str) -> str:
    """A Lua text in long brackets, in which nothing needs escaping."""
    return f"[===[{text}]===]"


def _latency(said: str, share: str) -> float:
    number, unit = re.search(rf"{share}\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr] # wrk says so
    return float(number) * {"us": 0.001, "ms": 1.0, "s": 1000.0}[unit]
