"""From a document to the model of its keys, with every complaint at the place it is about.

pydantic says what is wrong and where in the data; the document knows where that stands in the file. Unknown keys are M101, with the key
that was probably meant, everything else of wrong form is M103.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import Tag, ValidationError
from pydantic_core import ErrorDetails

from gateway.mapping.document import Document, shown
from gateway.mapping.finding import Finding, did_you_mean, misspelt
from gateway.mapping.keys import Spec

Model = TypeVar("Model", bound=Spec)
_NEEDS_QUOTES = re.compile(r"[{}\[\],#]|: ")
_NOTHING = object()
_KINDS = {"<text>": "a text", "<map>": "a map", "<list>": "a list"}


def read_file(document: Document, model: type[Model]) -> tuple[Model | None, list[Finding]]:
    """The file as `model`, None if it has not its form; and what is wrong."""
    try:
        return model.model_validate(document.data), []
    except ValidationError as error:
        return None, _joined(_finding(each, document, model) for each in error.errors(include_url=False))


def _joined(findings: Iterable[Finding]) -> list[Finding]:
    """One finding where a union complains once for each of its kinds: `must be same or a whole number`."""
    joined: dict[tuple[object, str], Finding] = {}
    for each in findings:
        what, must, kind = each.text.partition(" must be ")
        first = joined.setdefault((each.place, what), each)
        if first is not each and must:
            joined[each.place, what] = replace(first, text=f"{first.text} or {kind}")
    return list(joined.values())


def _finding(error: ErrorDetails, document: Document, model: type[Spec]) -> Finding:
    tagged = error["loc"]
    path = _path(tagged, document.data)
    last = shown(path[-1]) if path else model.__name__
    kind = error["type"]
    if kind == "extra_forbidden":
        known = _keys_at(model, tagged[:-1])
        cure = did_you_mean(last, known, f"known are {', '.join(known)}")
        return Finding(document.place(*path), "M101", "error", f'unknown key "{last}"', cure, misspelt(last, known))
    if kind == "missing":
        holder = document.value_place(*path[:-1])
        return Finding(holder, "M103", "error", f'"{last}" is missing', _example(model, tagged))
    words = _WORDS.get(kind)
    text = words(error.get("ctx", {})) if words else error["msg"]
    key = next(
        (shown(part) for part in reversed(path) if not isinstance(part, int) or isinstance(part, bool)), "the file"
    )
    return Finding(document.value_place(*path), "M103", "error", f'"{key}" must be {text}')


_WORDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "string_type": lambda _: "a text",
    "bool_type": lambda _: "true or false",
    "int_type": lambda _: "a whole number",
    "dict_type": lambda _: "a map",
    "model_type": lambda _: "a map",
    "model_attributes_type": lambda _: "a map",
    "list_type": lambda _: "a list",
    "literal_error": lambda context: str(context["expected"]).replace("'", ""),
    "union_tag_invalid": lambda context: " or ".join(
        words for tag, words in _KINDS.items() if tag in str(context["expected_tags"])
    ),
}


def _path(tagged: tuple[int | str, ...], data: Any) -> tuple[int | str, ...]:
    """A pydantic location as the way through the data: without the names of union branches and the mark of a wrong key."""
    path: list[int | str] = []
    for part in tagged:
        inner = _inside(data, part)
        if inner is not _NOTHING:
            data = inner
        elif (isinstance(part, str) and part.startswith("<")) or part == "[key]" or not isinstance(data, dict):
            continue
        path.append(part)
    return tuple(path)


def _inside(data: Any, part: int | str) -> Any:
    if isinstance(data, dict):
        return data.get(part, _NOTHING)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return _NOTHING


def _example(model: type[Spec], tagged: tuple[int | str, ...]) -> str:
    spec = _spec_at(model, tagged[:-1])
    for field in spec.model_fields.values() if spec else ():
        if field.alias == tagged[-1] and field.examples:
            return f"such as {_spelled(field.examples[0])}"
    return ""


def _spelled(value: Any) -> str:
    """A value as a mapping would write it."""
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{shown(key)}: {_spelled(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_spelled, value))}]"
    return f'"{value}"' if isinstance(value, str) and _NEEDS_QUOTES.search(value) else shown(value)


def _keys_at(model: type[Spec], tagged: tuple[int | str, ...]) -> tuple[str, ...]:
    spec = _spec_at(model, tagged)
    return spec.keys() if spec else ()


def _spec_at(model: type[Spec], tagged: tuple[int | str, ...]) -> type[Spec] | None:
    """The table of keys that a location is in."""
    kind: Any = model
    for part in tagged:
        kind = _below(_bare(kind), part)
    kind = _bare(kind)
    return kind if isinstance(kind, type) and issubclass(kind, Spec) else None


def _below(kind: Any, part: int | str) -> Any:
    if isinstance(part, str) and part.startswith("<"):
        return next((each for each in get_args(kind) if Tag(part) in getattr(each, "__metadata__", ())), None)
    if isinstance(kind, type) and issubclass(kind, Spec):
        return next((field.annotation for field in kind.model_fields.values() if field.alias == part), None)
    arguments = get_args(kind)
    return arguments[-1] if arguments else None


def _bare(kind: Any) -> Any:
    """A type without what is written around it: Annotated, and the None of a key that may be left out."""
    while True:
        if get_origin(kind) is Annotated:
            kind = get_args(kind)[0]
        elif get_origin(kind) in (Union, types.UnionType) and type(None) in get_args(kind):
            rest = [each for each in get_args(kind) if each is not type(None)]
            if len(rest) != 1:
                return kind
            kind = rest[0]
        else:
            return kind
