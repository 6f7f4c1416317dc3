"""The environment of the outside judges, apart from ours so that neither chooses the other's versions: scim2-tester, schemathesis,
Oracle's SDK, and for what we ship Helm itself (as a library) and Kubernetes' schemas.

`python tests/conform/judges.py` (`make conform`) makes it in `.venv-conform`, again only when a pin in `constraints.txt` has changed. Of
Oracle's SDK only what speaks to identity domains is unpacked: its other two hundred services are half a gigabyte. Of
Helm's wheel one of three copies of the library, of the schemas the oldest release that the chart is for and the newest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
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

KUBERNETES = ("1.27.0", "1.37.0")
"""The releases whose schemas are kept."""


def is_of_sdk(name: str) -> bool:
    """Whether a file of Oracle's wheel is of the SDK's core, of a part that is needed, or says what was installed."""
    parts = name.split("/")
    return len(parts) == 2 or "/".join(parts[:2]) in SDK_PARTS


def is_of_helm(name: str) -> bool:
    """Whether a file of Helm's wheel is not one of the further names of its library."""
    return not name.endswith((".so", ".so.0"))


def is_of_schemas(name: str) -> bool:
    """Whether it is a schema of one of the releases; the program beside them is not needed."""
    return any(f"/v{release}-local-strict/" in name for release in KUBERNETES)


PARTS = {SDK: is_of_sdk, "helm-python-sdk==": is_of_helm, "kubernetes-validate==": is_of_schemas}
"""Packages of which a part is unpacked: which files."""


def are_ready() -> bool:
    """Whether the environment is there and has the versions that are pinned now."""
    return STAMP.is_file() and STAMP.read_text("utf-8") == wanted()


def wanted() -> str:
    """What is to be installed, as text: the pins and the parts of the SDK."""
    return PINS.read_text("utf-8") + "".join(f"# {part}\n" for part in (*sorted(SDK_PARTS), *KUBERNETES))


def make() -> None:
    """Make the environment. Raises CalledProcessError where a package cannot be had."""
    if are_ready():
        return
    shutil.rmtree(HOME, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", HOME], check=True)
    pins = [line for line in PINS.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    pip("--python", PYTHON, "install", "--no-deps", *(each for each in pins if not each.startswith(tuple(PARTS))))
    for begin, is_needed in PARTS.items():
        for each in (pin for pin in pins if pin.startswith(begin)):
            unpack(each, is_needed)
    STAMP.write_text(wanted(), "utf-8")


def pip(*arguments: str | Path) -> None:
    """Our pip, told nothing about our own pins."""
    environment = {name: value for name, value in os.environ.items() if name != "PIP_CONSTRAINT"}
    subprocess.run([sys.executable, "-m", "pip", "--quiet", "--quiet", *arguments], check=True, env=environment)


def unpack(pin: str, is_needed: Callable[[str], bool]) -> None:
    """The parts of a wheel that are needed, beside what pip installed."""
    target = next(HOME.glob("lib/python*/site-packages"))
    with tempfile.TemporaryDirectory() as folder:
        pip("download", "--no-deps", "--only-binary", ":all:", "--dest", folder, pin)
        with zipfile.ZipFile(next(Path(folder).glob("*.whl"))) as wheel:
            wheel.extractall(target, [name for name in wheel.namelist() if is_needed(name)])


if __name__ == "__main__":
    make()
