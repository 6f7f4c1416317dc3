"""Lists: filters, order and pages of endpoints.yaml's `filter_language`, as one SQL statement.

A Listing says which fields a list knows. A plain parameter is an exact match, `_SW` a prefix, `_IEQ` equality without case, several are
ANDed. A page goes on after a token `<created epoch ms>_<extId>` (keyset, so the thousandth page costs what the first did) or at an offset,
which wins. Each switch about lists is applied here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import problem
from .anchors import behind
from .clock import parse_moment, stamp
from .condition import Condition, Statement, between, equal, with_property
from .endpoint import Answer, Call
from .properties import definition
from .store import Row, Store
from .table import Column, Table

Convert = Callable[[str, str], Column]
_PAGING = frozenset({"continuationToken", "limit", "offset", "sortBy", "returnTotalResultCount"})


def as_text(_: str, value: str) -> Column:
    return value


def as_number(name: str, value: str) -> Column:
    if not value.lstrip("-").isdecimal() or len(value) > 18:
        raise problem.invalid_parameter(f"Invalid value '{value}' for '{name}'")
    return int(value)


def as_flag(name: str, value: str) -> Column:
    if value.lower() not in ("true", "false"):
        raise problem.invalid_parameter(f"Invalid value '{value}' for '{name}'")
    return int(value.lower() == "true")


def as_second(name: str, value: str) -> Column:
    """A date-time as the first millisecond of its second; such a field matches the whole second, which is all the DTO shows."""
    try:
        return parse_moment(value) // 1000 * 1000
    except (ValueError, OverflowError):
        raise problem.rule("invalidDateOrDateTime", f"Invalid value '{value}' for '{name}'") from None


def as_moment(name: str, value: str) -> Column:
    """A date-time in the form it is stored in."""
    return stamp(int(as_second(name, value) or 0))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a list: the SQL it is compared and sorted by, and in lower case for `_IEQ`."""

    sql: str
    lower: str = ""
    convert: Convert = as_text
    sortable: bool = True
    alone: bool = False  # unique, so it orders a list by itself

    def folded(self) -> str:
        return self.lower or f"fold({self.sql})"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list can be asked; no fields means pages only."""

    table: Table
    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def rich(self) -> bool:
        return bool(self.fields)


def statement(
    call: Call, listing: Listing, client: str, *, parent: str | None = None, known: Sequence[str] = ()
) -> Statement:
    """The conditions and the order that a call's query asks for; `known` parameters are the caller's own matter."""
    made = Statement(client)
    if parent is not None:
        made.add(equal("parent", parent))
    if listing.rich:
        for name, value in call.query:
            if name not in _PAGING:
                _filter(call, listing, made, name, value)
        _set_order(call, listing, made)
    elif call.box.switches.unknown_parameters == "refuse":
        for name, _ in call.query:
            if name not in ("continuationToken", "limit", *known):
                raise _unknown(name)
    return made


def page(
    call: Call, listing: Listing, made: Statement, show: Callable[[Row], Any], kinds: Sequence[str] = ()
) -> Answer:
    """The ListWrapper for a statement. `kinds` are the counted kinds an unnarrowed total adds up (all when empty)."""
    limit, offset = _limit(call), _offset(call) if listing.rich else None
    condition, params, order = made.planned(call.box.store, listing.table)
    token = dict(call.query).get("continuationToken")
    if token and offset is None and made.in_order:
        condition += " AND (created, ext_id) > (?, ?)"
        params += _position(token)
    found = rows_at(call.box.store, listing.table, made, (condition, params, order), limit + 1, offset or 0)
    paging: dict[str, Any] = {"limit": limit}
    if len(found) > limit and made.in_order:
        last = found[limit - 1]
        paging["continuationToken"] = f"{last.created}_{last.ext_id}"
    if listing.rich and _wants_total(call):
        paging["totalResult"] = _total(call, listing, made, kinds)
    return Answer(200, {"items": [show(row) for row in found[:limit]], "_pagination": paging, "_classifications": {}})


def rows_at(
    store: Store, table: Table, made: Statement, planned: tuple[str, list[Column], str], count: int, offset: int
) -> list[Row]:
    """So many rows from an offset on, with as little counting as the data allow."""
    where, params, order = planned
    walked = not order.startswith("+")
    version = store.anchors.version() if walked and offset else None
    if version is not None:
        found = store.anchors.before(
            version, table.name, where, params, made.order, down=made.descending, offset=offset
        )
        if found is not None:
            key, rows = found
            more, held = behind(made.order, key, down=made.descending)
            tail = f"{where}{more} ORDER BY {order} LIMIT ? OFFSET ?"
            page = store.rows(table, tail, [*params, *held, count, offset - rows])
            if store.anchors.version() == version:  # else another process wrote meanwhile
                return page
    return store.rows(table, f"{where} ORDER BY {order} LIMIT ? OFFSET ?", [*params, count, offset])


def prefix_end(prefix: str) -> str:
    """The least text above all that begin with a prefix, in code point order, which is also UTF-8's."""
    for place in range(len(prefix) - 1, -1, -1):
        point = ord(prefix[place])
        if point < 0x10FFFF:
            above = 0xE000 if point + 1 == 0xD800 else point + 1
            return prefix[:place] + chr(above)
    return ""


def _filter(call: Call, listing: Listing, made: Statement, name: str, value: str) -> None:
    switches = call.box.switches
    base, _, modifier = name.rpartition("_")
    known, text = listing.fields.get(name), _text_field(listing, base)
    if known:
        made.add(_equality(known, name, value))
    elif text and modifier == "SW" and switches.modifiers_sw:
        lower = switches.sw_ignores_case
        prefix = value.lower() if lower else value
        made.add(between(text.folded() if lower else text.sql, prefix, prefix_end(prefix) or None))
    elif text and modifier == "IEQ" and switches.modifiers_ieq:
        made.add(equal(text.folded(), value.lower()))
    elif own := _property(call, listing, made.client, name):
        made.add(with_property(listing.table, own, value, made.client))
    elif modifier == "IEQ" and switches.property_ieq and (own := _property(call, listing, made.client, base)):
        made.add(with_property(listing.table, own, value.lower(), made.client, folded=True))
    elif switches.unknown_parameters == "refuse":
        raise _unknown(name)


def _text_field(listing: Listing, name: str) -> Field | None:
    found = listing.fields.get(name)
    return found if found and found.convert is as_text else None


def _equality(known: Field, name: str, value: str) -> Condition:
    wanted = known.convert(name, value)
    if known.convert is as_second and isinstance(wanted, int):
        return between(known.sql, wanted, wanted + 1000)
    return equal(known.sql, wanted)


def _property(call: Call, listing: Listing, client: str, name: str) -> str | None:
    """The property a parameter means, under the spelling the switch allows, if it is defined."""
    spelling = call.box.switches.property_prefix
    prefixed = name.startswith("properties.")
    if listing.table.scope is None or spelling == ("plain" if prefixed else "properties."):
        return None
    own = name.removeprefix("properties.")
    return own if definition(call.box.store, listing.table.scope, client, own) else None


def _set_order(call: Call, listing: Listing, made: Statement) -> None:
    asked = dict(call.query).get("sortBy")
    if not asked:
        return
    name, direction = asked, "ASC"
    if call.box.switches.sort_suffix and asked.rpartition("_")[2] in ("ASC", "DESC"):
        name, _, direction = asked.rpartition("_")
    known = listing.fields.get(name)
    if known is None or not known.sortable:
        raise problem.invalid_parameter(f"Invalid sortBy value '{asked}'")
    made.descending = direction == "DESC"
    made.order = (known.sql,) if known.alone else tuple(dict.fromkeys((known.sql, "created", "ext_id")))


def _limit(call: Call) -> int:
    asked = _number(call, "limit") or call.box.switches.default_limit
    return min(asked, call.box.switches.max_limit)


def _offset(call: Call) -> int | None:
    return _number(call, "offset") if call.box.switches.offset else None


def _number(call: Call, name: str) -> int | None:
    text = dict(call.query).get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise problem.invalid_parameter(f"Invalid value '{text}' for '{name}'")
    return int(text)


def _position(token: str) -> tuple[int, str]:
    created, _, ext_id = token.partition("_")
    if not (created.isascii() and created.isdecimal() and len(created) <= 18 and ext_id):
        raise problem.invalid_parameter(f"Invalid continuationToken '{token}'")
    return int(created), ext_id


def _wants_total(call: Call) -> bool:
    return call.box.switches.total_count and dict(call.query).get("returnTotalResultCount", "").lower() == "true"


def _total(call: Call, listing: Listing, made: Statement, kinds: Sequence[str]) -> int:
    if not made.narrowed:
        return call.box.store.count(listing.table, made.client, kinds)
    condition, params = made.where()
    sql = f"SELECT COUNT(*) FROM {listing.table.name} WHERE {condition}"  # noqa: S608
    return int(call.box.store.connection.execute(sql, params).fetchone()[0])


def _unknown(name: str) -> problem.Problem:
    return problem.invalid_parameter(f"Unknown query parameter '{name}'")
