"""What every page is held to: links lead somewhere, commands and targets exist, examples do what they say, no path of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from gateway.cli import main
from gateway.mapping.folder import find_mappings
from gateway.mapping.lint import lint
from gateway.plan.harness import run_tests
from gateway.settings.source import load_settings
from tests.house.page import ROOT
from tests.process import COMMAND, environment
from tests.test_running import free_port

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "deploy/README.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
SECRETS = "/run/secrets"  # where the examples have their secret files, as containers do
_FENCE = re.compile(r"^```(\w*)(?: (\w+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\[[^\]\[]*\]\(([^)\s]+)\)|\b(?:src|srcset|href)=\"([^\"]+)\"")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_PROGRAM = "scim-nevisidm"
SETTINGS = {"nevisidm", "callers", "admin", "traces", "shared", "audit", "journal"}
"""Keys by which a block is known to hold settings; no mapping has them."""
CHART = {"settings"}
"""The same for values of the chart."""


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its page, language, text, and the `text` block right after it, which says what it shows.

    `how`: the second word behind the fence; `run` for a block that is carried out.
    """

    page: Path
    language: str
    text: str
    shown: str = ""
    how: str = ""

    def __str__(self) -> str:
        return f"{self.page.name}:{self.text.splitlines()[0][:40] if self.text else ''}"


def blocks(page: Path) -> Iterator[Block]:
    text = page.read_text(encoding="utf-8")
    found = list(_FENCE.finditer(text))
    for match, after in zip(found, [*found[1:], None], strict=False):
        follows = after is not None and after[1] == "text" and not text[match.end() : after.start()].strip()
        yield Block(page, match[1], match[3], after[3] if after is not None and follows else "", match[2] or "")


def all_blocks(language: str) -> list[Block]:
    return [block for page in PAGES for block in blocks(page) if block.language == language]


def prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


# links


def links(page: Path) -> list[str]:
    """Of text and of pictures, in Markdown and in HTML."""
    found = [written or marked for written, marked in _LINK.findall(prose(page))]
    return [link for link in found if "://" not in link and not link.startswith("mailto:")]


def anchors(page: Path) -> set[str]:
    """The anchors that a Git host makes of headings: lower case, blanks as hyphens, most punctuation gone."""
    found: set[str] = set()
    for heading in _HEADING.findall(prose(page)):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        while (numbered := anchor if number == 0 else f"{anchor}-{number}") in found:
            number += 1
        found.add(numbered)
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.exists(), f"{page.name}: {link} leads nowhere"
        assert not anchor or anchor in anchors(target), f"{page.name}: {link} names no heading of {target.name}"


def test_every_page_of_docs_can_be_reached() -> None:
    seen: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        targets = [(page.parent / link.partition("#")[0]).resolve() for link in links(page) if link.partition("#")[0]]
        waiting += [
            each for target in targets for each in ([target] if target.is_file() else sorted(target.glob("*.md")))
        ]
    assert {page for page in PAGES if page.is_relative_to(ROOT / "docs")} <= seen


# commands and targets


def commands() -> list[tuple[str, str]]:
    """Every command line of a `sh` block that starts with the program, and its page."""
    found = []
    for block in all_blocks("sh"):
        for line in block.text.replace("\\\n", " ").splitlines():
            bare = re.sub(r"^(\$ )?(\w+=\S+ )*", "", line.strip())
            if bare.startswith(f"{_PROGRAM} "):
                found.append((block.page.name, bare))
    return found


def mentions() -> list[tuple[str, str]]:
    """Every `scim-nevisidm …` in code type within prose."""
    return [(page.name, found) for page in PAGES for found in re.findall(rf"(?<!`)`({_PROGRAM} [^`]+)`", prose(page))]


def _words(line: str) -> list[str]:
    words = shlex.split(line, comments=True)[1:]
    ends = [index for index, word in enumerate(words) if word in ("|", "&", ">", "&&")]
    return words[: ends[0]] if ends else words


@pytest.mark.parametrize(("page", "line"), commands(), ids=lambda text: text[:60])
def test_every_command_line_is_one_the_program_takes(
    page: str, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = _words(line)
    for word in words:  # the files and folders that the reader has
        if re.fullmatch(r"[\w-]+(/[\w-]+)*\.(yaml|json)", word):
            Path(word).parent.mkdir(parents=True, exist_ok=True)
            Path(word).touch()
        elif re.fullmatch(r"[\w-]+/", word):
            Path(word).mkdir()
    context = click.Context(main)
    name, command, rest = main.resolve_command(context, words)
    if isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        context = click.Context(command, parent=context)
        name, command, rest = command.resolve_command(context, rest)
    assert command is not None
    with contextlib.suppress(click.exceptions.Exit), command.make_context(name, rest, parent=context):  # --help exits
        pass


@pytest.mark.parametrize(("page", "line"), mentions(), ids=lambda text: text[:60])
def test_every_command_named_in_prose_exists_with_its_options(page: str, line: str) -> None:
    verb, *rest = _words(line)
    assert verb.startswith("-") or verb in main.commands, f"{page}: no command {verb}"
    command = main.commands.get(verb)
    if isinstance(command, click.Group) and rest:
        assert rest[0] in command.commands, f"{page}: no command {verb} {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    known = {option for each in command.params for option in each.opts} | {"--help"} if command and rest else set()
    assert not [word for word in rest if word.startswith("--") and word not in known], f"{page}: {line}"


def test_there_are_command_lines_to_check() -> None:
    assert len(commands()) >= 10
    assert len(mentions()) >= 5


def shell_blocks() -> list[Block]:
    return [block for block in all_blocks("sh") if "…" not in block.text]


@pytest.mark.parametrize("page", sorted({block.page for block in shell_blocks()}), ids=lambda page: page.name)
def test_a_shell_reads_every_shell_block(page: Path) -> None:
    for block in (each for each in shell_blocks() if each.page == page):
        read = subprocess.run(["bash", "-n"], input=block.text, text=True, capture_output=True, check=False)
        assert read.returncode == 0, f"{block}: {read.stderr}"


@pytest.mark.parametrize(
    "page", sorted({block.page for block in all_blocks("sh") if block.how}), ids=lambda page: page.name
)
def test_what_a_page_lets_run_runs_and_shows_what_it_says(page: Path, tmp_path: Path) -> None:
    """The blocks `sh run` of a page in one shell, from top to bottom, in an empty folder, at a free port."""
    program = tmp_path / "bin" / _PROGRAM
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {shlex.join(COMMAND)} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    run = [block for block in blocks(page) if block.how == "run"]
    mark, port = "-- next --", str(free_port())
    script = "set -eu -o pipefail\n" + f"echo '{mark}'\n".join(block.text.replace("8080", port) for block in run)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(
        ["bash", "-c", script],
        cwd=tmp_path,
        env=environment() | {"PATH": path, "GATEWAY_STOP__GRACE_SECONDS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, wrong = process.communicate(timeout=90)
        finally:
            with contextlib.suppress(ProcessLookupError):  # what runs in the background when a block fails
                os.killpg(process.pid, signal.SIGTERM)
    assert process.returncode == 0, wrong[-2000:]
    for block, shown in zip(run, said.split(mark), strict=True):
        missing = [line for line in block.shown.splitlines() if line not in shown]
        assert not missing, f"{block}: it does not print {missing} but {shown}"


def test_the_commands_of_the_readme_are_there_and_run() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    verbs = " ".join(re.findall(r"^\| (`.*?) \|", text, re.MULTILINE))
    named = set(re.findall(rf"`(?:{_PROGRAM} )?(\w+)", verbs))
    assert named == set(main.commands)
    for verb in sorted(named):
        ran = CliRunner().invoke(main, [verb, "--help"])
        assert ran.exit_code == 0, ran.output
        assert ran.output.startswith(f"Usage: main {verb}")
    shown = re.search(rf"`{_PROGRAM} (explain '[^`]+')` prints", text)
    assert shown is not None
    assert CliRunner().invoke(main, shlex.split(shown[1])).exit_code == 0


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(re.findall(r"`make ([\w-]+)`", prose(page)))
        named |= {
            word
            for block in blocks(page)
            if block.language == "sh"
            for word in re.findall(r"^make ([\w-]+)", block.text, re.M)
        }
        assert named <= targets, f"{page.name} names {named - targets}"


# what no page may say


def test_no_page_names_a_path_of_this_machine() -> None:
    strange = re.compile(rf"(?<![\w.]){re.escape(str(ROOT))}|(?<![\w./}}])/(home|root|tmp|work|Users/\w+/)/")
    found = [(page.name, match[0]) for page in PAGES for match in strange.finditer(page.read_text(encoding="utf-8"))]
    assert not found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_generated_parts_are_closed(page: Path) -> None:
    marks = re.findall(r"^<!-- (made: [\w ]+|end) -->$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert all(mark.startswith("made") == (index % 2 == 0) for index, mark in enumerate(marks))
    assert len(marks) % 2 == 0


# examples


def mapping_examples() -> list[Block]:
    """Whole mapping files: what begins with `format: 1` and is neither a test file nor a table of error rows."""
    whole = (block for block in all_blocks("yaml") if block.text.startswith("format: 1\n"))
    return [block for block in whole if not {"resource", "extends"}.isdisjoint(_read(block)) and not _is_test(block)]


def _read(block: Block) -> dict[str, Any]:
    """As plain YAML: good enough to tell examples apart."""
    data = yaml.safe_load(block.text)
    return data if isinstance(data, dict) else {}


def _is_test(block: Block) -> bool:
    return not {"pairs", "edits", "filters", "failures"}.isdisjoint(_read(block))


def _resource(block: Block) -> str:
    data = _read(block)
    return str(data.get("resource") or data["extends"]).removeprefix("builtin:")


def _folder(tmp_path: Path, block: Block) -> Path:
    """The shipped mappings with the example among them, under the name of its resource."""
    folder = tmp_path / "mappings"
    shutil.copytree(find_mappings(), folder)
    (folder / f"{_resource(block)}.yaml").write_text(block.text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("block", mapping_examples(), ids=str)
def test_every_mapping_example_is_clean_or_has_the_findings_it_shows(block: Block, tmp_path: Path) -> None:
    folder = _folder(tmp_path, block)
    name = f"{folder.name}/{_resource(block)}.yaml"
    found = [str(each) for each in lint(folder) if each.place.file == name and each.level != "notice"]
    assert found == [line for line in block.shown.splitlines() if line.startswith(name)]


def test_there_are_mapping_examples_both_clean_and_not() -> None:
    shown = [bool(block.shown) for block in mapping_examples()]
    assert shown.count(True) >= 1
    assert shown.count(False) >= 2


@pytest.mark.parametrize("block", [block for block in all_blocks("yaml") if _is_test(block)], ids=str)
def test_every_example_of_tests_passes(block: Block, tmp_path: Path) -> None:
    mapping = next(each for each in mapping_examples() if _resource(each) == _resource(block))
    folder = _folder(tmp_path, mapping)
    (folder / f"{_resource(block)}.tests.yaml").write_text(block.text, encoding="utf-8")
    results = [each for each in run_tests(folder) if each.place.file.endswith(f"{_resource(block)}.tests.yaml")]
    assert len(results) == sum(len(_read(block).get(kind, ())) for kind in ("pairs", "edits", "filters", "failures"))
    assert not [str(each) for each in results if not each.passed]


def fragments() -> list[Block]:
    """Pieces of mappings: what is neither a whole file nor settings."""
    return [block for block in all_blocks("yaml") if not {"format", *SETTINGS, *CHART} & _read(block).keys()]


@pytest.mark.parametrize("block", fragments(), ids=str)
def test_every_piece_of_a_mapping_stands_in_a_shipped_one(block: Block) -> None:
    shipped = {
        _bare(line) for file in find_mappings().glob("*.yaml") for line in file.read_text(encoding="utf-8").splitlines()
    }
    assert not [line for line in block.text.splitlines() if _bare(line) not in shipped]


def _bare(line: str) -> str:
    """A line without its comment and with single blanks."""
    return " ".join(re.sub(r"(^|\s)#.*", "", line).split())


async def test_the_first_mapping_of_the_guide_works(make_world: Callable[..., Awaitable[Any]], tmp_path: Path) -> None:
    first = next(block for block in mapping_examples() if block.page.name == "mapping-format.md")
    world = await make_world(mappings=_folder(tmp_path, first))
    kind, patch = _read(first), "urn:ietf:params:scim:api:messages:2.0:PatchOp"
    address = f"/scim/v2{kind['endpoint']}"
    made = await world.send(
        "POST", address, {"schemas": [kind["schema"]], "displayName": "Lab", "parent": {"value": "it"}}
    )
    assert made.status_code == 201, made.text
    off = {"schemas": [patch], "Operations": [{"op": "replace", "path": "active", "value": False}]}
    changed = await world.send("PATCH", f"{address}/{made.json()['id']}", off)
    assert changed.json()["active"] is False
    found = await world.send("GET", f'{address}?filter=active eq false and displayName sw "la"')
    assert [each["displayName"] for each in found.json()["Resources"]] == ["Lab"]
    assert (await world.send("DELETE", f"{address}/{made.json()['id']}")).status_code == 501


def setting_examples() -> list[Block]:
    return [block for block in all_blocks("yaml") if SETTINGS & _read(block).keys()]


@pytest.mark.parametrize("block", setting_examples(), ids=str)
def test_every_settings_example_is_read(block: Block, tmp_path: Path) -> None:
    for name in re.findall(rf"{SECRETS}/([\w.-]+)", block.text):
        (tmp_path / name).write_text("kept-elsewhere-and-long-enough-for-a-key\n", encoding="utf-8")
    file = tmp_path / "gateway.yaml"
    file.write_text(block.text.replace(SECRETS, os.fspath(tmp_path)), encoding="utf-8")
    assert load_settings(file, {}).model_fields_set == _read(block).keys()


@pytest.mark.parametrize("block", [block for block in all_blocks("yaml") if CHART & _read(block).keys()], ids=str)
def test_every_example_of_the_chart_s_values_is_taken(block: Block) -> None:
    schema = ROOT / "deploy" / "helm" / "scim-nevisidm-gateway" / "values.schema.json"
    jsonschema.Draft7Validator(json.loads(schema.read_text(encoding="utf-8"))).validate(_read(block))


def test_there_are_settings_examples() -> None:
    assert len(setting_examples()) >= 2
