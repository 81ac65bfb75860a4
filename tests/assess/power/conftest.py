"""Small blobs, measured into a cache of the test's own."""

from pathlib import Path

import numpy as np
import pytest
from support.blobs import blobs


@pytest.fixture(scope="session")
def real() -> np.ndarray:
    return blobs(48, 2.0, 0)


@pytest.fixture(autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path_factory.getbasetemp() / "ladders"
    monkeypatch.setenv("RAYSYS_CACHE", str(folder))
    return folder
