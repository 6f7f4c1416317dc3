"""What the Query service can find, as data: per kind of entity the fields a query may name and the hit's own names for them.

Query names are lower case, hit names are camelCase, and neither list contains the other (a user's language is shown and not searchable, its
units are searchable and not shown). Properties are fields called `properties.<name>`; a query may also use the bare name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .lucene_match import Kind
from .table import APPLICATIONS, CLIENTS, ROLES, UNITS, USERS, Table

PROPERTIES = "properties"
CLIENT_FIELDS: Mapping[str, Kind] = {"clientName": Kind.TEXT, "client.name": Kind.TEXT, "client.extid": Kind.KEYWORD}

# fields with a column of their own in the index; all other ones are words
COLUMNS: Mapping[str, str] = {
    "extid": "ext_id",
    "state": "state",
    "uniqueemail": "email",
    "created": "created",
    "modified": "modified",
    "loginInfo.lastLogin": "last_login",
    "loginInfo.lastFailure": "last_failure",
}

# fields whose first value also stands in lower case in a column, to be sorted by and searched for parts of words
LOWERED: Mapping[str, str] = {name: f"low_{name}" for name in ("loginid", "name", "firstname", "email")}

SORTED: Mapping[str, str] = {
    "name": LOWERED["name"],
    "firstname": LOWERED["firstname"],
    "state": "state",
    "email": LOWERED["email"],
    "loginInfo.lastLogin": "last_login",
    "loginInfo.lastFailure": "last_failure",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One kind of entity. `shown` maps a field to the hit's key with its value; fields without one are searchable only."""

    name: str
    dto_type: str
    right: str
    table: Table
    fields: Mapping[str, Kind]
    shown: Mapping[str, str]


def _texts(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, Kind.TEXT)


def _keywords(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, Kind.KEYWORD)


def _moments(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, Kind.MOMENT)


def _parents(*names: str) -> dict[str, Kind]:
    return dict.fromkeys(names, Kind.PARENT)


_USER_SHOWN = {
    "extid": "extid",
    "state": "state",
    "loginid": "loginId",
    "name": "name",
    "firstname": "firstName",
    "remarks": "remarks",
    "title": "title",
    "sex": "sex",
    "telephone": "telephone",
    "telefax": "telefax",
    "mobile": "mobile",
    "email": "email",
    "uniqueemail": "email",
    "addressline1": "addressline1",
    "addressline2": "addressline2",
    "postalcode": "postalcode",
    "city": "city",
    "street": "street",
    "housenumber": "houseNumber",
    "dwellingnumber": "dwellingNumber",
    "postofficeboxtext": "postOfficeBoxText",
    "locality": "locality",
    "modificationcomment": "modificationComment",
}
_USER_FIELDS = {
    **_texts(*_USER_SHOWN, "statechangedetail", "unit.name", "unit.location", "profile.name", "credential.context"),
    **_keywords("extid", "state", "uniqueemail", "unit.extid", "profile.state", "credential.typeId"),
    **_moments("created", "modified", "loginInfo.lastLogin", "loginInfo.lastFailure"),
    **_parents("client", "unit", "profile", "credential", "loginInfo", PROPERTIES),
    **CLIENT_FIELDS,
}
_ENTITY = {"extid": "extid", "name": "name", "description": "description"}
_ENTITY_FIELDS = {**_texts("name", "description", "displayname"), **_keywords("extid")}

SUBJECTS: Mapping[str, Subject] = {
    subject.name: subject
    for subject in (
        Subject("users", "USER", "UserSearch", USERS, _USER_FIELDS, _USER_SHOWN),
        Subject("clients", "CLIENT", "ClientSearch", CLIENTS, _ENTITY_FIELDS, _ENTITY),
        Subject(
            "applications",
            "APPLICATION",
            "ApplicationSearch",
            APPLICATIONS,
            {**_ENTITY_FIELDS, **_texts("url")},
            {**_ENTITY, "url": "url"},
        ),
        Subject(
            "units",
            "UNIT",
            "UnitSearch",
            UNITS,
            {**_ENTITY_FIELDS, **_texts("location"), **_keywords("state"), **CLIENT_FIELDS, **_parents("client")},
            {**_ENTITY, "location": "location", "state": "state"},
        ),
        Subject("roles", "ROLE", "RoleSearch", ROLES, _ENTITY_FIELDS, _ENTITY),
    )
}

ALL_FIELDS: Mapping[str, Kind] = {name: kind for subject in SUBJECTS.values() for name, kind in subject.fields.items()}

# the columns of the index's words, in order: text, and keywords of which a document may have several
WORDS: Sequence[str] = (
    *(
        name for name, kind in ALL_FIELDS.items()
        if kind in (Kind.TEXT, Kind.KEYWORD) and name not in COLUMNS and name not in CLIENT_FIELDS
    ),
    PROPERTIES,
)  # fmt: skip
