"""Where the band of real against real is taken from."""

from dataclasses import replace

import numpy as np

from raysys.assess.methods.band import band_of
from raysys.assess.methods.reference import Reference
from raysys.data import Tiles
from raysys.stats import characterise, real_against_real

OPTIONS = {"boundary": "open", "r_max": None}


def test_it_is_of_the_training_part_where_that_has_as_many_tiles(rock_tiles: Tiles):
    inside = rock_tiles.train_inside
    others, groups = rock_tiles.train[inside], rock_tiles.train_groups[inside]
    reference = Reference(rock_tiles.held_out, others=others, other_groups=groups)
    band, how = band_of(reference, ("S2", "L"), OPTIONS)
    # Their regions are too unequal for sets as large as the reference, so that both are as large as can be.
    assert band == real_against_real(characterise(others, ("S2", "L")), groups=groups)
    assert how.startswith(
        f"Band: two sets of equal count out of {len(others)} tiles of {len(set(groups.tolist()))} reg"
    )
    own, how = band_of(replace(reference, others=others[:10], other_groups=groups[:10]), ("S2",), OPTIONS)
    assert own == real_against_real(characterise(rock_tiles.held_out, ("S2",)), size=9)
    assert how == "Band: two sets of 9 each out of 18 tiles of the reference, 200 splits, median and 95 %."


def test_three_images_have_no_band():
    band, how = band_of(Reference(np.zeros((3, 8, 8), np.uint8)), ("S2",), OPTIONS)
    assert band is None
    assert how == "There is no real-against-real band: it takes four real images at least."
