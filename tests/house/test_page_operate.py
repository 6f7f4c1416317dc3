"""docs/operate.md: the metrics are those that are counted."""

import pytest

from gateway.observe.metrics import Metrics
from tests.house.page import DOCS, Page, code, table


def test_the_page_lists_the_metrics_there_are(request: pytest.FixtureRequest) -> None:
    rows = [
        [code(each.name), each.kind, ", ".join(code(label) for label in each.labels), each.meaning]
        for each in Metrics().families
    ]
    Page(DOCS / "operate.md", request.config.getoption("--accept")).holds(
        "metrics", table(["metric", "kind", "labels", "meaning"], rows)
    )
