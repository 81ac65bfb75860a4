"""A Ray for each file of this room that asks for it: two CPUs, and a GPU that nobody has seen but Ray."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from raysys.cluster import connected


@pytest.fixture(scope="module")
def ray() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        tests = str(Path(__file__).parents[1])  # where Ray's workers find `support`
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, (tests, os.environ.get("PYTHONPATH")))))
        with connected("local", num_cpus=2, num_gpus=1):
            yield
