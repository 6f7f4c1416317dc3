import pytest

from gateway.errors import ScimError
from gateway.scim.dialect import IDCS, RFC, Dialect
from gateway.scim.query import SEARCH_REQUEST, chosen, query_parameters, search_parameters, sought, split_names


def page(query: str, dialect: Dialect = IDCS) -> tuple[int, int]:
    found = sought(query_parameters(query), dialect)
    return found.start_index, found.count


def read(query: str) -> None:
    sought(query_parameters(query), IDCS)
    chosen(query_parameters(query), IDCS)


def refused(query: str) -> str:
    with pytest.raises(ScimError) as info:
        read(query)
    assert info.value.status == 400
    return info.value.code.code


@pytest.mark.parametrize(
    ("query", "dialect", "expected"),
    [
        ("", IDCS, (1, 50)),
        ("", RFC, (1, 100)),
        ("startIndex=0&count=10", IDCS, (1, 10)),
        ("startIndex=-5", IDCS, (1, 50)),
        ("startIndex=11&count=5", RFC, (11, 5)),
        ("count=0", IDCS, (1, 0)),
        ("count=-1", IDCS, (1, 50)),
        ("count=-1", RFC, (1, 0)),
        ("count=1000", IDCS, (1, 1000)),
        ("count=5000", IDCS, (1, 1000)),
        ("count=&startIndex=", IDCS, (1, 50)),
        ("COUNT=7&STARTINDEX=3", IDCS, (3, 7)),
    ],
)
def test_a_page_stays_within_the_dialects_limits(query: str, dialect: Dialect, expected: tuple[int, int]) -> None:
    assert page(query, dialect) == expected


@pytest.mark.parametrize(
    "query",
    [
        "count=ten",
        "count=1.5",
        "startIndex=x",
        "count=1e3",
        "startIndex=99999999999999999999",
        "count=1&count=2",
        "count=٣",
    ],
)
def test_a_page_that_is_no_number_is_refused(query: str) -> None:
    assert refused(query) == "GW113"


@pytest.mark.parametrize(
    ("text", "descending"),
    [("ascending", False), ("DESCENDING", True), ("Descending", True), ("", False)],
)
def test_sort_order_ignores_case(text: str, descending: bool) -> None:
    assert sought(query_parameters(f"sortOrder={text}"), IDCS).descending is descending


def test_an_unknown_sort_order_is_refused() -> None:
    assert refused("sortOrder=up") == "GW113"


def test_texts_are_decoded_as_forms_are() -> None:
    found = sought(query_parameters("filter=userName+eq+%22a%2Bb%22&sortBy=name.familyName"), IDCS)
    assert (found.filter, found.sort_by) == ('userName eq "a+b"', "name.familyName")


def test_an_empty_filter_stays_empty_and_is_not_dropped() -> None:
    assert sought(query_parameters("filter="), IDCS).filter == ""
    assert sought(query_parameters(""), IDCS).filter is None


def test_an_empty_sort_attribute_is_none() -> None:
    assert sought(query_parameters("sortBy="), IDCS).sort_by is None


def test_a_filter_given_twice_is_refused() -> None:
    assert refused("filter=a+pr&filter=b+pr") == "GW113"


def test_names_come_repeated_or_comma_separated() -> None:
    found = chosen(
        query_parameters("attributes=userName%2Cname.givenName,&attributes=+id+&excludedAttributes=meta"), IDCS
    )
    assert found.attributes == ("userName", "name.givenName", "id")
    assert found.excluded == ("meta",)


def test_no_names_are_no_choice() -> None:
    assert chosen(query_parameters("attributes="), IDCS).attributes is None
    assert chosen(query_parameters("attributes=,"), IDCS).attributes is None


def test_attribute_sets_ignore_case_and_come_in_both_forms() -> None:
    found = chosen(query_parameters("attributeSets=ALL,Request&attributeSets=always"), IDCS)
    assert found.sets == {"all", "request", "always"}


def test_an_unknown_attribute_set_is_refused() -> None:
    assert refused("attributeSets=some") == "GW113"


def test_unknown_parameters_are_ignored() -> None:
    assert page("forceDelete=true&foo") == (1, 50)


@pytest.mark.parametrize(
    ("query", "dialect", "cursor", "count"),
    [
        ("startIndex=1", RFC, None, 100),
        ("cursor=", RFC, "", 100),
        ("cursor&count=7", RFC, "", 7),
        ("cursor=abc&count=5000", RFC, "abc", 1000),
        ("limit=7", IDCS, "", 7),
        ("limit=7&startIndex=3", IDCS, None, 7),
        ("page=abc", IDCS, "abc", 50),
        ("limit=7&page=abc&count=9", IDCS, "abc", 7),
        ("limit=7&page=abc", RFC, None, 100),
    ],
)
def test_a_cursor_or_ocis_page_asks_for_pages_by_cursor(
    query: str, dialect: Dialect, cursor: str | None, count: int
) -> None:
    found = sought(query_parameters(query), dialect)
    assert (found.cursor, found.count) == (cursor, count)


@pytest.mark.parametrize("query", ["cursor=&count=0", "cursor=abc&count=-1", "page=abc&limit=0"])
def test_a_page_by_cursor_of_nothing_is_refused(query: str) -> None:
    assert refused(query) == "GW124"


def test_a_page_begins_at_an_index_or_at_a_cursor() -> None:
    assert refused("cursor=abc&startIndex=1") == "GW113"


def test_a_cursor_comes_in_a_search_request_too() -> None:
    asked = search_parameters({"schemas": [SEARCH_REQUEST], "cursor": "", "count": 3})
    assert sought(asked, RFC).cursor == ""


def test_bytes_that_are_no_utf8_are_refused() -> None:
    assert refused("filter=%ff") == "GW113"


def test_endless_queries_are_refused() -> None:
    assert refused("&".join("a=1" for _ in range(200))) == "GW113"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a,b", ("a", "b")),
        (' a , , "b ', ("a", '"b')),
        ('emails[type eq "a,b"].value,c', ('emails[type eq "a,b"].value', "c")),
        ('x[v eq "]\\",["],d', ('x[v eq "]\\",["]', "d")),
        ('x[v eq "\\\\"],d', ('x[v eq "\\\\"]', "d")),
        ("a],b", ("a]", "b")),
    ],
)
def test_commas_in_brackets_and_quotes_belong_to_the_entry(text: str, parts: tuple[str, ...]) -> None:
    assert split_names(text) == parts


def test_a_search_request_says_the_same_in_its_body() -> None:
    body = {
        "schemas": [SEARCH_REQUEST.upper()],
        "attributes": ["userName", "name"],
        "excludedattributes": ["meta"],
        "attributeSets": ["request"],
        "filter": "active eq true",
        "sortBy": "userName",
        "SORTORDER": "descending",
        "startIndex": 11,
        "count": "5",
        "unknown": {"a": 1},
    }
    parameters = search_parameters(body)
    names, found = chosen(parameters, RFC), sought(parameters, RFC)
    assert names.attributes == ("userName", "name")
    assert (names.excluded, names.sets) == (("meta",), {"request"})
    assert (found.filter, found.sort_by, found.descending) == ("active eq true", "userName", True)
    assert (found.start_index, found.count) == (11, 5)


def test_nulls_in_a_search_request_are_absent() -> None:
    body = {"schemas": [SEARCH_REQUEST], "filter": None, "count": None, "attributes": None}
    assert sought(search_parameters(body), IDCS).count == 50
    assert chosen(search_parameters(body), IDCS).attributes is None


@pytest.mark.parametrize(
    "member",
    [
        {"count": 1.5},
        {"count": True},
        {"count": "x"},
        {"filter": 1},
        {"attributes": {}},
        {"attributes": [1]},
        {"sortBy": []},
    ],
)
def test_members_of_the_wrong_type_are_refused(member: dict[str, object]) -> None:
    with pytest.raises(ScimError) as info:
        sought(search_parameters({"schemas": [SEARCH_REQUEST], **member}), IDCS)
    assert info.value.code.code == "GW113"


@pytest.mark.parametrize("schemas", [None, [], ["urn:other"], "x", [1]])
def test_a_search_request_names_its_schema(schemas: object) -> None:
    with pytest.raises(ScimError) as info:
        search_parameters({"schemas": schemas})
    assert info.value.code.code == "GW101"
