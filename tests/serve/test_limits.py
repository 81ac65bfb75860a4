import pickle

import pytest
from pydantic import ValidationError

from raysys.errors import RaysysError
from raysys.serve import Limits
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import MAX_SEED, SampleRequest

LIMITS = Limits(max_n=4, max_side=100, max_pixels=5000, max_pixels_per_request=8000)


def test_pixels_are_counted():
    assert LIMITS.check(2, (40, 50)) == 4000
    assert LIMITS.check(1, (10, 10, 10)) == 1000
    assert LIMITS.check(2, (10, 10), channels=3) == 600


@pytest.mark.parametrize(
    ("n", "shape", "allowed"),
    [(5, (8, 8), "1 to 4"), (1, (101, 8), "up to 100"), (1, (80, 80), "up to 5000"), (4, (50, 50), "n = 3")],
)
def test_a_refusal_names_what_is_allowed(n: int, shape: tuple[int, int], allowed: str):
    with pytest.raises(RefusedError, match=allowed):
        LIMITS.check(n, shape)


def test_channels_count_as_pixels():
    with pytest.raises(RefusedError, match=r"size 50 x 50 has 2500 pixels in 3 channels; .* up to 1666 per image"):
        LIMITS.check(1, (50, 50), channels=3)
    with pytest.raises(RefusedError, match=r"4 images of 40 x 20 have 3200 pixels in 3 .* up to 2666 .* that is n = 3"):
        LIMITS.check(4, (40, 20), channels=3)


def test_a_refusal_survives_the_way_between_replicas():
    sent = pickle.loads(pickle.dumps(RefusedError("no", 404, "unknown_model")))
    assert (str(sent), sent.status, sent.code) == ("no", 404, "unknown_model")
    assert isinstance(sent, RaysysError)


def test_limits_refuse_misspelt_fields_and_zero():
    with pytest.raises(ValidationError):
        Limits(max_images=3)
    with pytest.raises(ValidationError):
        Limits(max_n=0)


def test_a_request_is_one_png_by_default():
    request = SampleRequest()
    assert (request.n, request.seed, request.format) == (1, None, "png")


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 0},
        {"seed": -1},
        {"seed": MAX_SEED + 1},
        {"size": 0},
        {"size": [16, -1]},
        {"format": "gif"},
        {"descriptors": ["S3"]},
        {"sede": 1},
        {"origin": [0.5, 0]},
    ],
)
def test_a_request_refuses(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        SampleRequest.model_validate(wrong)
