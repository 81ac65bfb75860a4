"""`import raysys` offers every room, and loads none."""

import subprocess
import sys
from pathlib import Path

import raysys

NO_ROOMS = {"cli", "recipes", "trained"}  # commands, and files


def test_every_room_is_offered():
    packages = {path.parent.name for path in Path(raysys.__file__).parent.glob("*/__init__.py")}
    assert set(raysys.ROOMS) == packages - NO_ROOMS
    assert set(raysys.ROOMS) <= set(dir(raysys))
    assert not hasattr(raysys, "rooms")


def test_a_room_is_loaded_when_it_is_asked_for():
    program = "import sys, raysys; assert 'raysys.stats' not in sys.modules; print(raysys.stats.two_point.__name__)"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.stdout == "two_point\n", ended.stderr
