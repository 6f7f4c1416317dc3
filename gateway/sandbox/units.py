"""Units: the tree of a client's organisation. `hierarchicalName` is the way from the root, the extIds joined by /."""

from . import problem
from .box import Sandbox
from .document import VALIDITY, Document, Kind, Shape, check_interval, flag, given, text, words
from .endpoint import CORE, Answer, Call, Endpoint
from .entity import change, check_free, check_name, identifier, mandatory, new_ext_id, save, shown
from .listing import Listing, page, statement
from .lookup import client_of, enter_unit, unit_of
from .properties import update
from .store import Row
from .table import PROFILES, UNITS
from .unit_validity import check_within

_FIELDS: dict[str, Kind | Shape] = {
    "parentUnitExtId": text(),
    "name": text(),
    "location": text(),
    "description": text(longest=1000),
    "state": text(choices=("active", "disabled")),
    "displayName": words,
    "abbreviation": words,
    "profileless": flag,
    "modificationComment": text(),
    "validity": VALIDITY,
}
_SHOWN = frozenset({"created", "lastModified", "clientExtId", "hierarchicalName"})
_PATCH = Shape("UnitDTO", _FIELDS, _SHOWN)
_CREATE = Shape("UnitDTO", {"extId": identifier, **_FIELDS}, _SHOWN)


def create(call: Call) -> Answer:
    client = client_of(call).ext_id
    values = given(_CREATE, call.document(), call.box.switches)
    if "profileless" not in values:
        mandatory(values, "profileless")
    parent, ext_id = values.get("parentUnitExtId", ""), new_ext_id(call, values)
    if not parent:
        call.require("UnitCreateTopUnit")
    above = _parent(call, client, parent)
    check_free(call, UNITS, "unit", client, ext_id)
    doc = {"state": "active", "name": ext_id, **values, "extId": ext_id, "clientExtId": client}
    check_name(call, UNITS, "unit", client, doc["name"], parent=parent)
    check_interval(doc.get("validity"))
    check_within(doc, above.doc if above else None, ())
    call.box.store.insert(UNITS, client, ext_id, {**doc, "hierarchicalName": _way(above, ext_id)}, parent=parent)
    return call.created(client, "units", ext_id)


def _parent(call: Call, client: str, ext_id: str) -> Row | None:
    if not ext_id:
        return None
    row = call.box.store.find(UNITS, client, ext_id)
    if row is None:
        raise problem.invalid_parameter(f"Unit doesn't exist with extId '{ext_id}'")
    enter_unit(call, client, ext_id)
    return row


def _way(above: Row | None, ext_id: str) -> str:
    return f"{above.doc['hierarchicalName']}/{ext_id}" if above else ext_id


def get(call: Call) -> Answer:
    return Answer(200, shown(call, unit_of(call)))


def children(call: Call) -> Answer:
    unit, listing = unit_of(call), Listing(UNITS)
    made = statement(call, listing, unit.client, parent=unit.ext_id)
    return page(call, listing, made, lambda row: shown(call, row))


def patch(call: Call) -> Answer:
    unit = unit_of(call)
    _, doc = change(call, unit, _PATCH, call.document())
    doc.setdefault("state", unit.doc["state"])
    parent = doc.get("parentUnitExtId", "")
    check_name(call, UNITS, "unit", unit.client, mandatory(doc, "name"), parent=parent, itself=unit)
    if doc.get("profileless") and not unit.doc.get("profileless") and _has_profiles(call, unit):
        raise problem.rule("profilelessFlagCannotBeSet", "The unit already has profiles.")
    _check_validity(call, unit, doc, parent)
    if parent != unit.parent:
        return Answer(200, shown(call, _move(call, unit, doc, parent)))
    return Answer(200, shown(call, save(call, UNITS, unit, doc)))


def _check_validity(call: Call, unit: Row, doc: Document, parent: str) -> None:
    above = call.box.store.find(UNITS, unit.client, parent) if parent else None
    below = call.box.store.children(UNITS, unit.client, unit.ext_id)
    check_within(doc, above.doc if above else None, [child.doc for child in below])


def _move(call: Call, unit: Row, doc: Document, parent: str) -> Row:
    above = _parent(call, unit.client, parent)
    if above and unit.ext_id in above.doc["hierarchicalName"].split("/"):
        raise problem.rule("assignSubunitAsParent", "A unit must not be moved below itself.")
    moved = call.box.store.update(UNITS, unit, {**doc, "hierarchicalName": _way(above, unit.ext_id)}, parent=parent)
    for child in call.box.store.children(UNITS, unit.client, unit.ext_id):
        _move(call, child, child.doc, unit.ext_id)
    return moved


def delete(call: Call) -> Answer:
    unit = unit_of(call)
    if _has_profiles(call, unit) or call.box.store.children(UNITS, unit.client, unit.ext_id):
        raise problem.rule("undeletedDependencies", "The unit still has profiles or units below it.")
    call.box.store.delete(UNITS, unit)
    return Answer(204)


def _has_profiles(call: Call, unit: Row) -> bool:
    return bool(call.box.store.rows(PROFILES, "client = ? AND unit = ? LIMIT 1", (unit.client, unit.ext_id)))


def patch_properties(call: Call) -> Answer:
    return update(call, UNITS, unit_of(call))


def routes(_: Sandbox) -> tuple[Endpoint, ...]:
    """The units of endpoints.yaml."""
    many = f"{CORE}/{{clientExtId}}/units"
    item, seen = f"{many}/{{extId}}", ("UnitView",)
    return (
        Endpoint("units.create", "POST", many, create, ("UnitCreate",), ("UnitCreateTopUnit",), since="2.73"),
        Endpoint("units.get", "GET", item, get, seen),
        Endpoint("units.children", "GET", f"{item}/children", children, seen, since="2.79"),
        Endpoint("units.update", "PATCH", item, patch, ("UnitModify", *seen)),
        Endpoint("units.delete", "DELETE", item, delete, ("UnitDelete",)),
        Endpoint("units.properties", "PATCH", f"{item}/properties", patch_properties, ("UnitModify",)),
    )
