"""The list of a client's users: filters, order, pages and totals."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest

PEOPLE = [
    # extId, loginId, first, family, state, city
    ("u1", "anna", "Anna", "Meier", "active", "Bern"),
    ("u2", "Anton", "Anton", "Meier", "disabled", "Basel"),
    ("u3", "berta", "Berta", "Österreicher", "active", "Bern"),
    ("u4", "o'neil", "Zoë", "O'Neil \\ and %_", "active", "Genève"),
    ("u5", "ANNA", "anna", "MEIER", "archived", "Chur"),
]


@pytest.fixture
async def people(nevis: Any) -> Any:
    for ext_id, login_id, first, family, state, city in PEOPLE:
        await nevis.user(
            ext_id,
            loginId=login_id,
            userState=state,
            name={"firstName": first, "familyName": family},
            contacts={"email": f"{first.lower()}@Example.org"},
            address={"city": city},
            properties={"department": f"{city} & co"},
        )
        nevis.later(seconds=1)
    return nevis


async def found(nevis: Any, **query: Any) -> list[str]:
    return [item["extId"] for item in (await nevis.seen(f"clients/100/users?{urlencode(query)}"))["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "u1 u2 u3 u4 u5"),
        ({"loginId": "anna"}, "u1"),
        ({"loginId_IEQ": "aNNa"}, "u1 u5"),
        ({"loginId_SW": "an"}, "u1"),
        ({"loginId_SW": "An"}, "u2"),
        ({"loginId_SW": ""}, "u1 u2 u3 u4 u5"),
        ({"loginId": "o'neil"}, "u4"),
        ({"extId_IEQ": "U3"}, "u3"),
        ({"name.familyName": "Meier"}, "u1 u2"),
        ({"name.familyName_IEQ": "öSTERREICHER"}, "u3"),
        ({"name.familyName_SW": "Ö"}, "u3"),
        ({"name.familyName": "O'Neil \\ and %_"}, "u4"),
        ({"name.familyName_SW": "O'Neil \\ and %"}, "u4"),
        ({"name.familyName_SW": "%"}, ""),
        ({"name.firstName_IEQ": "ZOË"}, "u4"),
        ({"contacts.email": "anna@Example.org"}, "u1 u5"),
        ({"contacts.email_IEQ": "BERTA@example.ORG"}, "u3"),
        ({"address.city": "Bern"}, "u1 u3"),
        ({"address.city_IEQ": "GENÈVE"}, "u4"),
        ({"address.city_SW": "B"}, "u1 u2 u3"),
        ({"userState": "disabled"}, "u2"),
        ({"isTechnicalUser": "true"}, ""),
        ({"isTechnicalUser": "false", "userState": "archived"}, "u5"),
        ({"version": "1"}, "u1 u2 u3 u4 u5"),
        ({"created": "2026-01-12T08:15:31Z"}, "u2"),
        ({"department": "Bern & co"}, "u1 u3"),
        ({"properties.department": "Basel & co"}, "u2"),
        ({"department": "Bern & co", "loginId_SW": "b"}, "u3"),
        ({"loginId": "nobody"}, ""),
        ({"sortBy": "loginId"}, "u5 u2 u1 u3 u4"),
        ({"sortBy": "loginId_DESC"}, "u4 u3 u1 u2 u5"),
        ({"sortBy": "name.familyName_ASC"}, "u5 u1 u2 u4 u3"),
        ({"sortBy": "address.city"}, "u2 u1 u3 u5 u4"),
        ({"sortBy": "created_DESC", "limit": "2"}, "u5 u4"),
        ({"sortBy": "extId", "offset": "3"}, "u4 u5"),
        ({"limit": "2", "offset": "1"}, "u2 u3"),
        ({"offset": "1", "continuationToken": "0_a", "limit": "1"}, "u2"),
        ({"offset": "9"}, ""),
        ({"loginIdd": "anna"}, "u1 u2 u3 u4 u5"),
    ],
    ids=str,
)
async def test_a_query_finds_exactly_these(people: Any, query: dict[str, str], expected: str) -> None:
    assert await found(people, **query) == expected.split()


async def test_token_pages_together_hold_everyone_once_in_order(people: Any) -> None:
    seen, token, pages = [], "", 0
    while token is not None:
        page = await people.seen(f"clients/100/users?limit=2&continuationToken={quote(token)}")
        seen += [item["extId"] for item in page["items"]]
        token, pages = page["_pagination"].get("continuationToken"), pages + 1
    assert (seen, pages) == (["u1", "u2", "u3", "u4", "u5"], 3)


async def test_a_token_is_the_creation_time_and_the_ext_id_of_the_last_item(people: Any) -> None:
    page = await people.seen("clients/100/users?limit=2")
    assert page["_pagination"] == {"limit": 2, "continuationToken": "1768205731000_u2"}


async def test_pages_go_on_over_users_that_were_made_in_the_same_moment(nevis: Any) -> None:
    for number in range(5):
        await nevis.user(f"u{number}")
    page = await nevis.seen("clients/100/users?limit=3")
    rest = await nevis.seen(f"clients/100/users?continuationToken={page['_pagination']['continuationToken']}")
    assert [item["extId"] for item in rest["items"]] == ["u3", "u4"]


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 5),
        ("&limit=1", 5),
        ("&offset=4", 5),
        ("&loginId_IEQ=anna", 2),
        ("&loginId_IEQ=anna&limit=1", 2),
        ("&userState=active", 3),
        ("&department=nothing", 0),
    ],
)
async def test_the_total_counts_all_that_match_whatever_the_page(people: Any, query: str, total: int) -> None:
    page = await people.seen(f"clients/100/users?returnTotalResultCount=true{query}")
    assert page["_pagination"]["totalResult"] == total


async def test_the_total_follows_every_change(people: Any) -> None:
    await people("DELETE", "100/users/u1")
    await people.changed("100/users/u2", {"userState": "archived"})
    people.switch(archived_listed=False)
    page = await people.seen("clients/100/users?returnTotalResultCount=true")
    assert ([item["extId"] for item in page["items"]], page["_pagination"]["totalResult"]) == (["u3", "u4"], 2)


async def test_no_total_is_answered_when_none_was_asked_for(people: Any) -> None:
    assert "totalResult" not in (await people.seen("clients/100/users?limit=1"))["_pagination"]


@pytest.mark.parametrize(
    "query",
    [
        *(
            "limit=-1",
            "limit=many",
            "offset=-1",
            "continuationToken=x",
            "continuationToken=1_",
            "continuationToken=²_u",
        ),
        *("sortBy=userState", "sortBy=nothing", "isTechnicalUser=maybe", "version=1.5", "created=now"),
    ],
)
async def test_a_malformed_parameter_is_refused(people: Any, query: str) -> None:
    assert (await people("GET", f"clients/100/users?{query}")).status_code == 422


async def test_an_injected_filter_is_only_text(people: Any) -> None:
    assert await found(people, loginId="' OR 1=1 --") == []
    assert await found(people, **{"name.familyName') OR 1=1 --": "x"}) == ["u1", "u2", "u3", "u4", "u5"]
