"""Programs of Debian's that tests run for real: installed when they are missing and that is allowed, one process at a time."""

from __future__ import annotations

import fcntl
import functools
import os
import shutil
import subprocess
import tempfile
from pathlib import Path


@functools.cache
def is_there(command: str, *packages: str) -> bool:
    """Whether the command can be run; tries to install its packages once, as root where there is an apt-get."""
    if shutil.which(command) is None and os.geteuid() == 0 and shutil.which("apt-get"):
        with (Path(tempfile.gettempdir()) / "scim-nevisidm-apt.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if shutil.which(command) is None:
                _install(packages) or (_apt("update") and _install(packages))
    return shutil.which(command) is not None


def _install(packages: tuple[str, ...]) -> bool:
    return _apt("install", "-y", "--no-install-recommends", *packages)


def _apt(*words: str) -> bool:
    quiet = {"DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1", **os.environ}
    done = subprocess.run(["apt-get", "-q", *words], capture_output=True, env=quiet, timeout=300, check=False)
    return done.returncode == 0
