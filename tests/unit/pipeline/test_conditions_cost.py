"""What the alarms of conditions cost."""

from pipeline.config import load
from tests.unit.pipeline.conftest import CHECKOUT
from tests.unit.pipeline.test_cost import of, quantities


def test_alarms_of_metrics_are_counted_and_the_rest_is_told() -> None:
    folder = CHECKOUT / "docs" / "examples" / "conditions"
    made = load(folder).environments[1].conditions.alarms_made
    assert (made, quantities(of(folder))["CloudWatch, alarms of conditions"]) == (2, 2)
    told = of(folder).not_counted
    assert "metrics that the alarms of queries read" in told
    assert "builds that run the commands of conditions" in told
    assert "CloudWatch, alarms of conditions" not in quantities(of(CHECKOUT))
