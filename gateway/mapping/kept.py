"""What follows from a mapping alone, worked out once.

Mappings never change; a reload makes others. They hold dictionaries and cannot be hashed, so mappings and their parts are known by
identity, and an entry keeps its arguments alive: no id can be given to something else. The memory makes answers faster, never
different, and is emptied when it is full, because attribute names may come from clients.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, TypeVarTuple, cast

from gateway.scim.errand import ERRANDS
from gateway.scim.tree import Attr

Given = TypeVarTuple("Given")
T = TypeVar("T")
MOST = 1024
FEW = 128
_BY_VALUE = frozenset((Attr, frozenset, str))


_MEMORIES: list[dict[Any, Any]] = [ERRANDS]


def forget() -> None:
    """Let go of every mapping that is remembered: after a reload, so that the former mappings do not stay."""
    for memory in _MEMORIES:
        memory.clear()


def remember(memory: dict[Any, Any]) -> None:
    """A memory kept elsewhere that `forget` empties, too."""
    _MEMORIES.append(memory)


def kept(function: Callable[[*Given], T]) -> Callable[[*Given], T]:
    """The function, asked once for the same mapping, parts, names, attributes or sets of them. Nobody may change what it returns."""
    return _kept(function, MOST)


def kept_few(function: Callable[[*Given], T]) -> Callable[[*Given], T]:
    """As `kept`, of what is large: written views are up to a tenth of a megabyte each."""
    return _kept(function, FEW)


def _kept(function: Callable[[*Given], T], most: int) -> Callable[[*Given], T]:
    memory: dict[object, tuple[T, object]] = {}
    _MEMORIES.append(memory)

    def anew(key: object, *given: Any) -> T:
        if len(memory) >= most:
            memory.clear()
        found = function(*given)
        memory[key] = found, given
        return found

    def of_one(given: Any) -> T:
        key = given if type(given) in _BY_VALUE else id(given)
        found = memory.get(key)
        return anew(key, given) if found is None else found[0]

    def of_two(one: Any, other: Any) -> T:
        key = one if type(one) in _BY_VALUE else id(one), other if type(other) in _BY_VALUE else id(other)
        found = memory.get(key)
        return anew(key, one, other) if found is None else found[0]

    def of_more(*given: Any) -> T:
        key = tuple([each if type(each) in _BY_VALUE else id(each) for each in given])
        found = memory.get(key)
        return anew(key, *given) if found is None else found[0]

    quick: dict[int, Callable[..., T]] = {1: of_one, 2: of_two}  # a request asks dozens of times
    return cast(Callable[[*Given], T], wraps(function)(quick.get(function.__code__.co_argcount, of_more)))
