"""The score of autoencodings of any kind: nothing for the originals themselves, one for flat images."""

from __future__ import annotations

import numpy as np
import pytest
from support.kinds import PHASES, binary, colour, labels

from raysys.form import Form
from raysys.methods.autoencoder.channel_validation import FLOORS, channel_errors
from raysys.train.validation import in_channels

STORED = {0: 0, 128: 1, 255: 2}


def some(kind: str) -> np.ndarray:
    """Four images or volumes in channels, float32 (4, C, *spatial)."""
    if kind == "volume":
        form, image = Form("binary", (16, 16, 16)), binary((32, 32, 16))
        tiles = [image[y : y + 16, x : x + 16] for y in (0, 16) for x in (0, 16)]
    else:
        form = Form("colour", (32, 32)) if kind == "colour" else Form("labels", (32, 32), PHASES)
        image = colour((64, 64)) if kind == "colour" else np.vectorize(STORED.get)(labels((64, 64)))
        tiles = [image[y : y + 32, x : x + 32] for y in (0, 32) for x in (0, 32)]
    return in_channels(form, np.stack(tiles)).astype(np.float32)


@pytest.mark.parametrize("kind", ["colour", "phases", "volume"])
def test_originals_have_no_error_flat_images_have_one_and_others_lie_between(kind: str):
    originals = some(kind)
    spatial = tuple(range(2, originals.ndim))
    means = originals.mean(axis=spatial, keepdims=True)
    flat = np.broadcast_to(means, originals.shape).astype(np.float32)
    assert channel_errors(originals, originals) == dict.fromkeys(FLOORS, pytest.approx(0, abs=1e-6))
    assert channel_errors(flat, originals) == dict.fromkeys(FLOORS, pytest.approx(1, rel=1e-3))
    half = channel_errors((originals + flat) / 2, originals)
    assert half["pixel_error"] == pytest.approx(0.25, rel=1e-3)
    assert half["edge_shortfall"] == pytest.approx(0.5, rel=1e-3)
    assert 0.4 < half["s2_relative"] < 0.7  # (1 - 1/4)^2 of the fluctuation


def test_images_that_are_no_numbers_are_as_bad_as_can_be_and_even_originals_are_not_looked_at():
    originals = some("colour")
    broken = np.full_like(originals, np.nan)
    assert channel_errors(broken, originals) == dict.fromkeys(FLOORS, 10.0)
    even = np.full_like(originals, 0.5)
    assert channel_errors(originals, even) == dict.fromkeys(FLOORS, 1.0)
    # Beside others they are left out.
    assert channel_errors(np.r_[originals, originals], np.r_[originals, even]) == dict.fromkeys(
        FLOORS, pytest.approx(0, abs=1e-6)
    )
