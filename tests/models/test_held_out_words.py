"""What a card's numbers against the held-out tiles mean, in words."""

import pytest

from raysys.models import ModelCard
from raysys.models.held_out_words import held_out_words

BANDS = {"mse/S2": 1e-4, "band/S2": 0.4, "band/P6": 1.62, "inside_band": 1.0}
TOPOLOGY = {"euler_error": 0.21, "parts_error": 0.9}


def card(held_out: dict[str, float]) -> ModelCard:
    return ModelCard(name="m", architecture="wgan-gp", images={"shape": (16, 16)}, held_out=held_out)


@pytest.mark.parametrize(
    ("held_out", "words"),
    [
        (
            BANDS | TOPOLOGY,
            "as among them: S2, Euler characteristic (0.21 sd off); differs: P6 (1.62 times the band), number of parts "
            "(0.9 sd off)",
        ),
        ({"band/S2": 1.0, "band/L": float("nan")}, "as among them: S2"),
        (
            {"mse/S2": 1e-4} | TOPOLOGY,
            "as among them: Euler characteristic (0.21 sd off); differs: number of parts (0.9 sd off); not told: "
            "descriptors: no band, since the regions were too few",
        ),
        (
            {"band/clay/L": 2.0, "euler_error/clay": 0.1},
            "as among them: Euler characteristic of clay (0.1 sd off); differs: clay/L (2 times the band)",
        ),
    ],
)
def test_what_is_alike_and_what_differs_is_said(held_out: dict[str, float], words: str):
    assert held_out_words(card(held_out)) == f"against tiles held out of training: {words}"


def test_nothing_is_said_where_nothing_was_measured():
    assert held_out_words(card({})) is None
