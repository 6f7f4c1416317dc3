"""The sixty operations that an identity gateway needs, by Oracle's Python SDK, with the sandbox as a process of its own behind."""

from collections.abc import Callable


def test_every_core_operation_does_in_nevisidm_what_it_says(oracle: Callable[..., None], pair: dict[str, str]) -> None:
    oracle("oracle_core.py", **pair)
