"""Where everything stands in a YAML text, to the letter, so that a text can be changed without being written anew.

Comments, blanks, quotation marks and the choice between block and flow are the author's; an edit replaces letters and leaves the rest.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gateway.mapping.document import Path, scalar

Json = Any


@dataclass(frozen=True, slots=True)
class Edit:
    """Letters `start` to `end` of a text become `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A key with its value, or an element of a list (then `key` is where it begins, and empty), by its way; spans in letters."""

    path: Path
    key: tuple[int, int]
    value: tuple[int, int]


@dataclass(slots=True)
class Holder:
    """A map or list: its entries in the order of the text; `flow` with brackets, else one entry under the other."""

    path: Path
    span: tuple[int, int]
    flow: bool
    entries: list[Entry]


class Layout:
    """The spans of a text. Raises yaml.YAMLError for one that is none."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.holders: dict[Path, Holder] = {}
        self.entries: dict[Path, Entry] = {}
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        if root is not None:
            self._node(root, ())

    def offset(self, line: int, column: int) -> int:
        """The letter at this place, both counted from 1."""
        return self._starts[min(line, len(self._starts)) - 1] + column - 1

    def at(self, offset: int) -> tuple[Holder, Entry] | None:
        """The entry whose key or value begins there, and what holds it; also one whose key stands there twice."""
        found = [
            (holder, entry)
            for holder in self.holders.values()
            for entry in holder.entries
            if offset in (entry.key[0], entry.value[0])
        ]
        return max(found, key=lambda pair: len(pair[1].path), default=None)

    def line_start(self, offset: int) -> int:
        """Where the line of that letter begins."""
        return self.text.rfind("\n", 0, offset) + 1

    def line_end(self, offset: int) -> int:
        """Where the line of that letter ends, before its line break."""
        found = self.text.find("\n", offset)
        return len(self.text) if found < 0 else found

    def _mark(self, mark: Any) -> int:
        return self.offset(mark.line + 1, mark.column + 1)

    def _node(self, node: Node, path: Path) -> tuple[int, int]:
        """Notes what is below; where the node begins and ends. A block ends with its last word, not where the next begins."""
        start, end = self._mark(node.start_mark), self._mark(node.end_mark)
        if isinstance(node, ScalarNode):
            return start, start + len(self.text[start:end].rstrip()) if node.style in ("|", ">") else end
        assert isinstance(node, MappingNode | SequenceNode)
        flow = bool(node.flow_style)
        holder = self.holders.setdefault(path, Holder(path, (start, end), flow, []))
        for each in self._below(node, path):
            holder.entries.append(each)
            self.entries.setdefault(each.path, each)
            end = end if flow else each.value[1]
        holder.span = (start, end)
        return holder.span

    def _below(self, node: MappingNode | SequenceNode, path: Path) -> Iterator[Entry]:
        if isinstance(node, SequenceNode):
            for index, each in enumerate(node.value):
                span = self._node(each, (*path, index))
                yield Entry((*path, index), (span[0], span[0]), span)
            return
        for key, value in node.value:
            name = scalar(key) if isinstance(key, ScalarNode) else str(key.value)
            span = self._mark(key.start_mark), self._mark(key.end_mark)
            yield Entry((*path, name), span, self._node(value, (*path, name)))


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text with these edits, which do not overlap."""
    for edit in sorted(edits, key=lambda each: (each.start, each.end), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


def removed(layout: Layout, holder: Holder, entry: Entry) -> list[Edit] | None:
    """The edit that takes an entry out, with the line's comment if it has lines of its own; None where nothing would be left."""
    if len(holder.entries) < 2:
        return None
    index = holder.entries.index(entry)
    if holder.flow:
        if index:
            return [Edit(holder.entries[index - 1].value[1], entry.value[1], "")]
        return [Edit(entry.key[0], holder.entries[1].key[0], "")]
    start, end = layout.line_start(entry.key[0]), layout.line_end(entry.value[1])
    if layout.text[start : entry.key[0]].strip():
        return None  # behind the dash of a list
    return [Edit(start, min(end + 1, len(layout.text)), "")]


def ordered(layout: Layout, holder: Holder, order: Sequence[str]) -> list[Edit] | None:
    """The edits that bring the keys of a map into that order, each with its comments; None where that cannot be told apart."""
    rank = {name: index for index, name in enumerate(order)}
    right = sorted(holder.entries, key=lambda each: rank.get(str(each.path[-1]), len(rank)))
    if holder.flow:
        spans = [(each.key[0], each.value[1]) for each in holder.entries]
        gaps = [layout.text[one[1] : other[0]] for one, other in pairwise(spans)]
        if any("#" in gap for gap in gaps):
            return None
    else:
        starts = [_with_remarks(layout, each.key[0]) for each in holder.entries]
        ends = [*starts[1:], min(layout.line_end(holder.entries[-1].value[1]) + 1, len(layout.text))]
        if any(layout.text[layout.line_start(each.key[0]) : each.key[0]].strip() for each in holder.entries):
            return None
        spans = list(zip(starts, ends, strict=True))
    texts = [layout.text[start:end] for start, end in spans]
    if not holder.flow and not texts[-1].endswith("\n"):
        return None
    of = dict(zip((each.path for each in holder.entries), texts, strict=True))
    return [Edit(*span, of[each.path]) for span, each in zip(spans, right, strict=True)]


def _with_remarks(layout: Layout, offset: int) -> int:
    """Where the comment lines begin that stand right above the line of that letter, as deep as it."""
    start = layout.line_start(offset)
    indent = layout.text[start:offset]
    while start > 0:
        above = layout.line_start(start - 1)
        line = layout.text[above : start - 1]
        if not (line.startswith(f"{indent}#") and line.strip()):
            break
        start = above
    return start


def difference_of(name: str, before: str, after: str) -> str:
    """A unified diff of one file; empty if nothing changed."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"a/{name}", f"b/{name}", n=2
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
