"""What is installed is what is in the checkout: the wheel carries the mappings, and a program without a checkout finds them."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True, text=True, timeout=120)
    return next(folder.glob("*.whl"))


def test_the_wheel_carries_every_mapping(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {f"gateway/shipped/{path.name}" for path in (ROOT / "mappings").glob("*.yaml")} <= names
    assert not [name for name in names if name.startswith("tests/")]


def test_the_wheel_carries_the_consoles_page(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    page = {f"gateway/console/page/{path.name}" for path in (ROOT / "gateway" / "console" / "page").iterdir()}
    assert page
    assert page <= names


def test_an_installed_gateway_finds_them_without_the_checkout(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path)
    script = "from gateway.mapping.load import find_mappings, load; print(find_mappings()); print(*sorted(load(find_mappings()).by_name))"
    ran = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    place, types = ran.stdout.splitlines()
    assert Path(place) == tmp_path / "gateway" / "shipped"
    assert "PasswordAuthenticator" in types.split()
