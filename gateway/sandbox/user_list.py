"""What the lists over a client's users, and over their credentials, can be filtered and sorted by, and their data rooms."""

from collections.abc import Mapping

from .condition import Statement, holds
from .listing import Field, Listing, as_flag, as_moment, as_number, as_second
from .table import USERS

_TEXTS = (
    *("name.title", "address.countryCode", "address.city", "address.postalCode", "address.addressline1"),
    *("address.addressline2", "address.street", "address.houseNumber", "address.dwellingNumber"),
    *(
        "address.postOfficeBoxText",
        "address.locality",
        "contacts.telephone",
        "contacts.telefax",
        "remarks",
        "birthDate",
    ),
)


def path(name: str) -> str:
    """The SQL of a field that has no column of its own; such a filter reads the client's users one by one."""
    return f"json_extract(doc, '$.{name}')"


USER_LIST = Listing(
    USERS,
    {
        "extId": Field("ext_id", "ext_id_l", alone=True),
        "loginId": Field("login_id", "login_id_l", alone=True),
        "contacts.email": Field("email", "email_l"),
        "contacts.mobile": Field("mobile"),
        "name.familyName": Field("family_name", "family_name_l"),
        "name.firstName": Field("first_name", "first_name_l"),
        **{name: Field(path(name)) for name in _TEXTS},
        **{name: Field(path(name), sortable=False) for name in ("sex", "gender", "modificationComment")},
        "userState": Field("state", sortable=False),
        "languageCode": Field(f"fold({path('languageCode')})", sortable=False, convert=lambda _, value: value.lower()),
        "isTechnicalUser": Field(path("isTechnicalUser"), convert=as_flag),
        "address.postOfficeBoxNumber": Field(path("address.postOfficeBoxNumber"), convert=as_number),
        "validity.from": Field(path("validity.from"), convert=as_moment),
        "validity.to": Field(path("validity.to"), convert=as_moment),
        "version": Field("version", convert=as_number),
        "created": Field("created", convert=as_second),
        "lastModified": Field("modified", convert=as_second),
    },
)


LISTED: Mapping[str, Field] = {  # what lists of credentials over all users have in common
    "extId": Field("ext_id", "ext_id_l", alone=True),
    "stateName": Field("state"),
    "validity.from": Field(path("validity.from"), convert=as_moment),
    "validity.to": Field(path("validity.to"), convert=as_moment),
    "version": Field("version", convert=as_number),
    "created": Field("created", convert=as_second),
    "lastModified": Field("modified", convert=as_second),
}


def with_rooms(made: Statement, owner: str, units: frozenset[str] | None) -> None:
    """Narrows a list to users inside unit data rooms: with a profile in one of the units, or without any profile."""
    if units is None:
        return
    having = f"SELECT 1 FROM profiles p WHERE p.client = ? AND p.parent = {owner}"  # noqa: S608
    marks = ", ".join("?" * len(units))
    sql = f"(NOT EXISTS ({having}) OR EXISTS ({having} AND p.unit IN ({marks})))"
    made.add(holds(sql, made.client, made.client, *sorted(units)))
