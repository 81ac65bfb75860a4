"""Guided syntheses: what maps may be, published weights and copies, starts, one budget of copies, states."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from support.textures import SHORT, few_channels, plan, stripes

from raysys.data.textures import angles_of, gradient, orientation_of, perlin, turned_copies
from raysys.errors import RaysysError
from raysys.losses.guided_correspondence import GuidedCorrespondence, PatchSettings
from raysys.losses.patch_guidance import Guidance as LayerGuidance
from raysys.losses.patch_use import places_of
from raysys.losses.patches import Grid
from raysys.synthesis import METHODS, Copies, Guidance, Guides, quilt, synthesise
from raysys.synthesis.descent import Descent, Plan
from raysys.synthesis.exemplar import Exemplar
from raysys.synthesis.layer_terms import LayerSource, PatchTerm, SlicedTerm
from raysys.synthesis.maps import Maps
from raysys.synthesis.order import SynthesisOrder
from raysys.synthesis.sources import coordinates_of, published_copies, sources_of
from raysys.synthesis.start import matched

SIZE = (64, 56)


def both(name: str = "progression") -> Guidance:
    """A map of the picture and one of the exemplar of 48 x 48."""
    maps = {
        "progression": (perlin(SIZE, seed=0, octaves=1), gradient((48, 48))),
        "orientation": (perlin(SIZE, seed=0, octaves=1) * 3, None),
        "annotation": ((gradient(SIZE) > 0.3).astype(int), (gradient((48, 48), degrees=90) > 0.5).astype(int)),
    }
    return Guidance(**{one: maps[one] for one in name.split("+")})


def guided(name: str, *, image: np.ndarray | None = None, copies: Copies | None = None, **others: object) -> Plan:
    one = both(name)
    found = plan(image, SIZE, **others)
    fitted = one.fitted(SIZE, found.exemplar.image)
    usual = Copies() if others.get("method") == "patch-match" else published_copies(one.names)
    return replace(found, guidance=fitted, copies=usual if copies is None else copies)


def done(descent: Descent) -> Descent:
    while not descent.finished:
        descent.advance()
    return descent


@pytest.mark.parametrize(
    ("names", "weights", "copies"),
    [
        ("progression", {"progression": 50}, 4),
        ("orientation", {"orientation": 5}, 8),
        ("progression+orientation", {"progression": 10, "orientation": 1}, 8),
        ("annotation", {"annotation": 10}, 1),
    ],
)
def test_weights_and_copies_are_the_published_ones(names: str, weights: dict[str, float], copies: int):
    one = guided(names)
    assert one.guidance.weights == weights
    assert len(one.sources) == copies
    patches = PatchTerm([layer_source(one) for one in one.sources], PatchSettings(), one.guidance, periodic=False)
    assert patches.loss.settings.stride == (4 if copies > 1 else 3)
    assert patches.loss.settings.occurrence == 0.05
    if copies == 8:
        assert one.sources[1].size == (33, 33)  # of 48 the rectangle inside the square on its corner


def layer_source(source) -> LayerSource:
    """A source as a layer of its own pixels."""
    return LayerSource(source.pixels[0], coordinates_of(source, source.size, 1), source.maps)


def test_weights_may_be_others():
    image = stripes()
    found = replace(both("progression+orientation"), weights={"orientation": 3}).fitted(SIZE, image)
    assert found.weights == {"progression": 10, "orientation": 3}
    with pytest.raises(RaysysError, match="a weight of 'annotation', of which no map is given; allowed: progression"):
        replace(both(), weights={"annotation": 3}).fitted(SIZE, image)
    with pytest.raises(RaysysError, match="the weight of progression is -1; allowed: 0 and more"):
        replace(both(), weights={"progression": -1}).fitted(SIZE, image)


@pytest.mark.parametrize("method", [one for one in METHODS if one != "gram"])
@pytest.mark.parametrize("names", ["progression", "orientation", "annotation", "progression+orientation+annotation"])
def test_every_method_but_gram_follows_every_map(method: str, names: str):
    made = done(Descent(guided(names, method=method)))
    assert made.image.shape == SIZE
    assert np.isfinite(made.losses).all()


def test_gram_takes_no_map():
    with pytest.raises(RaysysError, match="gram compares whole images, which no map guides"):
        guided("progression", method="gram")


def test_patch_match_takes_no_copies():
    with pytest.raises(RaysysError, match="patch-match knows no copies of the exemplar"):
        guided("progression", method="patch-match", copies=Copies(flips=True))


def test_guided_distances_are_the_published_sum():
    """Channels of progressions and labels, each by its weight, against the distances by their definition."""
    size, weights = (9, 11), {"progression": 3.0, "annotation": 5.0}
    random = np.random.default_rng(0)
    one, other = (Maps(random.random(size).astype(np.float32), None, random.integers(0, 3, size)) for _ in range(2))
    channels = [maps.channels(weights, (0, 1, 2)) for maps in (one, other)]
    found = ((channels[0] - channels[1]) ** 2).sum(-1)
    expected = 3 * (one.progression - other.progression) ** 2 + 5 * (one.annotation != other.annotation)
    assert np.allclose(found, expected, atol=1e-5)


def test_the_term_of_a_layer_is_the_loss_with_these_maps():
    one = guided("progression+orientation", copies=Copies())
    settings, random = PatchSettings(occurrence=0.0), torch.Generator().manual_seed(0)
    target = torch.rand(1, 1, *SIZE, generator=random)
    source = one.sources[0]
    found = PatchTerm([layer_source(source)], settings, one.guidance, periodic=False)(target, random)
    maps = [
        LayerGuidance(torch.from_numpy(m.progression)[None], torch.from_numpy(m.orientation).permute(2, 0, 1))
        for m in (one.guidance.target, one.guidance.source)
    ]
    weighed = replace(settings, progression=10.0, orientation=1.0)
    expected = GuidedCorrespondence([source.pixels[0]], weighed, guidance=maps[1:])(target, maps[0])
    assert found.item() == pytest.approx(expected.item(), rel=1e-4)


def test_turned_copies_share_one_budget_of_each_place():
    """Patches of all copies whose middles lie at one place of the exemplar are of one place; few lie between two."""
    copies = sources_of(Exemplar.of(stripes(64)), Copies(rotations=8), None)
    grids = [Grid(*one.size, 4, PatchSettings().offsets) for one in copies]
    coordinates = [coordinates_of(one, one.size, 1) for one in copies]
    places = places_of([grid.corners() for grid in grids], coordinates, shape=(64, 64), stride=4, reach=6)
    assert torch.unique(places).numel() <= grids[0].count + 2 * 15  # the edge's cut corners
    first = 0
    for grid, at in zip(grids, coordinates, strict=True):
        middles = grid.corners() + 3
        expected = ((at[:, middles[:, 0], middles[:, 1]].round() - 3) // 4).clamp(min=0).long()
        assert torch.equal(places[first : first + grid.count], expected[0] * 16 + expected[1])
        first += grid.count


def test_coordinates_of_a_layer_are_the_middles_of_its_cells():
    copies = sources_of(Exemplar.of(stripes(64)), Copies(rotations=8), None)
    straight = coordinates_of(copies[0], (16, 16), 4)
    assert torch.allclose(straight, torch.stack(torch.meshgrid(*[torch.arange(16.0)] * 2, indexing="ij")), atol=1e-4)
    turned = sources_of(Exemplar.of(stripes(60)), Copies(rotations=8), None)[3]
    middles = turned.coordinates.reshape(21, 2, 21, 2, 2).mean((1, 3))
    assert np.allclose(turned.at(0.5).coordinates, 0.5 * (middles + 0.5) - 0.5, atol=1e-3)


def test_the_orientation_of_turned_copies_is_read_off_them():
    one = guided("orientation")
    for source in one.sources:
        assert np.array_equal(source.maps.orientation, orientation_of(source.pixels[0, 0].numpy()))
    given = Guidance(orientation=(np.zeros(SIZE), np.full((48, 48), 0.3))).fitted(SIZE, stripes())
    for copy, source in zip(
        turned_copies(stripes(), 8), sources_of(Exemplar.of(stripes()), Copies(rotations=8), given), strict=True
    ):
        turned = (0.3 + np.deg2rad(copy.degrees)) % np.pi
        assert np.allclose(angles_of(source.maps.orientation), turned, atol=1e-4)


def test_flips_and_rotations_exclude_each_other_unless_both_are_asked_for():
    with pytest.raises(RaysysError, match=r"flips and 8 rotations, .* allowed: one of them, or both if that is asked"):
        Copies(flips=True, rotations=8)
    assert len(Copies(flips=True, rotations=8, together=True).of(stripes())) == 16
    assert len(Copies(flips=True).of(stripes())) == 4
    with pytest.raises(RaysysError, match=r"0 rotations; allowed: 1 \(none\) to 72"):
        Copies(rotations=0)


def test_the_start_takes_pixels_of_the_same_level_or_the_nearest_existing_one():
    random = np.random.default_rng(0)
    held = np.rint(255 * random.random(500) ** 2) / 255 * (1 - np.arange(500) % 3 / 255)
    wanted = random.random((30, 20))
    found = matched(wanted, held, np.random.default_rng(7))
    ours, theirs = (np.rint(255 * one).astype(int) for one in (wanted, held))
    least = np.abs(ours[..., None] - theirs).min(-1)
    assert np.array_equal(np.abs(ours - theirs[found]), least)
    assert np.array_equal(found, matched(wanted, held, np.random.default_rng(7)))
    assert not np.array_equal(found, matched(wanted, held, np.random.default_rng(8)))
    flat = matched(np.full((100, 100), 0.5), np.full(50, 0.5), np.random.default_rng(0))
    assert np.bincount(flat.ravel(), minlength=50).min() > 100


def test_a_picture_begins_with_pixels_of_its_progression():
    noise = replace(SHORT, start="noise")
    image = gradient((48, 48))  # each pixel is its own progression
    one = guided("progression", image=image, preset=noise)
    begun = Descent(one)
    wanted = one.guidance.target.resized(begun.pixels.shape[2:]).progression
    assert np.abs(begun.pixels.detach()[0, 0].numpy() - wanted).max() < 0.06
    assert Descent(one).pixels.equal(begun.pixels)
    turned = Descent(guided("orientation", preset=noise))  # pixels of the copies
    assert set(np.unique(turned.pixels.detach())) <= set(
        np.unique(np.concatenate([one.at(0.5).pixels.ravel() for one in turned.plan.sources]))
    )


def test_a_guided_quilt_follows_its_guides_and_takes_windows_of_all_sources():
    random = np.random.default_rng(0)
    first, second = 0.2 + 0.1 * random.random((40, 40)), 0.7 + 0.1 * random.random((30, 30))
    target = np.where(np.arange(60) < 30, 0.0, 5.0)[None].repeat(50, 0)[..., None]
    guides = Guides(target, (np.zeros((40, 40, 1)), np.full((30, 30, 1), 5.0)))
    made = quilt([first, second], (50, 60), block=12, overlap=2, seed=1, guides=guides)
    assert (made.copy[:, :19] == 0).all()
    assert (made.copy[:, 42:] == 1).all()
    sources = [first, second]
    for y, x in ((3, 5), (20, 31), (49, 59)):
        row, column = made.origin[y, x]
        assert made.image[y, x] == sources[made.copy[y, x]][row, column]


def test_sorted_projections_meet_cells_of_the_same_guidance():
    """A picture of the exemplar's cells, moved as its map is, has no loss; elsewhere it has."""
    random = np.random.default_rng(0)
    progression = np.linspace(0, 1, 144).reshape(12, 12).astype(np.float32)
    source = LayerSource(
        torch.from_numpy(random.random((5, 12, 12)).astype(np.float32)), torch.zeros(2, 12, 12), Maps(progression)
    )
    moved = Maps(progression[::-1].copy())
    fitted = Guidance(progression=(moved.progression, progression)).fitted((12, 12), np.zeros((12, 12)))
    term = SlicedTerm([source], fitted)
    follows, ignores = source.features.flip(1)[None], source.features[None]
    losses = [term(one, torch.Generator().manual_seed(0)).item() for one in (follows, ignores)]
    assert losses[0] < 1e-9 < 0.01 < losses[1]


def test_labels_are_followed():
    """Dark stripes where 0 is asked for, bright ones where 1 is, by every method that maps guide."""
    image = 0.35 * stripes(48)
    image[:, 24:] += 0.6
    labels = np.zeros((48, 48), int)
    labels[:, 24:] = 1
    wanted = np.zeros(SIZE, int)
    wanted[:32] = 1
    guidance = Guidance(annotation=(wanted, labels))
    for method in ("guided-correspondence", "quilting", "sliced-wasserstein"):
        made = synthesise(image, SIZE, method=method, preset=SHORT, weights="random", guidance=guidance).image
        assert made[:24].mean() > 0.6 > 0.5 > made[40:].mean()


def test_states_go_on_to_the_same_picture():
    one = guided("progression+orientation")
    peace = done(Descent(one, 1)).image
    broken = Descent(one, 1)
    for _ in range(4):
        broken.advance()
    assert np.array_equal(done(Descent.from_state(one, 1, broken.state())).image, peace)


def test_maps_and_copies_are_part_of_what_pictures_depend_on():
    signatures = [
        SynthesisOrder(one).signature()
        for one in (
            plan(size=SIZE),
            guided("progression"),
            guided("progression", copies=Copies()),
            replace(
                guided("progression"), guidance=replace(both(), weights={"progression": 2}).fitted(SIZE, stripes())
            ),
        )
    ]
    assert len({str(one) for one in signatures}) == 4


def test_maps_are_brought_to_the_size_by_area_nearest_label_and_doubled_angle():
    found = both("progression+orientation+annotation").fitted((32, 28), stripes())
    for name, sides in (("progression", "64 x 56"), ("annotation", "64 x 56")):
        assert f"the picture's {name}, {sides} pixels, was resized to 32 x 28" in found.notices
    wanted = both().progression[0].reshape(32, 2, 28, 2).mean((1, 3))
    assert np.allclose(found.target.progression, wanted, atol=1e-6)
    lines = Maps(orientation=np.stack([np.ones((4, 4)), np.zeros((4, 4))], -1).astype(np.float32))
    lines.orientation[:, ::2] *= -1  # the same lines
    assert np.allclose(np.abs(lines.resized((2, 2)).orientation[..., 0]), 1)
    assert np.array_equal(Maps(annotation=np.array([[1, 2], [3, 4]])).resized((4, 4)).annotation[0], [1, 1, 2, 2])


@pytest.mark.parametrize(
    ("maps", "sentence"),
    [
        ({}, "guidance without a map; allowed: progression, orientation, annotation"),
        ({"progression": (np.zeros(SIZE), None)}, "progression of the picture without that of the exemplar"),
        ({"orientation": (None, np.zeros((48, 48)))}, "orientation of the exemplar without that of the picture"),
        ({"progression": (np.zeros((64, 80)), np.zeros((48, 48)))}, "has 64 x 80 pixels, and the picture 64 x 56"),
        ({"progression": (np.zeros(SIZE), np.zeros((30, 48)))}, "has 30 x 48 pixels, and the exemplar 48 x 48"),
        (
            {"progression": (np.zeros(SIZE) + 2, np.zeros((48, 48)))},
            "progression has values from 2 to 2; allowed: 0 to",
        ),
        ({"progression": (np.full(SIZE, np.nan), np.zeros((48, 48)))}, "values that are no numbers"),
        ({"orientation": (np.zeros((*SIZE, 2)), None)}, "orientation has vectors of length 0"),
        ({"orientation": (np.zeros((*SIZE, 3)), None)}, r"shape \(64, 56, 3\); allowed: \(H, W\) angles or"),
        ({"annotation": (np.zeros(SIZE) + 0.5, np.zeros((48, 48)))}, "values such as 0.5; allowed: whole numbers"),
        (
            {"annotation": (np.arange(64)[:, None].repeat(56, 1) // 16, np.eye(48))},
            "asks for labels 2, 3, which the exemplar's lacks; it has 0, 1",
        ),
        ({"progression": np.zeros(SIZE)}, "progression is ndarray; allowed: two maps"),
    ],
)
def test_maps_that_cannot_be_are_refused_in_a_sentence(maps: dict, sentence: str):
    with pytest.raises(RaysysError, match=sentence):
        Guidance(**maps).fitted(SIZE, stripes())


def test_turned_copies_without_a_patch_are_left_out():
    """Of an exemplar of 20 pixels the copies on their corner have 14, one feature less than a patch needs."""
    one = guided("orientation", image=stripes(20))
    small = replace(one, kernels=few_channels())
    assert done(Descent(small)).image.shape == SIZE


@pytest.mark.parametrize("turned", [False, True])
def test_matches_of_a_context_go_on_to_the_same_picture(turned: bool):
    preset = replace(SHORT, patches=replace(SHORT.patches, context=2, turned=turned))
    one = guided("orientation", preset=preset)
    peace = done(Descent(one, 1)).image
    for step in (2, 5):
        broken = Descent(one, 1)
        for _ in range(step):
            broken.advance()
        assert np.array_equal(done(Descent.from_state(one, 1, broken.state())).image, peace)
    assert not np.array_equal(peace, done(Descent(guided("orientation"), 1)).image)


def test_what_cannot_be_turned_or_has_no_matches_is_refused():
    image = stripes()
    with pytest.raises(RaysysError, match="local_context and rotate_matches of quilting; allowed: of guided-corresp"):
        synthesise(image, SIZE, method="quilting", local_context=2)
    for others in ({}, {"guidance": both("orientation"), "copies": Copies(flips=True)}):
        with pytest.raises(RaysysError, match="rotate_matches turns matches to an orientation; allowed: with a map"):
            synthesise(image, SIZE, rotate_matches=True, **others)
