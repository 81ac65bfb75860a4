"""`raysys demo`: which phase of a user's own image it takes."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ASK = "from raysys.cli.demo import _ask; print('taken', _ask('dark', 'phase dark, 0.3 of the image'))"


def test_a_phase_belongs_to_an_image(refused: Callable[..., str]):
    assert "give one with --input" in refused("demo", "--phase", "dark")


@pytest.mark.parametrize(("typed", "taken"), [("\n", "dark"), ("bright\n", "bright"), ("green\nbright\n", "bright")])
def test_somebody_at_a_terminal_may_leave_it_at_what_is_argued_for(typed: str, taken: str):
    ours, theirs = pty.openpty()
    os.write(ours, typed.encode())
    ended = subprocess.run([sys.executable, "-c", ASK], stdin=theirs, capture_output=True, text=True, check=True)
    os.close(ours)
    os.close(theirs)
    assert ended.stdout.startswith("phase dark, 0.3 of the image\n")
    assert ended.stdout.endswith(f"taken {taken}\n")


def test_an_image_of_three_values_is_asked_about(refused: Callable[..., str], tmp_path: Path):
    import numpy as np

    np.save(tmp_path / "labels.npy", np.random.default_rng(0).integers(0, 3, (300, 300)).astype(np.uint8))
    assert "holds 3 values (0, 1, 2)" in refused("demo", "--input", "labels.npy")
