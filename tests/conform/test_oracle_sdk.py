"""Oracle's Python SDK drives /admin/v1 over a real socket: `oracle_sdk.py` and its neighbours, run where the SDK is installed."""

from collections.abc import Callable

from tests.conform.conftest import TOKEN


def test_oracles_sdk_gets_what_it_expects(oracle: Callable[..., None], serve: Callable[..., str]) -> None:
    oracle("oracle_sdk.py", "oracle_sdk_groups.py", JUDGED_URL=serve("--users", "20"), JUDGED_TOKEN=TOKEN)


def test_a_person_gets_what_it_expects(oracle: Callable[..., None], pair: dict[str, str]) -> None:
    inside = {"JUDGED_NEVISIDM": f"{pair['JUDGED_NEVIS']}/nevisidm/api", "JUDGED_IDM_TOKEN": pair["JUDGED_NEVIS_TOKEN"]}
    oracle("oracle_sdk_people.py", **pair, **inside)
