"""What compiling a file notes down: findings with their places. Wrong parts become None and their neighbours are compiled all the same."""

from __future__ import annotations

import re
from typing import get_args

from gateway.mapping.document import Document, Path
from gateway.mapping.finding import Finding
from gateway.mapping.record import Field, Over, Pick, Place
from gateway.nevisidm.call import Call, Method
from gateway.nevisidm.template import Template, parse_template

Part = str | int | bool | None
_CALL = re.compile(r"([A-Z]+) (/[^\s?]*)(?:\?(\S*))?")
_FIELD = re.compile(r"[A-Za-z]\w*(\.[\w@$-]+)*(\.\*)?")
_PICK = re.compile(r"items((?:\[[^\[\]=]+=[^\[\]]*\])+)")
_CONDITION = re.compile(r"\[([^\[\]=]+)=([^\[\]]*)\]")


class Notes:
    """The findings of one file, and readers of the small notations that stand in many places."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.findings: list[Finding] = []

    def place(self, *path: Part) -> Place:
        """Where a key stands."""
        return self.document.place(*path)

    def error(self, code: str, path: Path, text: str, cure: str = "") -> None:
        """Note an error in the value at `path`."""
        self.findings.append(Finding(self.document.value_place(*path), code, "error", text, cure))

    def template(self, text: str, *path: Part) -> Template | None:
        """The template at `path`."""
        try:
            return parse_template(text)
        except ValueError as error:
            self.error("M103", path, f'"{text}" is no template: {error}')
            return None

    def call(self, name: str, text: str, *path: Part) -> Call | None:
        """The call at `path`, known as `name`. A fixed query may stand behind it."""
        found = _CALL.fullmatch(text)
        if found is None or found[1] not in get_args(Method):
            self.error(
                "M103", path, f'"{text}" is no call', "write one such as GET /core/v1/{client}/users/{user.extId}"
            )
            return None
        template = self.template(found[2], *path)
        pairs = tuple(
            (key, value)
            for pair in filter(None, (found[3] or "").split("&"))
            for key, _, value in (pair.partition("="),)
        )
        method: Method = found[1]  # type: ignore[assignment] # looked up in the type itself above
        place = str(self.document.value_place(*path))
        return Call(name, method, template, pairs, at=place) if template else None

    def field(self, text: str, *path: Part) -> Field | None:
        """The record path at `path`: `user.name.familyName`, `properties.*`."""
        if not _FIELD.fullmatch(text) or "." not in text:
            self.error("M103", path, f'"{text}" is no record path', "write one such as user.name.familyName")
            return None
        record, *keys = text.split(".")
        is_open = keys[-1] == "*"
        return Field(record, tuple(keys[:-1] if is_open else keys), is_open)

    def pick(self, text: str | None, *path: Part) -> Pick | None:
        """The condition at `path`: `items[field=value]`."""
        if text is None:
            return None
        found = _PICK.fullmatch(text)
        if found is None:
            self.error("M103", path, f'"{text}" is no pick', "write one such as items[isDefaultProfile=true]")
            return None
        conditions = [
            (tuple(field.split(".")), template)
            for field, value in _CONDITION.findall(found[1])
            if (template := self.template(value, *path)) is not None
        ]
        return Pick(tuple(conditions))

    def over(self, said: dict[str, str] | None, *path: Part, where: dict[str, str] | None = None) -> Over | None:
        """The hole at `path` that every resource of another type fills, or those whose attributes equal what `where` says."""
        if said is None:
            if where is not None:
                self.error("M103", (*path[:-1], "where"), "`where` narrows `over`", "write `over`, too")
            return None
        (hole, source), *more = said.items() or [("", "")]
        resource, dot, id_ = source.partition(".")
        if more or not resource or (dot, id_) != (".", "id"):
            self.error("M103", path, "`over` fills one hole from a type's ids", "write { token.userExtId: User.id }")
            return None
        terms = {name: self.template(text, *path[:-1], "where", name) for name, text in (where or {}).items()}
        return Over(hole, resource, {name: template for name, template in terms.items() if template is not None})
