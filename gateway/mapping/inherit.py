"""`extends`: a mapping laid over the one it shares its lines with, so that nothing is described twice.

Three kinds of base: a shipped mapping that a site changes (`builtin:User`), a shipped file that is no type of its own but holds what many
share (`builtin:_credential`), and such a file in the same folder (`_badge`). A base may extend another one. Every line keeps the
place it came from (see `merge.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Mapping as Map
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from gateway.errors import ConfigError
from gateway.mapping.document import Document, read_document
from gateway.mapping.finding import Finding, Fix, did_you_mean
from gateway.mapping.merge import merged
from gateway.mapping.record import Place

ERRORS = "_errors.yaml"
ABSENT = "_absent.yaml"
RESERVED = frozenset({ERRORS, ABSENT})
"""Files beginning with `_` that are not there to be extended."""
Texts = Map[str, str]
"""What stands in files of a folder in place of what is on the disk (or is not yet), by their names: an editor's unsaved text."""
NO_TEXTS: Texts = MappingProxyType({})


def find_mappings() -> Path:
    """The shipped mappings: inside an installed package, or beside it in a checkout. Raises ConfigError if there are none."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "shipped", package.parent / "mappings"):
        if (folder / ERRORS).is_file():
            return folder
    raise ConfigError("the shipped mappings are missing; install the package again", code="GW002")


def document_of(file: Path, texts: Texts = NO_TEXTS) -> Document:
    """The file as a document, named by its folder and name: no path of this machine. `texts`: what goes before the disk."""
    name = f"{file.parent.name}/{file.name}"
    try:
        text = texts[file.name] if file.name in texts else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        finding = Finding(
            Place(name, 1), "M100", "error", f"this is not UTF-8 (byte {error.start})", "save it as UTF-8"
        )
        return Document(name, None, {}, {}, (finding,))
    document = read_document(text, name)
    return replace(document, findings=(*document.findings, *_blanks(text, name)))


def _blanks(text: str, file: str) -> Iterator[Finding]:
    """M802: blanks at the end of a line, and a last line without its end."""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.rstrip(" \t\r")
        if bare != line:
            place = Place(file, number, len(bare) + 1)
            yield Finding(place, "M802", "notice", "blanks at the end of the line", "leave them out", Fix("trim"))
    if text and not text.endswith("\n"):
        last = text.rpartition("\n")[2]
        place = Place(file, text.count("\n") + 1, len(last) + 1)
        yield Finding(place, "M802", "notice", "the last line has no end", "end it", Fix("trim"))


class Bases:
    """What the files of one folder may extend; every base is read once."""

    def __init__(self, directory: Path, texts: Texts = NO_TEXTS) -> None:
        shipped = (file for file in yaml_files(find_mappings()) if file.name not in RESERVED)
        files = yaml_files(directory, texts)
        own = (file for file in files if file.name.startswith("_") and file.name not in RESERVED)
        self._folder, self._texts = directory, texts
        self._files = {f"builtin:{file.stem}": file for file in shipped} | {file.stem: file for file in own}
        self._read: dict[str, Document] = {}

    def extended(self, document: Document) -> Document:
        """The document laid over all that it extends; one that extends nothing, or what is not there, gets a finding or stays."""
        return self._laid(document, ())

    def _laid(self, document: Document, above: tuple[str, ...]) -> Document:
        said = said_base(document)
        if said is None:
            return document
        fault = self._fault(document, said, above)
        if fault is not None:
            return Document(document.file, None, document.keys, document.values, (*document.findings, fault))
        if said not in self._read:
            self._read[said] = self._laid(self._document(self._files[said]), (*above, said))
        return merged(self._read[said], document)

    def _document(self, file: Path) -> Document:
        return document_of(file, self._texts if file.parent == self._folder else NO_TEXTS)

    def _fault(self, document: Document, said: str, above: tuple[str, ...]) -> Finding | None:
        """What is wrong with a base: nobody has it, or it leads back to itself."""
        place = document.value_place("extends")
        if said in above:
            return Finding(place, "M103", "error", f'"{said}" extends itself', "let it extend something else")
        if said in self._files:
            return None
        cure = did_you_mean(_spelt(said), self._files, f"write one of {', '.join(self._files)}")
        return Finding(place, "M103", "error", f'there is no mapping "{said}" to extend', cure)


def said_base(document: Document) -> str | None:
    """What the file says under `extends`."""
    said = document.data.get("extends") if isinstance(document.data, dict) else None
    return said if isinstance(said, str) else None


def _spelt(said: str) -> str:
    """As the nearest name would begin."""
    return said if said.startswith(("_", "builtin:")) else f"builtin:{said}"


def yaml_files(directory: Path, texts: Texts = NO_TEXTS) -> Iterator[Path]:
    """The files of mappings in a folder, by name, without their tests; those of `texts` that are not on the disk among them."""
    files = {*directory.glob("*.yaml"), *(directory / name for name in texts if name.endswith(".yaml"))}
    return (file for file in sorted(files) if not file.name.endswith(".tests.yaml"))
