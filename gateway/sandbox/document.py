"""Request bodies against the DTOs: what a field may be, what is read-only, what clears it.

A Shape is a DTO as data. `given` turns a body into the values it sets, normalised (dates in nevisIDM's form), with None for a field it
clears; `merged` puts them into a stored document as PATCH does. Wrong JSON types answer 422 errors.deserialization, as Jackson's would.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from . import problem
from .clock import parse_moment, stamp
from .switches import Switches

Document = dict[str, Any]
Kind = Callable[[str, Any], Any]
_WHOLE = ("properties", "parameters")  # the one is merged by properties.py, the other replaced as a whole
LONGEST = 4000  # dtos.yaml string_limits.any_string


@dataclass(frozen=True, slots=True)
class Shape:
    """A DTO: its writable fields, and those that are accepted and ignored because nevisIDM itself answers them."""

    name: str
    fields: "Mapping[str, Kind | Shape]"
    shown: frozenset[str] = frozenset(
        {"created", "lastModified", "version", "clientExtId", "userExtId", "_classifications"}
    )


def given(shape: Shape, body: Any, switches: Switches, *, updating: bool = False, path: str = "") -> Document:
    """The values a body sets; None where it clears. Creating takes null and "" for absent."""
    if not isinstance(body, Mapping):
        raise mismatch(path or shape.name, "an object")
    values: Document = {}
    for name, value in body.items():
        kind = shape.fields.get(name)
        if kind is None:
            _refuse_unknown(shape, name, switches)
        elif value is None or value == "":
            _check_clearing(path + name, value, kind, switches, updating)
            values[name] = None
        elif isinstance(kind, Shape):
            values[name] = given(kind, value, switches, updating=updating, path=f"{path}{name}.")
        else:
            values[name] = kind(path + name, value)
            if kind is words and not updating:
                values[name] = {part: word for part, word in values[name].items() if word is not None}
    return values if updating else {name: value for name, value in values.items() if value not in (None, {})}


def merged(doc: Mapping[str, Any], values: Mapping[str, Any], switches: Switches) -> Document:
    """The document after a PATCH: absent is unchanged, None is gone, a nested object is merged or replaced by the switch."""
    result = dict(doc)
    for name, value in values.items():
        if isinstance(value, Mapping) and name not in _WHOLE and switches.patch_nested == "merge":
            value = merged(doc.get(name) or {}, value, switches)
        elif isinstance(value, Mapping):
            value = {part: given for part, given in value.items() if given is not None}
        if value in (None, {}):
            result.pop(name, None)
        else:
            result[name] = value
    return result


def check_version(body: Mapping[str, Any], version: int, switches: Switches) -> None:
    """Optimistic locking by the body's `version` (README section 5)."""
    claimed = body.get("version")
    if claimed is None:
        if switches.missing_version == "refused":
            raise problem.invalid_parameter("The field 'version' is mandatory.")
    elif isinstance(claimed, bool) or not isinstance(claimed, int):
        raise mismatch("version", "a number")
    elif claimed != version:
        raise problem.stale(switches.lock_status)


def check_interval(validity: Mapping[str, Any] | None) -> None:
    """422 errors.invalidDateInterval when `from` lies after `to`."""
    begin, end = (validity or {}).get("from"), (validity or {}).get("to")
    if begin and end and parse_moment(begin) > parse_moment(end):
        raise problem.rule("invalidDateInterval", "The start date must not be after the end date.")


def text(
    *, longest: int = LONGEST, choices: Sequence[str] = (), refuse: Callable[[str], problem.Problem] | None = None
) -> Kind:
    """A string, at most so long, of these choices if there are any; `refuse` words the refusal of another choice."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise mismatch(name, "a string")
        if len(value) > longest:
            raise problem.invalid_parameter(f"The value of '{name}' is longer than {longest} characters.")
        if choices and value not in choices:
            raise refuse(value) if refuse else problem.invalid_parameter(f"Invalid value '{value}' for '{name}'")
        return value

    return check


def flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise mismatch(name, "a boolean")
    return value


def number(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise mismatch(name, "a number")
    return value


def moment(name: str, value: Any) -> str:
    """A date-time, normalised to UTC seconds."""
    try:
        return stamp(parse_moment(text()(name, value)))
    except (ValueError, OverflowError, OSError):
        message = f"The value of '{name}' is not a date or date-time in ISO format."
        raise problem.rule("invalidDateOrDateTime", message) from None


def day(name: str, value: Any) -> str:
    """A date; a date-time is cut to its date (gap 24)."""
    try:
        return date.fromisoformat(text()(name, value)[:10]).isoformat()
    except ValueError:
        raise problem.rule("invalidDate", f"The value of '{name}' is not a date in ISO format.") from None


def words(name: str, value: Any) -> dict[str, str | None]:
    """A map of strings, as displayName by language; None for null and "", which both take one away (gap 18)."""
    if not isinstance(value, Mapping) or not all(word is None or isinstance(word, str) for word in value.values()):
        raise mismatch(name, "an object of strings")
    return {part: word or None for part, word in value.items()}


def values_of_properties(name: str, value: Any) -> dict[str, str | None]:
    """Property values: strings, and None for null and "", which both delete."""
    if not isinstance(value, Mapping):
        raise mismatch(name, "an object")
    for key, item in value.items():
        if item is not None and not isinstance(item, str):
            raise mismatch(f"{name}.{key}", "a string")
    return {key: item or None for key, item in value.items()}


VALIDITY = Shape("ValidityDTO", {"from": moment, "to": moment}, frozenset())


def _refuse_unknown(shape: Shape, name: str, switches: Switches) -> None:
    if name not in shape.shown and switches.unknown_fields == "refuse":
        raise problem.rule(
            "deserialization", f'Unrecognized field "{name}" (class {shape.name}), not marked as ignorable'
        )


def _check_clearing(path: str, value: object, kind: Kind | Shape, switches: Switches, updating: bool) -> None:
    if isinstance(kind, Shape) and value == "":
        raise mismatch(path, "an object")
    wrong = {"null": "", "empty": None, "both": "neither"}[switches.clear_value]
    if updating and value == wrong and not isinstance(kind, Shape):
        raise problem.invalid_parameter(f"The field '{path}' must not be {'null' if value is None else 'empty'}.")


def mismatch(name: str, wanted: str) -> problem.Problem:
    """422 errors.deserialization for a value of the wrong JSON type."""
    return problem.rule("deserialization", f"Cannot deserialize the value of '{name}': {wanted} is expected.")
