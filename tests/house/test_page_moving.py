"""docs/moving.md: every attribute of IDCS that an application meets otherwise here, by type: not held, or with other characteristics."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gateway.mapping.model import Mapping
from gateway.scim.dialect import IDCS
from gateway.scim.finish import completed, referring, server_made
from gateway.scim.schema import Attribute
from tests.conftest import shipped
from tests.house.idcs import Fact, attributes, facts
from tests.house.page import Page, table
from tests.house.test_page_user import CORE, reasons

PAGE = "moving.md"
MUTABILITY = {
    ("readWrite", "readOnly"): "read only here",
    ("immutable", "readOnly"): "read only here",
    ("readWrite", "immutable"): "cannot be changed later",
    ("immutable", "readWrite"): "can be changed later",
    ("readOnly", "readWrite"): "can be written here",
    ("readOnly", "immutable"): "can be given to a new one",
    ("readWrite", "writeOnly"): "is never shown",
    ("writeOnly", "readWrite"): "is shown",
    ("immutable", "writeOnly"): "is never shown",
}
RETURNED = {
    ("default", "request"): "comes only when it is named",
    ("always", "request"): "comes only when it is named",
    ("request", "default"): "comes unasked",
    ("request", "always"): "comes unasked",
    ("always", "default"): "comes only as selected",
    ("default", "always"): "comes with every selection",
    ("default", "never"): "is never shown",
    ("always", "never"): "is never shown",
    ("request", "never"): "is never shown",
}


def test_every_attribute_that_behaves_differently_is_listed(page: Callable[[str], Page]) -> None:
    parts = []
    for kind in facts()["attributes"]:
        mapping = shipped().by_name[kind]
        found: dict[tuple[str, str], list[str]] = {}
        for fact in (each for each in attributes() if each.type == kind):
            for difference in differences(mapping, fact):
                found.setdefault((fact.urn or "", difference), []).append(f"`{fact.path}`")
        rows = [[_schema(urn), ", ".join(names), difference] for (urn, difference), names in found.items()]
        text = table(["extension", "attributes", "here"], rows) if rows else "Nothing."
        parts.append(f"### {kind}\n\n{text}\n")
    page(PAGE).holds("attributes", "\n".join(parts))


def test_every_reason_is_about_an_attribute_that_is_not_held() -> None:
    lost = {
        (each.type, each.urn, each.name, each.sub)
        for each in attributes()
        if held(shipped().by_name[each.type], each) is None
    }
    about = {key for each in lost for key in keys(*each)}
    assert set(facts()["because"]) <= about


def differences(mapping: Mapping, fact: Fact) -> Iterator[str]:
    """What an application notices of one attribute. Fails for one that is neither held nor has a reason."""
    ours = held(mapping, fact)
    if ours is None:
        if server_made(fact.name, IDCS) is None and not (fact.sub is None and _subs(mapping, fact)):
            yield f"not held: {reason(fact)}"
        return
    marks = fact.marks
    mutability = next((each for each in ("readOnly", "immutable", "writeOnly") if each in marks), "readWrite")
    returned = next((each for each in ("always", "request", "never") if each in marks), "default")
    yield from _told(MUTABILITY, mutability, ours.mutability)
    if mutability != "writeOnly" and ours.mutability != "writeOnly":
        yield from _told(RETURNED, returned, ours.returned)
    writable = ours.mutability in ("readWrite", "immutable", "writeOnly") and not ours.subs
    if writable and ours.required and "required" not in marks and "required?" not in marks:
        yield "must be sent"
    if writable and "required" in marks and not ours.required:
        yield "need not be sent"
    text = ours.type == "string" and not ours.subs
    if writable and text and "exact?" not in marks and "all?" not in marks and ours.case_exact != ("exact" in marks):
        yield "minds case" if ours.case_exact else "ignores case"
    if "unique" in marks and ours.uniqueness == "none":
        yield "is not unique"


def held(mapping: Mapping, fact: Fact) -> Attribute | None:
    """The attribute as the gateway has it, with what it adds of its own; None for one that it does not have."""
    kind = mapping.type
    if fact.urn:
        urn = kind.urn(fact.urn)
        tables = referring(kind.extensions[urn], IDCS) if urn else {}
    else:
        tables = completed(kind, IDCS)
    top = tables.get(fact.name.lower())
    return top if top is None or fact.sub is None else top.subs.get(fact.sub.lower())


def reason(fact: Fact) -> str:
    if fact.type == "User":
        return reasons()[fact.urn or CORE, fact.path]
    because = facts()["because"]
    key = next((each for each in keys(fact.type, fact.urn, fact.name, fact.sub) if each in because), None)
    assert key is not None, (
        f"{fact.type} {fact.urn or ''} {fact.path} is neither held nor is there a reason in docs/idcs.yaml"
    )
    return str(because[key])


def keys(kind: str, urn: str | None, name: str, sub: str | None) -> list[str]:
    """Where a reason may stand, the most exact one first."""
    head = f"{kind}.{urn}" if urn else kind
    own = f"{head}:{name}" if urn else f"{head}.{name}"
    return [*([f"{own}.{sub}"] if sub else []), own, *([head] if urn else []), kind]


def _subs(mapping: Mapping, fact: Fact) -> bool:
    """Whether it is the complex attribute itself of one whose sub-attributes are told by themselves."""
    others = [each for each in attributes() if (each.type, each.urn, each.name) == (fact.type, fact.urn, fact.name)]
    return len(others) > 1 and mapping is not None


def _told(table_: dict[tuple[str, str], str], theirs: str, ours: str) -> Iterator[str]:
    if (theirs, ours) in table_:
        yield table_[theirs, ours]


def _schema(urn: str) -> str:
    return f"`{urn}`" if urn else ""
