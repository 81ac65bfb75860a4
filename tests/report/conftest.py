"""Small blobs of three kinds, and trials of a sweep."""

from collections.abc import Callable

import pytest
from support.blobs import apart, baseline, characterisations, images, representative, whole

from raysys.report import Trial

__all__ = ["apart", "baseline", "characterisations", "images", "representative", "whole"]


@pytest.fixture
def make_trial() -> Callable[..., Trial]:
    def make(number: int, objective: float | None, status: str = "FINISHED", **values: float | str) -> Trial:
        return Trial(number, values or {"lr": 10.0 ** (-number - 2)}, objective, status, 60.0)

    return make
