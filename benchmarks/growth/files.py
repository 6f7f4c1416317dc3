"""Files of people for the sandbox: `python -m benchmarks.growth.files FILE COUNT` makes one; it appears when it is whole."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from gateway.sandbox.app import sandbox
from gateway.sandbox.people import fill
from gateway.sandbox.store import Store


def folder() -> Path:
    """Where the files are kept."""
    return Path(os.environ.get("BENCH_FILES") or Path(tempfile.gettempdir(), "scim-nevisidm-bench"))


def file_of(count: int) -> Path:
    """The file with so many people, which may not be there yet."""
    return folder() / f"people-{count}.sqlite"


def made(count: int) -> Path:
    """The file, made now if it is not there: in a process of its own, which gives its memory back."""
    path = file_of(count)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "benchmarks.growth.files", str(path), str(count)], check=True)
    return path


def make(path: Path, count: int) -> None:
    """Write a file whole, then give it its name."""
    part = path.with_suffix(f".part-{os.getpid()}")  # another who makes the same is left alone
    store = Store(str(part))
    fill(sandbox(store=store).state.sandbox, count)
    store.close()  # its log of writes goes into the file with that
    part.rename(path)


if __name__ == "__main__":
    make(Path(sys.argv[1]), int(sys.argv[2]))
