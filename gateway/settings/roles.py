"""The roles that exist without a word of configuration, named as IDCS names them; settings add others or replace these."""

from __future__ import annotations

from collections.abc import Mapping

from gateway.settings.callers import RoleSettings

ADMINISTRATOR = "Identity Domain Administrator"
_ALL = RoleSettings(types=("*",), may=("all",))
_READ = RoleSettings(types=("*",), may=("read",))

ROLES: Mapping[str, tuple[RoleSettings, ...]] = {
    ADMINISTRATOR: (_ALL,),
    "User Administrator": (
        _READ,
        RoleSettings(types=("User", "Group", "Grant"), may=("all",)),
        RoleSettings(
            types=(
                "UserPasswordChanger",
                "UserPasswordResetter",
                "UserStatusChanger",
                "UserLockedStateChanger",
                "UserCapabilitiesChanger",
                "AuthenticationFactorsRemover",
            ),
            may=("all",),
        ),
    ),
    "Application Administrator": (
        _READ,
        RoleSettings(types=("App", "AppRole", "Grant"), may=("all",)),
    ),
    "Security Administrator": (
        _READ,
        RoleSettings(types=("PasswordPolicy", "SecurityQuestion"), may=("all",)),
    ),
    "Sign-in": (RoleSettings(types=("PasswordAuthenticator",), may=("act",)),),
    "Reader": (_READ,),
}
