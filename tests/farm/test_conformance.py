"""What every order must keep to, of all orders that there are: a toy, annealing, textures of one image and of two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import textures
from support.walking import Stroll

from raysys.anneal import Known, Schedule, Target
from raysys.anneal.order import AnnealingOrder
from raysys.farm import Order
from raysys.farm.conformance import CHECKS
from raysys.synthesis.descriptor_order import DescriptorOrder
from raysys.synthesis.descriptor_target import DescriptorTarget


def strolling() -> Stroll:
    return Stroll(seed=3, stretches=6, pause=0.01)


def annealing() -> AnnealingOrder:
    """Coarse to fine, around known pixels."""
    coarse = np.random.default_rng(0).integers(0, 2, (12, 16), np.uint8)
    image = coarse.repeat(2, 0).repeat(2, 1)
    known = Known(image, np.arange(image.size).reshape(image.shape) % image.shape[1] < 4)
    schedule = Schedule(stages=3, moves=30_000, levels=2)
    return AnnealingOrder.of(Target.from_images(image[None], r_max=8), image.shape, schedule, 5, known)


def gallery() -> Order[Any]:
    return textures.gallery()


def synthesising() -> Order[Any]:
    return textures.order()


def descending() -> Order[Any]:
    """On S2, from a section with two phases."""
    coarse = np.random.default_rng(0).integers(0, 2, (12, 16), np.uint8)
    target = DescriptorTarget.of(coarse.repeat(3, 0).repeat(3, 1), {"S2": 1.0}, r_max=8)
    return DescriptorOrder(target, (40, 48), seed=2, steps=6)


# Another order is one more name here. A gallery is made of orders that are asked themselves.
ORDERS = [strolling, annealing, synthesising, descending, pytest.param(gallery, marks=pytest.mark.slow)]


@pytest.mark.usefixtures("ray")
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("make", ORDERS)
def test_orders_conform(check: Callable[[Order[Any], Path], None], make: Callable[[], Order[Any]], tmp_path: Path):
    check(make(), tmp_path)
