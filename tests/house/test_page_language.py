"""docs/mapping-format.md: its tables are made from the lens classes, the lint rules and the model of a mapping file."""

from __future__ import annotations

import ast
import os
import re
import types
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from inspect import cleandoc, signature
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from click.testing import CliRunner

from gateway.cli import main
from gateway.mapping import lint
from gateway.mapping.file import ErrorsFile, MappingFile
from gateway.mapping.file_tests import TestsFile
from gateway.mapping.keys import CallText, Scalar, Spec
from gateway.mapping.lens import Lens
from gateway.mapping.lenses import ALL, build_lens
from gateway.mapping.optics.example import NEVER, Example
from gateway.mapping.optics.plain import Plain
from gateway.mapping.spelled import flow
from gateway.plan import trial
from tests.house.page import Page, code, table

MAPPING = Path(lint.__file__).parent
PAGE = "mapping-format.md"
NOW = datetime(2026, 1, 15, tzinfo=UTC)
_CODE = re.compile(r"M\d{3}")

# Codes that no rule has to itself: raised while a file is read or compiled, or by a rule whose docstring speaks of something narrower.
WORDS = {
    "M100": "The file is not YAML, not UTF-8, nested too deep, or uses an anchor, a tag or a second document.",
    "M101": "A key that the language does not have; the nearest one is named.",
    "M102": "The same key twice in one map.",
    "M103": "A value of the wrong form, or a key that must be there and is not.",
    "M312": "A `choice` whose `write` leads to a stored value that does not read back as the shown one.",
    "M402": "What is derived anyway: `schemas`, most of `meta`, a `type` or `mutability` that follows from the rest of the line.",
    "M802": "Blanks at the end of a line, or a last line without its end.",
    "M801": "Keys stand in another order than in the table below.",
}


# lenses


def lenses() -> str:
    rows = ([_spelled(lens), _told(lens), _examples(lens), _asked(lens)] for lens in ALL)
    return table(["`as`", "shows", "stored → shown", "pushed of a filter"], rows)


def _told(lens: type[Plain]) -> str:
    """What the class says of itself, without what it tells callers about its parameters."""
    sentences = re.split(r"(?<=\.) ", cleandoc(lens.__doc__ or ""))
    return " ".join(each for each in sentences if not any(f"`{name}`" in each for name in signature(lens).parameters))


def _spelled(lens: type[Plain]) -> str:
    spec = lens.examples[0].spec
    return code(flow(spec)) if spec is not None else "nothing"


def _examples(lens: type[Plain]) -> str:
    return " · ".join(_example(each) for each in lens.examples)


def _example(example: Example) -> str:
    text = f"{_stored(example.stored)} → {_shown(example)}"
    if isinstance(example.spec, dict) and "else" in example.spec:
        text = f"with `{flow({'else': example.spec['else']})}`: {text}"
    if example.shown is None or example.written == NEVER or example.back == example.stored:
        return text
    return f"{text}, written {_stored(example.back)}"


def _stored(value: Any) -> str:
    return "nothing" if value is None else code(flow(value))


def _shown(example: Example) -> str:
    return "not shown" if example.shown is None else f"`{flow(example.shown)}`"


def _asked(lens: type[Plain]) -> str:
    """What `ask` makes of each operator, found by asking: exact, a superset, or nothing."""
    if lens.name == "verifier":
        return "nothing: a secret"
    example = next(each for each in lens.examples if each.shown is not None)
    built = build_lens(example.spec)
    value = example.shown[0] if isinstance(example.shown, list) else example.shown
    value = datetime.fromisoformat(value) if built.shows == "dateTime" else value
    exact: list[str] = []
    rough: list[str] = []
    for op in ("eq", "sw", "co", "gt", "ge", "lt", "le"):
        asked = built.ask(op, value, True)
        if asked is not None:
            (exact if asked.exact else rough).append(f"`{op}`")
    said = [" ".join(exact)] if exact else []
    said += [f"roughly {' '.join(rough)}"] if rough else []
    return "; ".join(said) or ("nothing: read-only" if _read_only(built) else "nothing")


def _read_only(lens: Lens) -> bool:
    return lens.read_only


# lint codes


def codes() -> str:
    words = _said()
    levels = _levels()
    rows = ([name, levels.get(name, "error"), words[name]] for name in sorted(_raised()))
    return table(["code", "level", "rule"], rows)


def _said() -> dict[str, str]:
    """Each code in the words of the rules that raise it, or in WORDS."""
    said: dict[str, list[str]] = {}
    for rule in lint.RULES:
        for name in _codes_of(rule):
            text = _CODE.sub("", cleandoc(rule.__doc__ or ""), count=0)
            text = re.sub(r"^(?:\s|and|,)*(?=for |:)", "", text).removeprefix(":").strip()
            text = " ".join(text.split())
            said.setdefault(name, []).append(text if text.startswith("nevisIDM") else text[:1].upper() + text[1:])
    return {name: " ".join(texts) for name, texts in said.items()} | WORDS


def _codes_of(rule: Callable[..., Any]) -> list[str]:
    """The codes that stand behind the rule in RULES."""
    line = re.search(
        rf"{rule.__module__.rpartition('.')[2]}\.{rule.__name__},\s*#(.*)",
        Path(lint.__file__).read_text(encoding="utf-8"),
    )
    assert line is not None, f"RULES says nothing about {rule.__name__}"
    return _CODE.findall(line[1])


def _raised() -> set[str]:
    return {text for text, _ in _constants()}


def _levels() -> dict[str, str]:
    """Codes that are not (only) errors."""
    levels: dict[str, set[str]] = {}
    for name, others in _constants():
        levels.setdefault(name, set()).update(others & {"notice", "warning"} or {"error"})
    return {name: ", ".join(sorted(found)) for name, found in levels.items()}


def _constants() -> Iterator[tuple[str, set[str]]]:
    """Every code that stands in the sources, with the texts beside it."""
    for file in MAPPING.rglob("*.py"):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        inside: set[int] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                texts = {
                    each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
                }
                inside |= {id(each) for each in node.args}
                yield from ((text, texts) for text in texts if _CODE.fullmatch(text))
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in inside and _CODE.fullmatch(str(node.value)):
                yield str(node.value), set()


# the whole language

FILES: dict[str, type[Spec]] = {"The file": MappingFile, "`_errors.yaml`": ErrorsFile, "`NAME.tests.yaml`": TestsFile}


def language() -> str:
    parts = [f"### {where}\n\n{_about(spec)}\n\n{_keys(spec)}" for where, spec in _specs()]
    return "\n\n".join(parts)


def _specs() -> Iterator[tuple[str, type[Spec]]]:
    """Every table of keys with the place where it stands, each once."""
    seen: set[type[Spec]] = set()
    waiting: list[tuple[str, type[Spec]]] = list(FILES.items())
    while waiting:
        where, spec = waiting.pop(0)
        if spec in seen:
            continue
        seen.add(spec)
        yield where, spec
        prefix = "" if where in FILES else where.split("`")[1] + "."
        waiting = [*_below(spec, prefix), *waiting]


def _below(spec: type[Spec], prefix: str) -> Iterator[tuple[str, type[Spec]]]:
    for field in spec.model_fields.values():
        kinds = list(dict.fromkeys(_inside(field.annotation)))
        for kind in kinds:
            which = f" with `{kind.keys()[0]}`" if len(kinds) > 1 else ""
            yield f"`{prefix}{field.alias}{_more(field.annotation)}`{which}", kind


def _inside(kind: Any) -> Iterator[type[Spec]]:
    if isinstance(kind, type) and issubclass(kind, Spec):
        yield kind
    else:
        for each in get_args(kind):
            yield from _inside(each)


def _more(kind: Any) -> str:
    """How the way goes on below a key: `.NAME` in a map of names, `[]` in a list."""
    if kind is CallText or get_origin(kind) is Annotated or get_origin(kind) in (Union, types.UnionType):
        return next((found for each in get_args(kind) if any(_inside(each)) for found in [_more(each)]), "")
    if get_origin(kind) is dict:
        return ".NAME" + _more(get_args(kind)[1])
    return "[]" + _more(get_args(kind)[0]) if get_origin(kind) is list else ""


def _about(spec: type[Spec]) -> str:
    return cleandoc(spec.__doc__ or "")


def _keys(spec: type[Spec]) -> str:
    rows = []
    for field in spec.model_fields.values():
        must = " *" if field.is_required() else ""
        examples = " · ".join(code(flow(each)) for each in field.examples or ())
        rows.append([f"`{field.alias}`{must}", _kind(field.annotation), field.description or "", examples])
    return table(["key", "value", "says", "for example"], rows)


def _kind(kind: Any) -> str:
    """A type in a person's words."""
    if kind is CallText:
        return "call"
    if kind == Scalar:
        return "text, number, true/false"
    if get_origin(kind) is Annotated:
        return _kind(get_args(kind)[0])
    if get_origin(kind) is Literal:
        return " ".join(f"`{each}`" for each in get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        rest = [each for each in get_args(kind) if each is not type(None)]
        return " or ".join(
            dict.fromkeys(_kind(each) for each in ([Scalar] if set(rest) == set(get_args(Scalar)) else rest))
        )
    if get_origin(kind) is dict:
        return f"map of {_plural(get_args(kind)[1])}"
    if get_origin(kind) is list:
        return f"list of {_plural(get_args(kind)[0])}"
    if isinstance(kind, type) and issubclass(kind, Spec):
        return "map"
    return {bool: "true/false", int: "whole number", float: "number", str: "text", Any: "anything"}[kind]


def _plural(kind: Any) -> str:
    words = re.sub(r"\b(text|number|map|call)\b(?! of)", r"\1s", _kind(kind))
    return re.sub(r"\b(map|list) of", r"\1s of", words)


# an explanation

REQUEST = (
    'GET /admin/v1/Users?filter=(userName sw "b" or userName sw "c") and active eq true&sortBy=name.familyName&count=10'
)


def explained() -> str:
    done = CliRunner().invoke(main, ["explain", REQUEST])
    assert done.exit_code == 0, done.output
    return f"```sh\nscim-nevisidm explain '{REQUEST}'\n```\n\n```text\n{done.output.rstrip()}\n```"


# the words of tests


def abilities() -> str:
    return " ".join(f"`{word}`" for word in trial._ABILITIES)


# the tests


def test_the_table_of_lenses_is_what_the_lenses_do(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("lenses", lenses())


def test_the_table_of_codes_is_what_lint_finds(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("codes", codes())


def test_every_code_that_is_raised_is_explained_and_no_other() -> None:
    assert set(_said()) == _raised()


def test_the_table_of_keys_is_the_model_of_a_file(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("language", language())


def test_the_explanation_is_what_the_command_prints(
    page: Callable[[str], Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("GATEWAY_")]:
        monkeypatch.delenv(name)
    page(PAGE).holds("explained", explained())


def test_the_words_of_with_are_those_of_the_trial(page: Callable[[str], Page]) -> None:
    page(PAGE).holds("abilities", abilities())
