"""The environment of the outside judges, apart from ours so that neither chooses the other's versions: scim2-tester, schemathesis and
Oracle's SDK.

`python tests/conform/judges.py` (`make conform`) makes it in `.venv-conform`, again only when a pin in `constraints.txt` has changed. Of
Oracle's SDK only what speaks to identity domains is unpacked: its other two hundred services are half a gigabyte.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HOME = Path(__file__).parents[2] / ".venv-conform"
PYTHON = HOME / "bin" / "python"
PINS = Path(__file__).with_name("constraints.txt")
STAMP = HOME / "constraints.txt"  # what was installed

SDK = "oci=="
SDK_PARTS = frozenset(
    "oci/" + name
    for name in (
        *("_vendor", "auth", "circuit_breaker", "encryption", "pagination", "retry", "identity_domains"),
        *("dns", "object_storage", "work_requests"),  # its waiters and its pagination ask these for their exceptions
    )
)


def are_ready() -> bool:
    """Whether the environment is there and has the versions that are pinned now."""
    return STAMP.is_file() and STAMP.read_text("utf-8") == wanted()


def wanted() -> str:
    """What is to be installed, as text: the pins and the parts of the SDK."""
    return PINS.read_text("utf-8") + "".join(f"# {part}\n" for part in sorted(SDK_PARTS))


def make() -> None:
    """Make the environment. Raises CalledProcessError where a package cannot be had."""
    if are_ready():
        return
    shutil.rmtree(HOME, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", HOME], check=True)
    pins = [line for line in PINS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    pip("--python", PYTHON, "install", "--no-deps", *(each for each in pins if not each.startswith(SDK)))
    for each in pins:
        if each.startswith(SDK):
            unpack(each)
    STAMP.write_text(wanted(), "utf-8")


def pip(*arguments: str | Path) -> None:
    """Our pip, told nothing about our own pins."""
    environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--quiet", *arguments], check=True, env=environment)


def unpack(pin: str) -> None:
    """The parts of the SDK's wheel that are needed, beside what pip installed."""
    target = next(HOME.glob("lib/python*/site-packages"))
    with tempfile.TemporaryDirectory() as folder:
        pip("download", "--no-deps", "--only-binary", ":all:", "--dest", folder, pin)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            wheel.extractall(target, [name for name in wheel.namelist() if is_needed(name)])


def is_needed(name: str) -> bool:
    """Whether a file of the wheel is of the SDK's core, of a part that is needed, or says what was installed."""
    parts = name.split("/")
    return len(parts) == 2 or "/".join(parts[:2]) in SDK_PARTS


if __name__ == "__main__":
    make()
