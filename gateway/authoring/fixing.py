"""`lint --fix`: what can be mended without a doubt is mended in the text itself, and nothing else of the text changes.

An edit counts only if the file afterwards says exactly what it should: the same data in another order, without the key that was said
twice, with the key under its right name. A name is only put right if one known name is very near and lint is content with it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from gateway.authoring.layout import Edit, Entry, Holder, Layout, apply, ordered, removed
from gateway.mapping.document import Path as Way
from gateway.mapping.document import read_document
from gateway.mapping.finding import Finding, Fix
from gateway.mapping.inherit import NO_TEXTS, Texts
from gateway.mapping.lint import lint

Json = Any
_ROUNDS = 20


@dataclass(slots=True)
class Fixed:
    """The new texts of files that changed, by name; what was found at first, what was mended, and what lint still finds."""

    found: list[Finding]
    texts: dict[str, str] = field(default_factory=dict)
    mended: list[Finding] = field(default_factory=list)
    left: list[Finding] = field(default_factory=list)


def fixed(directory: Path, texts: Texts = NO_TEXTS) -> Fixed:
    """Everything that can be mended in the folder's own files. Nothing is written. Raises ConfigError as `lint` does."""
    found = lint(directory, texts)
    result = Fixed(found, dict(texts), left=found)
    doubtful: set[tuple[str, str, str]] = set()
    for _ in range(_ROUNDS):
        mended = _round(directory, result, doubtful)
        if not mended:
            break
    result.texts = {name: text for name, text in result.texts.items() if text != texts.get(name)}
    return result


def _round(directory: Path, result: Fixed, doubtful: set[tuple[str, str, str]]) -> bool:
    """One finding of each line, mended; False if there was none to mend. What leaves lint unhappier is taken back and not tried again."""
    tried: list[Finding] = []
    texts = dict(result.texts)
    for name, findings in _by_file(directory, result.left).items():
        text = texts.get(name)
        text = (directory / name).read_text(encoding="utf-8") if text is None else text
        waiting = [each for each in findings if _kind(each) not in doubtful]
        texts[name], done = _mended(text, waiting)
        tried += done
        doubtful |= {_kind(each) for each in waiting if each not in done and not _later(each, done)}
    if not tried:
        return False
    left = lint(directory, texts)
    worse = _worse(result.left, left, tried)
    if worse:
        doubtful |= worse
        return True
    result.texts, result.left = texts, left
    result.mended += tried
    return True


def _kind(finding: Finding) -> tuple[str, str, str]:
    """A finding wherever its line has moved to."""
    return finding.place.file, finding.code, finding.text


def _by_file(directory: Path, findings: list[Finding]) -> dict[str, list[Finding]]:
    """What may be mended, by the name of the file; only of the folder's own."""
    found: dict[str, list[Finding]] = {}
    for each in findings:
        folder, _, name = each.place.file.rpartition("/")
        if each.fix is not None and folder == directory.name and "/" not in name:
            found.setdefault(name, []).append(each)
    return found


def _later(finding: Finding, done: list[Finding]) -> bool:
    """Whether it waits only because something else in the file was mended in this round."""
    return any(each.place.file == finding.place.file for each in done)


def _worse(before: list[Finding], after: list[Finding], tried: list[Finding]) -> set[tuple[str, str, str]]:
    """Those that are still found as often, and those on whose line something new is found."""
    count, now = Counter(map(_kind, before)), Counter(map(_kind, after))
    known = {(each.place.file, each.place.line, each.text) for each in before}
    new = {
        (each.place.file, each.place.line)
        for each in after
        if each.level == "error" and (each.place.file, each.place.line, each.text) not in known
    }
    renamed = [each for each in tried if each.fix is not None and each.fix.kind == "rename"]
    return {_kind(each) for each in tried if now[_kind(each)] >= count[_kind(each)]} | {
        _kind(each) for each in renamed if (each.place.file, each.place.line) in new
    }


def _mended(text: str, findings: list[Finding]) -> tuple[str, list[Finding]]:
    """The text with as many mended as do not touch each other, and which those are."""
    try:
        layout = Layout(text)
    except yaml.YAMLError:
        return text, []
    edits: list[Edit] = []
    done: list[Finding] = []
    for each in findings:
        own = _edits(layout, each)
        if own and not _touching(own, edits) and _says_what_it_should(layout, each, own):
            edits += own
            done.append(each)
    return apply(text, edits), done


def _touching(own: list[Edit], others: list[Edit]) -> bool:
    start, end = min(each.start for each in own), max(each.end for each in own)
    return any(each.start <= end and start <= each.end for each in others)


def _edits(layout: Layout, finding: Finding) -> list[Edit] | None:
    """What the finding asks for, in letters; None where that cannot be told."""
    fix = finding.fix
    assert fix is not None
    offset = layout.offset(finding.place.line, finding.place.column)
    if fix.kind == "trim":
        end = layout.line_end(offset)
        return [Edit(offset, end, "")] if end > offset else [Edit(end, end, "\n")]
    spot = layout.at(offset)
    if spot is None:
        return None
    holder, entry = spot
    if fix.kind == "remove":
        return removed(layout, holder, entry)
    if fix.kind == "order":
        return ordered(layout, holder, fix.words)
    if fix.kind == "remark":
        return _remarked(layout, entry, fix.words[0])
    return list(_renamed(layout, holder, entry, offset, fix.words[0]))


def _remarked(layout: Layout, entry: Entry, word: str) -> list[Edit]:
    end = layout.line_end(entry.value[1])
    line = layout.text[entry.value[1] : end]
    found = line.find(" #")
    if found >= 0:
        start = entry.value[1] + found + 2
        return [Edit(start, start, f" {word};" if line[found + 2 : found + 3] == " " else f" {word}; ")]
    return [Edit(end, end, f"   # {word}")]


def _renamed(layout: Layout, holder: Holder, entry: Entry, offset: int, name: str) -> Iterator[Edit]:
    """A key, or the first word of a record path."""
    if offset == entry.key[0] and entry.key[0] != entry.key[1]:
        if name not in [each.path[-1] for each in holder.entries]:
            yield Edit(*entry.key, name)
        return
    value = layout.text[entry.value[0] : entry.value[1]]
    start = entry.value[0] + (value[:1] in ('"', "'"))
    word = value.strip("\"'").partition(".")[0]
    if word.isidentifier():
        yield Edit(start, start + len(word), name)


def _says_what_it_should(layout: Layout, finding: Finding, edits: list[Edit]) -> bool:
    fix = finding.fix
    assert fix is not None
    before, after = (read_document(text, "").data for text in (layout.text, apply(layout.text, edits)))
    spot = layout.at(layout.offset(finding.place.line, finding.place.column))
    if spot is None or fix.kind in ("trim", "order", "remark") or finding.code == "M102":
        return bool(before == after)
    return bool(_changed(before, spot[1].path, fix, finding.code) == after)


def _changed(data: Json, way: Way, fix: Fix, code: str) -> Json:
    """The data with the key at `way` removed or renamed; of another finding than M101, with the first word of its text renamed."""
    first, *rest = way
    if rest:
        inner = _changed(data[first], tuple(rest), fix, code)
        if isinstance(data, list):
            return [inner if index == first else each for index, each in enumerate(data)]
        return {key: inner if key == first else each for key, each in data.items()}
    if fix.kind == "remove":
        return {key: each for key, each in data.items() if key != first}
    if code == "M101":
        return {fix.words[0] if key == first else key: each for key, each in data.items()}
    renamed = fix.words[0] + "".join(data[first].partition(".")[1:])
    if isinstance(data, list):
        return [renamed if index == first else each for index, each in enumerate(data)]
    return {key: renamed if key == first else each for key, each in data.items()}
