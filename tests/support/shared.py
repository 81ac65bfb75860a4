"""Real images that lie outside the repository: `RAYSYS_DATA`, or `shared/data` beside the checkout."""

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("RAYSYS_DATA") or Path(__file__).resolve().parents[3] / "shared" / "data")


def shared(name: str) -> Path:
    """Path of a file or folder below the shared data; skips the test where it is absent."""
    if not (DATA / name).exists():
        pytest.skip(f"{DATA / name} is absent; RAYSYS_DATA names the folder of shared data")
    return DATA / name
