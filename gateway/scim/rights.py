"""What a caller may do with a resource type, as the caller's own picture of that type.

A caller that may not see an attribute is given a type in which it is never returned and cannot be searched: filters, paths, projection
and discovery then follow by themselves, and nothing of the attribute shows through any of them. What may be written is checked on what a
request would change, so that sending back what was read stays harmless. Pure; no role means no right.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from gateway.errors import Denied
from gateway.scim.request import Edit, Json, Resource
from gateway.scim.schema import Allowed, Attribute, ResourceType
from gateway.scim.tree import Attr

READ = frozenset(("get", "search"))
WRITE = frozenset(("create", "replace", "modify", "delete"))
VERBS = READ | WRITE | {"act"}


@dataclass(frozen=True, slots=True)
class Rule:
    """What a role may do. `types`: names, or "*" for all; `verbs`: operations; `only`: nothing but these attributes; `never`: not these.

    Attributes are named as clients name them, by their whole (`name`) or in part (`name.givenName`), case ignored.
    """

    types: frozenset[str]
    verbs: frozenset[str]
    only: frozenset[str] | None = None
    never: frozenset[str] = frozenset()

    def about(self, kind: ResourceType) -> bool:
        """Whether the rule says anything about the type."""
        return "*" in self.types or kind.name in self.types

    def names(self, attr: Attr) -> bool:
        """Whether the rule lets the attribute be seen or written."""
        if _among(attr, self.never):
            return False
        return self.only is None or _among(attr, self.only) or _above(attr, self.only)

    def names_all_of(self, attr: Attr) -> bool:
        """Whether the rule lets the attribute be seen with everything in it."""
        return (self.only is None or _among(attr, self.only)) and not _above(attr, self.never)


Roles = Mapping[str, tuple[Rule, ...]]


def pictured(kind: ResourceType, roles: Iterable[str], known: Roles) -> ResourceType:
    """The type as a caller with these roles has it."""
    rules = [rule for role in roles for rule in known.get(role, ()) if rule.about(kind)]
    verbs = frozenset(verb for rule in rules for verb in rule.verbs)
    reading = [rule for rule in rules if rule.verbs & (READ | {"act"})]
    writing = [rule for rule in rules if rule.verbs & (WRITE | {"act"})]
    if _is_everything(verbs, reading) and _is_everything(verbs, writing):
        return kind
    return dataclasses.replace(
        kind,
        core={name: _seen(each, Attr(each.name), reading) for name, each in kind.core.items()},
        extensions={
            urn: {name: _seen(each, Attr(each.name, None, urn), reading) for name, each in table.items()}
            for urn, table in kind.extensions.items()
        },
        allowed=Allowed(verbs, tuple((rule.only, rule.never) for rule in writing)),
    )


def check_verb(kind: ResourceType, verb: str) -> None:
    """Raises Denied GW302 when the caller may not do this with the type."""
    if kind.allowed is not None and verb not in kind.allowed.verbs:
        raise Denied("GW302", f"Your roles do not allow {verb} on {kind.name}. Ask for a role that does.")


def check_mentions(kind: ResourceType, body: Resource, edits: Iterable[Edit], *, whole: bool) -> None:
    """Raises Denied GW302 naming attributes of a body that its sender may not write, nor see where `whole` (PUT) it may repeat them.

    It is not compared with what is stored, so that a refusal tells nothing of it.
    """
    if kind.allowed is None:
        return
    wrong = [
        str(attr)
        for attr in (*_in_body(body, kind), *_in_edits(edits, kind))
        if not _writable(kind, attr) and not (whole and _is_shown(kind, attr))
    ]
    if wrong:
        raise _denied(wrong)


def check_writes(kind: ResourceType, attributes: Iterable[Attr]) -> None:
    """Raises Denied GW302 naming the attributes that a request would change and its caller may not."""
    wrong = [str(attr) for attr in attributes if not _writable(kind, attr)]
    if wrong:
        raise _denied(wrong)


def _denied(names: list[str]) -> Denied:
    return Denied("GW302", f"Your roles do not allow to change {', '.join(sorted(set(names)))}. Leave it out.")


def _writable(kind: ResourceType, attr: Attr) -> bool:
    if kind.allowed is None:
        return True
    return any(Rule(frozenset("*"), WRITE, only, never).names(attr) for only, never in kind.allowed.writes)


def _is_shown(kind: ResourceType, attr: Attr) -> bool:
    found = kind.attribute(attr)
    return found is not None and found.returned != "never"


def _in_body(body: Resource, kind: ResourceType) -> Iterator[Attr]:
    """The attributes that a body speaks of, those of complex ones one by one; what nobody writes is left to the protocol."""
    for urn, table in (("", kind.core), *kind.extensions.items()):
        values = body.get(urn) if urn else body
        for name, value in values.items() if isinstance(values, dict) else ():
            attribute = table.get(name.lower())
            if attribute is not None and attribute.mutability != "readOnly":
                yield from _parts(Attr(attribute.name, None, urn or None), value)


def _parts(attr: Attr, value: Json) -> Iterator[Attr]:
    inner = {
        name for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict) for name in each
    }
    if not inner:
        yield attr
    yield from (Attr(attr.name, name, attr.urn) for name in sorted(inner))


def _in_edits(edits: Iterable[Edit], kind: ResourceType) -> Iterator[Attr]:
    for edit in edits:
        if edit.path is None:
            yield from _in_body(edit.value, kind) if isinstance(edit.value, dict) else ()
        elif edit.path.tail is not None:
            yield Attr(edit.path.attr.name, edit.path.tail, edit.path.attr.urn)
        elif edit.path.attr.sub is not None:
            yield edit.path.attr
        else:
            yield from _parts(edit.path.attr, edit.value)


def _is_everything(verbs: frozenset[str], rules: Iterable[Rule]) -> bool:
    return verbs >= VERBS and any(rule.only is None and not rule.never for rule in rules)


def _seen(attribute: Attribute, attr: Attr, rules: list[Rule]) -> Attribute:
    """An attribute as it is seen; one that nobody names is there, is never shown, and cannot be asked about."""
    if attr.name.lower() in ("id", "schemas", "meta"):
        return attribute
    if not any(rule.names(attr) and (not attribute.open or rule.names_all_of(attr)) for rule in rules):
        return _hidden(attribute)  # of a free map nothing can be cut out: who may not see a name in it sees none
    subs = {
        name: sub if any(rule.names(Attr(attr.name, sub.name, attr.urn)) for rule in rules) else _hidden(sub)
        for name, sub in attribute.subs.items()
    }
    return dataclasses.replace(attribute, subs=subs)


def _hidden(attribute: Attribute) -> Attribute:
    subs = {name: _hidden(sub) for name, sub in attribute.subs.items()}
    return dataclasses.replace(attribute, returned="never", filterable=False, subs=subs)


def _among(attr: Attr, names: frozenset[str]) -> bool:
    """Whether a set names the attribute, or the whole that it is part of."""
    whole = str(Attr(attr.name, None, attr.urn)).lower()
    return str(attr).lower() in names or whole in names


def _above(attr: Attr, names: frozenset[str]) -> bool:
    """Whether a set names a part of the attribute, which is then to be seen around that part."""
    return attr.sub is None and any(name.startswith(f"{str(attr).lower()}.") for name in names)
