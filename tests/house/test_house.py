"""Rules of the house that no linter knows."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORBIDDEN = {"utils", "helpers", "common", "manager", "service", "base"}
SOURCES = sorted((ROOT / "gateway").rglob("*.py"))


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert not [path for path in SOURCES if path.stem in FORBIDDEN or path.parent.name in FORBIDDEN]


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_why_it_exists(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.startswith('"""'), "the module has no docstring"
    assert text.count("\n") <= 400, "a file this long holds more than one thing"


def test_no_mark_of_unfinished_work() -> None:
    mark = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|NotImplemented" + "Error")
    assert not [path for path in SOURCES if mark.search(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("gateway.cli", {"httpx", "pydantic", "starlette", "aiohttp", "uvicorn", "yaml", "sqlite3", "redis"}),
        (
            "gateway.running.serving",
            {"httpx", "aiohttp", "sqlite3", "redis", "cryptography", "joserfc", "prometheus_client", "opentelemetry"},
        ),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(module: str, heavy: set[str]) -> None:
    script = f"import sys, {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not heavy & set(loaded.stdout.split())
    assert module in loaded.stdout.split()


def test_only_one_file_imports_each_border_library() -> None:
    for library, home in (
        ("scim2_filter_parser", {"gateway/scim/grammar.py"}),
        ("sly", {"gateway/scim/grammar.py"}),
        ("aiohttp", {"gateway/nevisidm/engine_aiohttp.py"}),
        ("httptools", {"gateway/nevisidm/connection.py"}),
        ("redis", {"gateway/shared/in_redis.py"}),
    ):
        users = {
            str(path.relative_to(ROOT))
            for path in SOURCES
            if re.search(rf"^\s*(from|import) {library}\b", path.read_text(encoding="utf-8"), re.M)
        }
        assert users <= home, f"{library} is imported in {users - home}"


def test_the_page_of_the_house_names_every_rung_of_the_ladder() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    ladder = [set(re.findall(r"gateway\.(\w+)", rung)) for rung in contracts[0]["layers"]]
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = page.partition("| rung | holds |")[2].partition("\n\n")[0]
    told = [set(re.findall(r"`(\w+)`", line.split("|")[1])) for line in table.splitlines()[2:]]
    assert told == ladder
