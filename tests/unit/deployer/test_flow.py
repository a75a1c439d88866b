"""How the path of a release spends its time."""

import pytest

from deployer.flow import pause


@pytest.mark.parametrize(("waited", "seconds"), [(0.0, 0.1), (0.9, 0.1), (4.0, 0.4), (10.0, 1.0), (600.0, 1.0)])
def test_the_pause_between_two_looks_grows_with_the_wait(waited: float, seconds: float) -> None:
    assert pause(waited) == pytest.approx(seconds)
