"""A swift value is the frozen dataclass that its text says, whatever its fields are called."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from gateway.swift import swift


@dataclass(frozen=True, slots=True)
class Plain:
    first: int
    absent: Mapping[str, str] = field(default_factory=dict)
    default_first: int = 3
    secret: str = field(default="s", repr=False)


@swift
@dataclass(frozen=True, slots=True)
class Swift:
    first: int
    absent: Mapping[str, str] = field(default_factory=dict)
    default_first: int = 3
    secret: str = field(default="s", repr=False)


@pytest.mark.parametrize(
    "given",
    [((1,), {}), ((1, {"a": "b"}), {}), ((), {"first": 1, "absent": {}, "secret": "t"}), ((1, {}, 4, "t"), {})],
)
def test_a_swift_value_holds_and_tells_what_a_plain_one_does(given: tuple[Any, Any]) -> None:
    plain, quick = Plain(*given[0], **given[1]), Swift(*given[0], **given[1])
    assert dataclasses.asdict(quick) == dataclasses.asdict(plain)
    assert repr(quick) == repr(plain).replace("Plain", "Swift")
    assert quick == Swift(*given[0], **given[1]) != dataclasses.replace(quick, first=2)
    assert "__dict__" not in dir(quick)


def test_its_constructor_wants_what_a_plain_one_wants() -> None:
    assert list(inspect.signature(Swift).parameters) == list(inspect.signature(Plain).parameters)
    with pytest.raises(TypeError, match="first"):
        Swift()  # type: ignore[call-arg] # that is what is tested


def test_each_value_has_defaults_of_its_own() -> None:
    assert Swift(1).absent is not Swift(1).absent
