"""How a user is shown: its DTO with properties the caller may see, and the forms the switches choose."""

from typing import Any

from .endpoint import Call
from .entity import shown
from .properties import VALUE_RIGHTS
from .store import Row

_FIELDS = (
    "sex",
    "gender",
    "birthDate",
    "address",
    "validity",
    "remarks",
    "modificationComment",
    "languageCode",
    "properties",
)


def user_dto(call: Call, row: Row, *, properties: bool = True) -> dict[str, Any]:
    """The UserDTO. Properties are silently left out when the caller lacks a right to see them (users.get)."""
    switches, dto = call.box.switches, shown(call, row)
    if not properties or not call.may(*VALUE_RIGHTS):
        dto.pop("properties", None)
    if language := dto.get("languageCode"):
        dto["languageCode"] = {"upper": language.upper(), "lower": language.lower()}.get(
            switches.language_case, language
        )
    if "birthDate" in dto and switches.birth_date == "datetime":
        dto["birthDate"] += "T00:00:00Z"
    if switches.empty_fields == "null":
        dto.update({name: None for name in _FIELDS if name not in dto})
    return dto
