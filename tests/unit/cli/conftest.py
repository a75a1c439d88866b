from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _away_from_any_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No verb under test finds the checkout's own pipeline.yaml by standing in it."""
    monkeypatch.chdir(tmp_path)
