"""What every descriptor does, whichever it is."""

import numpy as np
import pytest
from support.references import gaussian_field

from raysys import RaysysError
from raysys.stats import DESCRIPTORS, KNOWN, Curve, characterise, lineal_path, polytope, two_point

BOUNDARIES = ("open", "periodic")
MEASURES = {"S2": two_point, "L": lineal_path}


def measure(name, images, **options):
    return MEASURES[name](images, **options) if name in MEASURES else polytope(images, name, **options)


@pytest.fixture(scope="module")
def fields():
    return gaussian_field((70, 90), phi=0.352, sigma=3, n=6)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("name", [*DESCRIPTORS, "P2"])
class TestEveryDescriptor:
    def test_is_a_curve_over_lags_up_to_half_the_shortest_axis(self, name, boundary, fields):
        curve = measure(name, fields, boundary=boundary)
        assert isinstance(curve, Curve)
        assert (curve.name, curve.phase, curve.boundary, curve.n) == (name, 1, boundary, 6)
        np.testing.assert_array_equal(curve.r, np.arange(35))
        assert curve.values.shape == (6, 35)
        assert curve.values.dtype == np.float64

    def test_begins_with_the_phase_fraction_of_each_image(self, name, boundary, fields):
        found = measure(name, fields, boundary=boundary).values[:, 0]
        np.testing.assert_allclose(found, fields.mean(axis=(1, 2)), rtol=0, atol=1e-15)

    def test_is_1_everywhere_if_all_is_phase_and_0_if_nothing_is(self, name, boundary):
        for value, images in ((1.0, np.ones((2, 20, 70), np.uint8)), (0.0, np.zeros((2, 20, 70), np.uint8))):
            curve = measure(name, images, boundary=boundary)
            sampled = curve.values[:, ::2] if name.startswith("P3") else curve.values
            np.testing.assert_array_equal(sampled, value)

    def test_keeps_to_the_number_of_lags_asked_for(self, name, boundary, fields):
        whole = measure(name, fields, boundary=boundary)
        short = measure(name, fields, boundary=boundary, r_max=7)
        np.testing.assert_array_equal(short.r, np.arange(8))
        np.testing.assert_array_equal(short.values, whole.values[:, :8])

    def test_measures_each_image_by_itself(self, name, boundary, fields):
        whole = measure(name, fields, boundary=boundary).values
        np.testing.assert_array_equal(measure(name, fields[2:3], boundary=boundary).values, whole[2:3])

    def test_sees_any_value_of_any_whole_number_type_as_the_phase(self, name, boundary, fields):
        expected = measure(name, fields, boundary=boundary).values
        grains = np.where(fields == 1, 7, fields.cumsum(axis=2) % 5).astype(np.int32)
        np.testing.assert_array_equal(measure(name, grains, phase=7, boundary=boundary).values, expected)
        np.testing.assert_array_equal(measure(name, fields == 1, boundary=boundary).values, expected)
        np.testing.assert_array_equal(measure(name, 1 - fields, phase=0, boundary=boundary).values, expected)

    def test_is_the_same_within_a_characterisation(self, name, boundary, fields):
        found = characterise(fields, (name,), boundary=boundary, r_max=20).curves[name]
        alone = measure(name, fields, boundary=boundary, r_max=20)
        np.testing.assert_array_equal(found.values, alone.values)
        assert found.protocol == alone.protocol

    def test_does_not_touch_its_images(self, name, boundary, fields):
        images = fields.copy()
        images.flags.writeable = False
        measure(name, images, boundary=boundary)
        np.testing.assert_array_equal(images, fields)

    def test_of_random_pixels_is_the_fraction_to_the_power_of_its_vertices(self, name, boundary):
        if name == "L":
            pytest.skip("a line has as many points as it is long")
        n, order, phi, side = 24, {"S": 2}.get(name[0], int(name[1])), 0.4, 96
        curve = measure(name, np.random.default_rng(3).random((n, side, side)) < phi, boundary=boundary, r_max=24)
        error = curve.mean[4::2] - phi**order
        assert np.abs(error).max() < 4 * np.nanmax(curve.values.std(axis=0)) / np.sqrt(n)

    def test_refuses_what_it_cannot_measure(self, name, boundary, fields):
        for images, sentence in (
            (fields[0], r"image\[None\]"),
            (fields.astype(np.float32), "float32; allowed: whole numbers"),
            (fields[:0], "empty"),
        ):
            with pytest.raises(RaysysError, match=sentence):
                measure(name, images, boundary=boundary)
        for r_max in (70, -1):
            with pytest.raises(RaysysError, match="0 to 69"):
                measure(name, fields, boundary=boundary, r_max=r_max)
        with pytest.raises(RaysysError, match="allowed: open, periodic"):
            measure(name, fields, boundary="Periodic")


@pytest.mark.parametrize("name", DESCRIPTORS)
class TestEveryPeriodicDescriptor:
    def test_is_unchanged_by_cyclic_shifts(self, name, fields):
        shifted = np.roll(fields, (13, 41), axis=(1, 2))
        np.testing.assert_array_equal(
            measure(name, fields, boundary="periodic").values, measure(name, shifted, boundary="periodic").values
        )

    def test_is_no_larger_than_the_two_point_function_of_its_edges(self, name, fields):
        from raysys.stats import two_point_along

        axes = {"S2": (), "P3H": (1,), "P3V": (0,), "P4": (0, 1), "P6": (1,), "L": ()}[name]
        curve = measure(name, fields, boundary="periodic").values
        assert np.nanmax(curve) <= fields.mean(axis=(1, 2)).max()
        for axis in axes:
            edge = two_point_along(fields, axis, boundary="periodic").values
            assert np.nanmax(curve - edge) <= 0


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("name", ["S2", "P4", "L"])
def test_symmetric_figures_are_unchanged_by_half_a_turn(name, boundary, fields):
    np.testing.assert_array_equal(
        measure(name, fields, boundary=boundary).values,
        measure(name, fields[:, ::-1, ::-1], boundary=boundary).values,
    )


@pytest.mark.parametrize("phi", [0.052, 0.352])
def test_gaussian_fields_reach_the_asymptotes_and_decay_faster_with_more_vertices(phi):
    images = gaussian_field((128, 128), phi=phi, sigma=2, n=64)
    found = characterise(images, ("S2", "P3H", "P4", "P6"), r_max=32, boundary="periodic")
    for name, n in {"S2": 2, "P3H": 3, "P4": 4, "P6": 6}.items():
        tail = found.curves[name].values[:, 20:33:2].mean(axis=1)
        # 1e-7: six vertices meet less than once in all these images of phi^6 = 2e-8.
        assert abs(tail.mean() - phi**n) < 4 * tail.std() / np.sqrt(len(tail)) + 1e-7
    near = [found.curves[name].mean[2] for name in ("S2", "P3H", "P4", "P6")]
    assert near == sorted(near, reverse=True)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("shape", [(30, 70), (10, 12, 66)])
@pytest.mark.parametrize("name", [*DESCRIPTORS, "P2"])
class TestAPhaseThatDoesNotOccur:
    def test_is_warned_of_and_not_a_number_among_labels(self, name, shape, boundary):
        labels = np.random.default_rng(0).integers(0, 3, (2, *shape))
        with pytest.warns(UserWarning, match="phase 7 does not occur in the images, which hold 0, 1, 2; what is"):
            curve = measure(name, labels, phase=7, boundary=boundary)
        assert np.isnan(curve.values).all()
        assert curve.values.shape == (2, len(curve.r))
        with pytest.warns(UserWarning, match="phase 7"):
            found = characterise(labels, (name,), phase=7, boundary=boundary)
        assert np.isnan(found.curves[name].values).all()

    def test_is_an_answer_in_binary_images(self, name, shape, boundary):
        for value in (0, 1):
            for dtype in (bool, np.uint8, np.int64):
                curve = measure(name, np.full((2, *shape), 1 - value, dtype), phase=value, boundary=boundary)
                assert np.nanmax(curve.values) == 0
                assert not np.isnan(curve.values[:, 0]).any()

    def test_is_no_matter_if_another_image_holds_it(self, name, shape, boundary):
        labels = np.random.default_rng(0).integers(0, 3, (2, *shape))
        labels[0] = 4
        curve = measure(name, labels, phase=1, boundary=boundary)
        assert np.nanmax(curve.values[0]) == 0
        assert curve.values[1, 0] == (labels[1] == 1).mean()


def numbers(found):
    """All that a characterisation holds, as one list of arrays."""
    pores = [] if found.pores is None else [found.pores.image, *found.pores.properties.values()]
    curves = [curve.values for curve in found.curves.values()]
    return [found.phase_fractions, *curves, *(one.values for one in found.scalars.values()), *pores]


def assert_alike(one, other, rtol=0.0):
    for left, right in zip(numbers(one), numbers(other), strict=True):
        np.testing.assert_allclose(left, right, rtol=rtol, atol=0)


def takes(name, boundary):
    """Whether a descriptor is measured of a mask."""
    return not (name == "chord_length" and boundary == "periodic")


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(
    ("name", "shape"), [(k, s) for k in KNOWN for s in ((7, 9), (5, 6, 7)) if len(s) in KNOWN[k].dims]
)
class TestEveryKnownDescriptor:
    def images(self, shape, n=2):
        return gaussian_field(shape, phi=0.7, sigma=1.2, n=n, seed=3)

    def test_of_a_mask_of_ones_is_that_of_no_mask(self, name, shape, boundary):
        images = self.images(shape)
        ones = np.ones(shape, bool)
        if not takes(name, boundary):
            with pytest.raises(RaysysError, match="chords have a mask; allowed with a mask: open"):
                characterise(images, (name,), boundary=boundary, mask=ones)
            return
        whole = characterise(images, (name,), boundary=boundary)
        # Correlations are a share of what the mask has room for, by a division of its own.
        rtol = 0.0 if KNOWN[name].gives != "curve" else 1e-14
        for mask in (ones, ones[None], np.ones(images.shape, np.uint8)):
            assert_alike(characterise(images, (name,), boundary=boundary, mask=mask), whole, rtol)

    def test_sees_nothing_outside_the_mask(self, name, shape, boundary):
        images, mask = self.images(shape), np.ones(shape, bool)
        mask[:, -2:] = mask[0, 0] = False
        if takes(name, boundary):
            one = characterise(images, (name,), boundary=boundary, mask=mask)
            other = characterise(np.where(mask, images, 1 - images), (name,), boundary=boundary, mask=mask)
            assert_alike(one, other)

    def test_of_a_phase_that_is_missing_is_not_a_number(self, name, shape, boundary):
        labels = 2 * self.images(shape)
        for mask in (None, np.ones(shape, bool)) if takes(name, boundary) else (None,):
            with pytest.warns(UserWarning, match="phase 1 does not occur"):
                found = characterise(labels, (name,), boundary=boundary, mask=mask)
            assert all(np.isnan(values).all() for values in numbers(found))

    def test_measures_one_image_as_it_measures_many(self, name, shape, boundary):
        images = self.images(shape, n=3)
        many, one = (characterise(some, (name,), boundary=boundary) for some in (images, images[1:2]))
        if KNOWN[name].gives != "pores":
            assert_alike(one, many.subset([1]))
        else:
            assert one.pores.count == (many.pores.image == 1).sum()

    def test_takes_arrays_however_they_lie_in_memory(self, name, shape, boundary):
        images = self.images(shape)
        wide = np.repeat(images, 2, axis=-1).astype(np.int64)
        for other in (np.asfortranarray(images), wide[..., ::2], images[..., ::-1].copy()[..., ::-1]):
            whole = characterise(images, (name,), boundary=boundary)
            assert_alike(characterise(other, (name,), boundary=boundary), whole)

    def test_takes_tiny_images(self, name, shape, boundary):
        for tiny in (
            (2,) * len(shape),
            (1,) * (len(shape) - 1) + (5,),
            (5,) + (1,) * (len(shape) - 1),
            (1,) * len(shape),
        ):
            images = np.zeros((1, *tiny), np.uint8)
            images.flat[::2] = 1
            found = characterise(images, (name,), boundary=boundary)
            assert found.shape == tiny
            assert found.phase_fractions[0] == images.mean()
            if takes(name, boundary):
                assert_alike(characterise(images, (name,), boundary=boundary, mask=np.ones(tiny, bool)), found, 1e-14)
