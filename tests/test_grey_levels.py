"""One grey scale for images of many exposures: the limits of an image that is seen in bands are those of the whole."""

import numpy as np
import pytest

from raysys.grey_levels import grey_limits, grey_limits_of_bands

RANDOM = np.random.default_rng(0)
IMAGES = {
    "uint8": RANDOM.integers(0, 256, (97, 61)).astype(np.uint8),
    "few": RANDOM.integers(0, 3, (40, 31)).astype(np.uint8),
    "uint16": RANDOM.gamma(2, 3000, (97, 61)).clip(0, 65535).astype(np.uint16),
    "int32": (RANDOM.normal(0, 1e6, (50, 77))).astype(np.int32),
    "float32": RANDOM.normal(0, 1, (97, 61)).astype(np.float32),
    "float64": RANDOM.normal(3, 1e-3, (33, 35)),
    "tiny": np.array([[-0.0, 3.5]], np.float32),
    "bool": RANDOM.random((20, 20)) < 0.3,
}


@pytest.mark.parametrize("scale", ["percentiles", "stored"])
@pytest.mark.parametrize("name", IMAGES)
def test_limits_of_bands_are_those_of_the_whole_image(name: str, scale):
    image = IMAGES[name]
    found = grey_limits_of_bands(lambda: (image[start : start + 7] for start in range(0, len(image), 7)), scale)
    assert found == grey_limits(image, scale)
