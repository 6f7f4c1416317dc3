"""Pages by offset begin at remembered rows: the same rows as counting up, whoever writes meanwhile, and for little."""

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.sandbox.anchors import LISTS, Anchors
from gateway.sandbox.condition import Statement, equal
from gateway.sandbox.listing import rows_at
from gateway.sandbox.store import Store
from gateway.sandbox.table import USERS

ORDERS = (
    (("created", "ext_id"), False),
    (("created", "ext_id"), True),
    (("ext_id",), True),
    (("modified", "created", "ext_id"), False),
)
NULLABLE = (("family_name", "created", "ext_id"), False)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Store]]:
    """Two processes' connections to one file."""
    path = str(tmp_path_factory.mktemp("sandbox") / "nevis.db")
    stores = Store(path), Store(path)
    for each in stores:
        each.anchors = Anchors(each.connection, step=3)
    yield stores
    for each in stores:
        each.close()


WRITES = st.tuples(
    st.sampled_from(("insert", "delete", "archive", "taken back")), st.integers(0, 1), st.integers(0, 40)
)
PAGES = st.tuples(st.just("page"), st.integers(0, len(ORDERS)), st.integers(0, 45))


@settings(max_examples=60, deadline=None)
@given(people=st.integers(0, 30), steps=st.lists(PAGES | WRITES, min_size=3, max_size=25))
def test_a_page_has_the_rows_that_counting_up_would_give(
    both: tuple[Store, Store], people: int, steps: list[tuple[str, int, int]]
) -> None:
    both[0].connection.execute("DELETE FROM users")
    for number in range(people):
        _insert(both[0], number)
    for what, which, number in steps:
        if what == "page":
            order, down = (*ORDERS, NULLABLE)[which]
            assert _page(both[0], order, down, number) == _counted(both[0], order, down, number)
        else:
            _write(both[which], what, number)


def test_nothing_is_remembered_of_a_transaction_that_is_taken_back(both: tuple[Store, Store]) -> None:
    store = both[0]
    store.connection.execute("DELETE FROM users")
    for number in range(1, 30):
        _insert(store, number)
    with pytest.raises(KeyError):
        _take_back(store, 0, 25)
    assert _page(store, *ORDERS[0], 25) == _counted(store, *ORDERS[0], 25)


def test_what_is_remembered_is_little_and_makes_a_page_short(both: tuple[Store, Store]) -> None:
    store = both[0]
    store.connection.execute("DELETE FROM users")
    for number in range(30):
        _insert(store, number)
    first = _asked(store, 25)
    with store.transaction():  # as every call has one
        assert _asked(store, 25) == 1 < first
    assert _asked(store, 28) == 2  # one more key
    for number in range(LISTS + 5):
        _page(store, *ORDERS[0], 25, state=str(number))
    assert len(store.anchors._known) == LISTS


def _asked(store: Store, offset: int) -> int:
    """How many SELECTs a page takes."""
    statements: list[str] = []
    store.connection.set_trace_callback(statements.append)
    _page(store, *ORDERS[0], offset)
    store.connection.set_trace_callback(None)
    return sum(text.startswith("SELECT") for text in statements)


def _page(store: Store, order: tuple[str, ...], down: bool, offset: int, state: str = "") -> list[str]:
    made = Statement("100", "client = ? AND state <> 'archived'", order=order, descending=down)
    if state:
        made.add(equal("state", state))
    return [row.ext_id for row in rows_at(store, USERS, made, made.planned(store, USERS), 4, offset)]


def _counted(store: Store, order: tuple[str, ...], down: bool, offset: int) -> list[str]:
    by = ", ".join(f"{name}{' DESC' if down else ''}" for name in order)
    where = f"client = '100' AND state <> 'archived' ORDER BY {by} LIMIT 4 OFFSET {offset}"
    return [row.ext_id for row in store.rows(USERS, where)]


def _insert(store: Store, number: int) -> None:
    if store.find(USERS, "100", f"u{number}") is None:
        name = {"familyName": f"F{number % 7}"} if number % 3 else {}
        doc = {"extId": f"u{number}", "loginId": f"l{number}", "name": name, "userState": "active"}
        store.insert(USERS, "100", f"u{number}", doc, created=number % 5)


def _take_back(store: Store, number: int, offset: int) -> None:
    with store.transaction():
        _insert(store, number)
        _page(store, *ORDERS[0], offset)
        raise KeyError(number)


def _write(store: Store, what: str, number: int) -> None:
    if what == "insert":
        _insert(store, number)
    elif what == "taken back":
        with pytest.raises(KeyError):
            _take_back(store, number, number)
    elif row := store.find(USERS, "100", f"u{number}"):
        if what == "delete":
            store.delete(USERS, row)
        else:
            store.update(USERS, row, {**row.doc, "userState": "archived"})
