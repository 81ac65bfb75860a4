"""Where the band of real against real is taken from."""

from dataclasses import replace

import numpy as np

from raysys.assess.methods.band import band_of
from raysys.assess.methods.reference import Reference
from raysys.assess.methods.verdicts import judge
from raysys.data import Tiles
from raysys.data.separation import separation
from raysys.form import Form
from raysys.stats import characterise, real_against_real

OPTIONS = {"boundary": "open", "r_max": None}


def test_it_is_of_the_training_part_where_that_has_as_many_tiles(rock_tiles: Tiles):
    apart = separation(rock_tiles.train, rock_tiles.train_origins, Form("binary", (16, 16)))
    others, groups = rock_tiles.train[apart.places], apart.groups
    reference = Reference(rock_tiles.held_out, others=others, other_groups=groups)
    band, how = band_of(reference, ("S2", "L"), OPTIONS)
    assert band == real_against_real(characterise(others, ("S2", "L")), groups=groups, size=18)
    assert how == (
        "Band: two sets of 18 each out of 54 tiles of 8 regions of the training part of the image, 200 splits, median "
        "and 95 %."
    )
    own, how = band_of(replace(reference, others=others[:10], other_groups=groups[:10]), ("S2",), OPTIONS)
    assert own == real_against_real(characterise(rock_tiles.held_out, ("S2",)), size=9)
    assert how == "Band: two sets of 9 each out of 18 tiles of the reference, 200 splits, median and 95 %."


def test_regions_that_are_too_unequal_for_sets_as_large_as_the_reference_give_what_they_have(rock_tiles: Tiles):
    groups = np.repeat(np.arange(8), [33, 3, 3, 3, 3, 3, 3, 3])
    reference = Reference(rock_tiles.held_out, others=rock_tiles.train, other_groups=groups)
    band, how = band_of(reference, ("S2",), OPTIONS)
    assert band == real_against_real(characterise(rock_tiles.train, ("S2",)), groups=groups)
    assert how.startswith("Band: two sets of equal count out of 54 tiles of 8 regions")


def test_few_regions_have_a_median_and_no_95_per_cent(rock_tiles: Tiles):
    groups = np.arange(18) % 4
    band, how = band_of(Reference(rock_tiles.held_out, groups), ("S2",), OPTIONS)
    assert band["S2"].median > 0
    assert how == (
        "There is no 95 % band: real images split in 3 ways only, and 95 % asks for 20; 4 regions of the reference, of "
        "which the median is shown."
    )
    assert judge(band["S2"].median, band["S2"]).words == (
        "no band to judge by: real images split in 3 ways only, and 95 % asks for 20"
    )
    none, how = band_of(Reference(rock_tiles.held_out, np.zeros(18)), ("S2",), OPTIONS)
    assert none is None
    assert how == "There is no real-against-real band: the 18 tiles of the reference are of one region."


def test_three_images_have_no_band():
    band, how = band_of(Reference(np.zeros((3, 8, 8), np.uint8)), ("S2",), OPTIONS)
    assert band is None
    assert how == "There is no real-against-real band: it takes four real images at least."
