"""Several exemplars at once: patches of any of them, places of their own, sentences for what cannot be mixed."""

import numpy as np
import pytest
import torch
from support.textures import SHORT, few_channels, plan, stripes

from raysys.errors import RaysysError
from raysys.losses import GuidedCorrespondence, PatchSettings
from raysys.synthesis import METHODS, Copies, order_of, synthesise
from raysys.synthesis.descent import Plan
from raysys.synthesis.exemplar import Exemplar
from raysys.synthesis.order import SynthesisOrder


def together(method: str = "guided-correspondence", *, binary: bool = False) -> Plan:
    """Stripes and, of another size, their negative."""
    images = [stripes(), 1 - 0.5 * stripes(40, seed=1)]
    if binary:
        images = [(image > level).astype(np.uint8) for image, level in zip(images, (0.8, 0.6), strict=True)]
    first, other = (Exemplar.of(image) for image in images)
    return Plan(first, (48, 56), method, SHORT, 3, False, few_channels(), others=(other,))


@pytest.mark.parametrize("method", [one for one in METHODS if one != "patch-match"])
def test_every_method_takes_several_exemplars(method: str):
    made = SynthesisOrder(together(method), 1).begin(0)
    made.advance(float("inf"))
    alone = SynthesisOrder(plan(size=(48, 56), method=method), 1).begin(0)
    alone.advance(float("inf"))
    assert made.result().image.shape == (48, 56)
    assert not np.array_equal(made.result().image, alone.result().image)


def test_a_quilt_has_pixels_of_all_of_them():
    # Of the same distribution, but without a value in common.
    noise = np.random.default_rng(0).permutation(2500)
    images = [(noise[:900].reshape(30, 30) + 0.25) / 2501, (noise[900:].reshape(40, 40) + 0.75) / 2501]
    made = set(synthesise(images, 64, method="quilting").image.ravel())
    values = [set(image.astype(np.float32).ravel()) for image in images]
    assert made <= values[0] | values[1]
    assert made & values[0]
    assert made & values[1]


def test_the_phase_fraction_is_that_of_all_pixels():
    wanted = together(binary=True)
    held = [wanted.exemplar.image, wanted.others[0].image]
    fraction = sum(int(one.sum()) for one in held) / sum(one.size for one in held)
    job = SynthesisOrder(wanted, 1).begin(0)
    job.advance(float("inf"))
    assert job.result().image.mean() == pytest.approx(fraction, abs=0.5 / job.result().image.size)


def test_a_second_image_is_found_where_it_fits_better():
    """The distance to the nearest patch is nothing for features of either image, and each has places of its own."""
    generator = torch.Generator().manual_seed(0)
    small, large = (torch.randn(4, side, side, generator=generator) for side in (10, 14))
    settings = PatchSettings(reduce="mrf", patch=3, stride=1, occurrence=0.0)
    both = GuidedCorrespondence([small, large], settings)
    for features in (small, large):
        assert both(features[None]).item() == pytest.approx(0, abs=1e-6)
    assert GuidedCorrespondence([small], settings)(large[None]).item() > 0.1
    counting = GuidedCorrespondence([small, large], PatchSettings(patch=3, stride=1, memory=0.5))
    counting(large[None])
    table = counting.use.table
    assert table is not None
    # 8 x 8 and 12 x 12 places; all uses were of the second image's.
    assert int((table > 1).sum()) == 144
    assert int((table == 0.5).sum()) == 64


def test_what_cannot_be_mixed_is_refused():
    with pytest.raises(RaysysError, match=r"exemplars together are grey and colour; allowed: all of one kind"):
        order_of([stripes(), stripes(colour=True)], 32, method="quilting")
    with pytest.raises(RaysysError, match=r"2 exemplars together with maps, copies or .* allowed: one exemplar"):
        order_of([stripes(), stripes(seed=1)], 32, method="quilting", copies=Copies(flips=True))
    with pytest.raises(RaysysError, match="patch-match knows one exemplar; allowed: any other method"):
        order_of([stripes(), stripes(seed=1)], 32, method="patch-match")
    with pytest.raises(RaysysError, match="no exemplar; allowed: one image, or several"):
        order_of([], 32)


def test_another_companion_is_another_order():
    one, other = (order_of([stripes(), stripes(seed=seed)], 32, method="quilting")[0] for seed in (1, 2))
    assert one.signature().keys() == other.signature().keys()
    assert one.signature()["together"] != other.signature()["together"]
    alone = order_of(stripes(), 32, method="quilting")[0].signature()
    assert alone["together"] not in (one.signature()["together"], other.signature()["together"])
