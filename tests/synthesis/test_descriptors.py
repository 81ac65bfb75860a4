"""Microstructures by descent on descriptors: terms are the exact functions, fractions are exact, phases and volumes."""

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage

from raysys import farm, stats
from raysys.errors import RaysysError
from raysys.synthesis import descriptor_terms
from raysys.synthesis.descriptor_order import DescriptorOrder
from raysys.synthesis.descriptor_target import NAMES, DescriptorTarget


def blobs(shape: tuple[int, ...] = (64, 64), *, phases: int = 2, seed: int = 0) -> np.ndarray:
    """Smoothed noise cut at its quantiles."""
    smooth = ndimage.gaussian_filter(np.random.default_rng(seed).standard_normal(shape), 2.0, mode="wrap")
    cuts = np.quantile(smooth, np.linspace(0.4, 1, phases, endpoint=False))
    return np.searchsorted(np.sort(cuts), smooth).clip(0, phases - 1).astype(np.uint8)


def made(order: DescriptorOrder, number: int = 0) -> np.ndarray:
    job = order.begin(number)
    job.advance(float("inf"))
    return job.result().image


@pytest.mark.parametrize("name", NAMES)
def test_a_term_of_an_image_is_the_exact_periodic_descriptor(name: str):
    image = blobs((28, 24))
    (term,) = DescriptorTarget.of(image, {name: 1.0}, r_max=8).terms
    found = term.of(torch.from_numpy(image.astype(np.float32))).numpy()
    if name == "map":
        wanted = stats.autocorrelation(image[None], r_max=4)[0]
    elif name in ("S2", "L"):
        measure = stats.two_point if name == "S2" else stats.lineal_path
        wanted = measure(image[None], r_max=8, boundary="periodic").mean
    else:
        wanted = stats.polytope(image[None], name, r_max=8, boundary="periodic").mean
    assert found.shape == term.values.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_descent_comes_nearer_than_noise_and_keeps_the_fraction():
    image = blobs()
    target = DescriptorTarget.of(image, {"S2": 1.0, "L": 0.5}, r_max=12)
    order = DescriptorOrder(target, (48, 56), steps=80)
    job = order.begin(0)
    noise = job.result().image
    job.advance(float("inf"))
    found = job.result().image
    wanted = stats.two_point(image[None], r_max=12).mean

    def error(one: np.ndarray) -> float:
        return float(np.square(stats.two_point(one[None], r_max=12, boundary="periodic").mean - wanted).mean())

    assert error(found) < 0.1 * error(noise)
    for one in (noise, found):
        assert int(one.sum()) == round(image.mean() * one.size)
    assert not np.array_equal(found, made(order, 1))
    assert np.array_equal(found, made(order))


def test_several_phases_each_have_their_fraction():
    image = blobs(phases=3) + 4
    target = DescriptorTarget.of(image, {"S2": 1.0}, r_max=8)
    assert target.values == (4, 5, 6)
    found = made(DescriptorOrder(target, (40, 40), steps=40))
    for value, fraction in zip(target.values, target.fractions, strict=True):
        assert (found == value).sum() == pytest.approx(fraction * found.size, abs=1)


def test_a_volume_from_a_section():
    image = blobs()
    target = DescriptorTarget.of(image, {"S2": 1.0}, r_max=8)
    order = DescriptorOrder(target, (20, 22, 24), steps=40)
    job = order.begin(0)
    job.advance(float("inf"))
    volume, wanted = job.result().image, stats.two_point(image[None], r_max=8).mean
    assert volume.shape == (20, 22, 24)
    curve = stats.two_point(volume[None], r_max=8, boundary="periodic").mean
    assert np.abs(curve - wanted).max() < 0.25 * (wanted[0] - wanted[-1])
    assert int(volume.sum()) == round(image.mean() * volume.size)


@pytest.mark.parametrize("name", NAMES)
def test_terms_of_sections_are_those_of_all_slices_in_each_direction(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(descriptor_terms, "AT_ONCE", 1000)  # of 400 to 500 pixels a slice: parts of two
    volume = blobs((20, 22, 24))
    target = DescriptorTarget.of_sections([blobs((30, 28))], {name: 3.0}, r_max=6)
    assert [(term.axis, term.weight) for term in target.terms] == [(0, 1.0), (1, 1.0), (2, 1.0)]
    for term in target.terms:
        x = torch.from_numpy(volume.astype(np.float32)).requires_grad_()
        found = term.of(x)
        slices = np.ascontiguousarray(np.moveaxis(volume, term.axis, 0))
        if name == "map":
            wanted = stats.autocorrelation(slices, r_max=3).mean(0)
        elif name in ("S2", "L"):
            curves = stats.characterise(volume[None], (f"{name}_axis{term.axis}",), r_max=6, boundary="periodic")
            wanted = curves.mean_curves()[f"{name}_axis{term.axis}"]
        else:
            wanted = stats.polytope(slices, name, r_max=6, boundary="periodic").mean
        assert found.shape == term.values.shape
        np.testing.assert_allclose(found.detach().numpy(), wanted, atol=1e-5)
        monkeypatch.setattr(descriptor_terms, "AT_ONCE", 10**9)
        whole = torch.from_numpy(volume.astype(np.float32)).requires_grad_()
        for one in (x, whole):
            term.error(one).backward()
        torch.testing.assert_close(x.grad, whole.grad, rtol=1e-3, atol=1e-6)
        monkeypatch.setattr(descriptor_terms, "AT_ONCE", 1000)


def test_three_sections_say_of_an_axis_what_both_that_hold_it_say():
    sections = [blobs((40, 44), seed=0), blobs((42, 44), seed=1), blobs((42, 40), seed=2)]
    target = DescriptorTarget.of_sections(sections, {"L": 1.0, "P4": 1.0}, r_max=6)
    along = [stats.characterise(one[None], ("L_axis0", "L_axis1"), r_max=6).mean_curves() for one in sections]
    wanted = [(along[1]["L_axis0"], along[2]["L_axis0"]), (along[0]["L_axis0"], along[2]["L_axis1"])]
    wanted += [(along[0]["L_axis1"], along[1]["L_axis1"])]
    for term, pair in zip(target.terms[:3], wanted, strict=True):
        np.testing.assert_allclose(term.values, np.mean(pair, axis=0), rtol=1e-5)
    for term, section in zip(target.terms[3:], sections, strict=True):
        np.testing.assert_allclose(term.values, stats.polytope(section[None], "P4", r_max=6).mean, rtol=1e-5)


def test_slices_in_every_direction_come_near_the_section():
    image = blobs()
    target = DescriptorTarget.of_sections([image], {"S2": 1.0}, r_max=8)
    volume, wanted = made(DescriptorOrder(target, (18, 20, 18), steps=40)), stats.two_point(image[None], r_max=8).mean
    for axis in range(3):
        slices = np.moveaxis(volume, axis, 0)
        curves = stats.characterise(slices, ("S2_axis0", "S2_axis1"), r_max=8, boundary="periodic")
        for curve in curves.mean_curves().values():
            assert np.abs(curve - wanted).max() < 0.25 * (wanted[0] - wanted[-1])


def test_a_network_looks_at_the_same_slices_after_an_interruption():
    target = DescriptorTarget.of_sections([blobs((32, 32))], {"S2": 1.0, "gram": 1.0}, r_max=5)
    order = DescriptorOrder(target, (16, 16, 16), steps=3)
    whole, job = order.begin(0), order.begin(0)
    whole.advance(float("inf"))
    job.advance(0.0)  # one step, and the rest after an interruption
    job = order.resume(0, job.state())
    job.advance(float("inf"))
    assert job.losses == whole.losses
    assert np.array_equal(job.result().image, whole.result().image)


def test_what_a_network_sees_of_the_section_itself_is_no_error():
    image = np.broadcast_to(np.arange(32)[:, None] // 4 % 2, (32, 32)).astype(np.uint8)  # repeats itself, as made
    (term,) = DescriptorTarget.of(image, {"gram": 1.0}).terms
    soft = [torch.from_numpy(one.astype(np.float32)) for one in (image, np.ascontiguousarray(image.T), 0 * image)]
    same, turned, empty = (float(term.error(one)) for one in soft)
    assert same < 0.1 * turned
    assert same < 0.1 * empty


def test_known_pixels_stay():
    image = blobs()
    known = np.full((48, 48), -1)
    known[10:30, 5:25] = image[10:30, 5:25]
    target = DescriptorTarget.of(image, {"S2": 1.0}, r_max=8)
    found = made(DescriptorOrder(target, (48, 48), steps=30, known=known))
    assert np.array_equal(found[known >= 0], known[known >= 0])
    assert int(found.sum()) == round(image.mean() * found.size)


def test_a_folder_goes_on_to_the_same_structure(tmp_path: Path):
    order = DescriptorOrder(DescriptorTarget.of(blobs(), {"S2": 1.0}, r_max=8), (32, 32), steps=6)
    made_there = farm.run(order, 2, checkpoint_folder=tmp_path, patience=farm.Patience(checkpoint=0))
    assert [np.array_equal(one.image, made(order, number)) for number, one in enumerate(made_there)] == [True, True]
    with pytest.raises(RaysysError, match=r"holds structures of other settings \(steps 6 there, 7 here\)"):
        farm.run(DescriptorOrder(order.target, (32, 32), steps=7), 2, checkpoint_folder=tmp_path)


def test_what_cannot_be_asked_for_is_refused():
    with pytest.raises(RaysysError, match="descriptors are P9; allowed: S2, L, P3H"):
        DescriptorTarget.of(blobs(), {"P9": 1.0})
    with pytest.raises(RaysysError, match="descriptors have weights S2:-1; allowed: numbers above 0"):
        DescriptorTarget.of(blobs(), {"S2": -1.0})
    with pytest.raises(RaysysError, match="float64 with 4096 values; allowed: whole numbers of 2 to 8 phases"):
        DescriptorTarget.of(np.random.default_rng(0).random((64, 64)), {"S2": 1.0})
    target = DescriptorTarget.of(blobs(), {"S2": 1.0, "map": 1.0}, r_max=10)
    with pytest.raises(RaysysError, match="shape 16 x 40 with lags up to 10; allowed: two or three sides"):
        DescriptorOrder(target, (16, 40))
    with pytest.raises(RaysysError, match="sections of 64 x 64, 64 x 64; allowed: one flat image, or three"):
        DescriptorTarget.of_sections([blobs()] * 2, {"S2": 1.0})
    with pytest.raises(RaysysError, match=r"the sections have 0\.\d+, 0\.\d+, 0\.\d+ of phase"):
        DescriptorTarget.of_sections([blobs(), 1 - blobs(), blobs()], {"S2": 1.0})
    with pytest.raises(RaysysError, match="shape 30 x 30 of a target from sections; allowed: three sides"):
        DescriptorOrder(DescriptorTarget.of_sections([blobs()], {"S2": 1.0}, r_max=10), (30, 30))
    with pytest.raises(RaysysError, match="the map of a section says nothing of a volume"):
        DescriptorOrder(target, (30, 30, 30))
