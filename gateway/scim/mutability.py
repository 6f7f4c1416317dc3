"""What a PUT or PATCH may change: the characteristics of RFC 7643 section 7, applied to a resource before and after.

`settle` turns what a client asked for into what shall be: readOnly values stay as they were, immutable ones only ever equal themselves.
What a PUT left out is cleared, unless its sender could not have seen it or there always is a value. What repeats the old value is no
change, whoever wrote it, so the answer to a GET can be sent back as a PUT. Pure: neither resource is touched.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from gateway.errors import BadRequest
from gateway.scim.comparison import comparable, is_present
from gateway.scim.dialect import Dialect
from gateway.scim.element import same
from gateway.scim.finish import is_echo
from gateway.scim.intake import lacking
from gateway.scim.request import Json, Resource
from gateway.scim.schema import Attribute, ResourceType
from gateway.scim.tree import Attr

Verb = Literal["replace", "modify"]
Table = Mapping[str, Attribute]


def settle(before: Resource, after: Resource, kind: ResourceType, dialect: Dialect, *, verb: Verb) -> Resource:
    """The resource that shall be. `after` is a PUT's body, or `before` with a PATCH applied; both with canonical names.

    Raises BadRequest GW110 (a readOnly value changed where the dialect refuses that, an immutable one changed, one that only a create can
    give, one that is always there taken away) and GW112 (something required went missing; what was missing before is not asked for now).
    """
    rules = _Rules(verb, dialect.read_only_on_update == "refuse", dialect)
    settled = rules.table(before, after, kind.core, None, skipped=frozenset(kind.extensions))
    for urn, attributes in kind.extensions.items():
        inner = rules.table(before.get(urn) or {}, after.get(urn) or {}, attributes, urn)
        if inner:
            settled[urn] = inner
    _check_required(before, settled, kind)
    return settled


@dataclass(frozen=True, slots=True)
class _Rules:
    verb: Verb
    refuse: bool
    dialect: Dialect

    def table(
        self,
        before: Resource,
        after: Resource,
        attributes: Table,
        urn: str | None,
        skipped: frozenset[str] = frozenset(),
    ) -> Resource:
        """All attributes of one schema. Names that are not declared stay as they were."""
        settled: Resource = {}
        for name in dict.fromkeys((*before, *after)):
            if name in skipped:
                continue
            old, new = before.get(name), after.get(name)
            attribute = None if old is new else attributes.get(name.lower())
            value = old if attribute is None else self.value(old, new, attribute, Attr(name, None, urn))
            if is_present(value):
                settled[name] = value
        return settled

    def value(self, old: Json, new: Json, attribute: Attribute, attr: Attr) -> Json:
        """What one attribute, or sub-attribute of a singular one, shall be."""
        if is_echo(attr, self.dialect) and attribute.mutability == "readOnly":
            return old
        if _is_object(attribute):
            return self._object(old, new, attribute, attr)
        if not self._asks(new, old, attribute):
            return old
        if _equal(old, new, attribute):
            return old if attribute.mutability in ("readOnly", "immutable") else new
        if attribute.mutability == "readOnly":
            return self._refused(old, f"{attr} is read-only. Leave it out.")
        if attribute.mutability == "immutable" and is_present(old):
            raise BadRequest("GW110", f"{attr} is immutable: it cannot be changed once it has a value.")
        if attribute.only_new and is_present(new):
            raise BadRequest("GW110", f"{attr} can be given only when the resource is made. Leave it out.")
        if attribute.filled and not is_present(new):
            raise BadRequest("GW110", f"{attr} always has a value and cannot be removed. Send another value instead.")
        return self._elements(old, new, attribute, attr) if isinstance(new, list) else new

    def _asks(self, new: Json, old: Json, attribute: Attribute) -> bool:
        """Whether the client says anything about the attribute. Silence about what it cannot change says nothing; about what it can,
        it means "clear" in a PATCH, and in a PUT unless its sender could not have seen the value, or there always is one (RFC 7644
        section 3.5.1 lets the server choose it: the one that is there)."""
        if is_present(new) or not is_present(old):
            return True
        if self.verb == "modify":
            return attribute.mutability in ("readWrite", "immutable")
        shown = attribute.returned in ("always", "default")
        return attribute.mutability == "readWrite" and shown and not attribute.filled

    def _object(self, old: Json, new: Json, attribute: Attribute, attr: Attr) -> Json:
        """A singular complex value: sub-attribute by sub-attribute, each by its own rules under those of the whole."""
        was, wish = (value if isinstance(value, dict) else {} for value in (old, new))
        if not wish and not self._asks(None, was, attribute):
            return old
        settled: Resource = {}
        for name in dict.fromkeys((*was, *wish)):
            sub = attribute.sub(name)
            if sub is None or name == "ocid":  # shown by the dialect, sent back by the client
                value = was.get(name)
            else:
                value = self.value(
                    was.get(name), wish.get(name), _under(attribute, sub), Attr(attr.name, name, attr.urn)
                )
            if is_present(value):
                settled[name] = value
        return settled

    def _elements(self, old: Json, new: list[Json], attribute: Attribute, attr: Attr) -> list[Json]:
        """Values of a multi-valued attribute: immutable sub-attributes of one that was there stay as they are."""
        was = [each for each in old if isinstance(each, dict)] if isinstance(old, list) else []
        for sub in attribute.subs.values():
            for each in new if sub.mutability == "immutable" else ():
                twin = next((other for other in was if isinstance(each, dict) and same(each, other, attribute)), {})
                values = (twin.get(sub.name), each.get(sub.name)) if isinstance(each, dict) else ()
                if values and all(map(is_present, values)) and not _equal(*values, sub):
                    raise BadRequest(
                        "GW110", f"{Attr(attr.name, sub.name, attr.urn)} of a value that is there cannot change."
                    )
        return new

    def _refused(self, old: Json, detail: str) -> Json:
        if self.refuse:
            raise BadRequest("GW110", detail)
        return old


def _is_object(attribute: Attribute) -> bool:
    return attribute.type == "complex" and not attribute.multi_valued


def _under(parent: Attribute, sub: Attribute) -> Attribute:
    """A sub-attribute with what it inherits: below a readOnly whole everything is, below a shy one everything is at least as shy."""
    if parent.mutability == "readWrite" and parent.returned in ("always", "default"):
        return sub
    mutability = (
        parent.mutability if parent.mutability != "readWrite" and sub.mutability == "readWrite" else sub.mutability
    )
    returned = parent.returned if parent.returned in ("request", "never") else sub.returned
    return replace(sub, mutability=mutability, returned=returned)


def _equal(old: Json, new: Json, attribute: Attribute) -> bool:
    """Whether two values of an attribute mean the same: case and the spelling of instants as their type says, lists in any order."""
    if isinstance(old, list) or isinstance(new, list):
        olds, news = (value if isinstance(value, list) else [] for value in (old, new))
        return len(olds) == len(news) and all(any(_equal(one, other, attribute) for one in olds) for other in news)
    if isinstance(old, dict) and isinstance(new, dict):
        return all(_equal(old.get(name), new.get(name), sub) for name, sub in _subs(old, new, attribute))
    if not is_present(old) or not is_present(new):
        return is_present(old) == is_present(new)
    return bool(
        old == new
        or (comparable(old, attribute) is not None and comparable(old, attribute) == comparable(new, attribute))
    )


def _subs(old: Resource, new: Resource, attribute: Attribute) -> Iterator[tuple[str, Attribute]]:
    """The sub-attributes to compare; names that are not declared (`ocid`) are the dialect's."""
    for name in dict.fromkeys((*old, *new)):
        sub = attribute.sub(name)
        if sub is not None and name != "ocid":
            yield name, sub


def _check_required(before: Resource, settled: Resource, kind: ResourceType) -> None:
    """Raises GW112 for what is required and was there, or belongs to a new value, and is missing now."""
    lost = lacking(settled, kind)
    already = lacking(before, kind) if lost else []
    missing = [str(attr) for attr in lost if attr not in already and _required(kind, attr).mutability != "writeOnly"]
    if missing:
        raise BadRequest("GW112", f"Missing required attribute(s): {','.join(missing)}.")


def _required(kind: ResourceType, attr: Attr) -> Attribute:
    found = kind.attribute(attr)
    assert found is not None, "it was declared a moment ago"
    return found
