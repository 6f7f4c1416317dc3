"""Oracle's Python SDK on the applications, roles and grants of /admin/v1, with a look into the nevisIDM behind."""

from collections.abc import Callable


def test_oracles_sdk_gives_roles_and_takes_them(oracle: Callable[..., None], pair: dict[str, str]) -> None:
    oracle("oracle_sdk_roles.py", **pair)
