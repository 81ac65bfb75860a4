"""What a card says of images, and what follows from it."""

import pytest
from pydantic import ValidationError

from raysys import RaysysError
from raysys.form import Form
from raysys.models import ImagesCard

PHASES = ("pore", "clay", "quartz", "pyrite")


@pytest.mark.parametrize(
    ("told", "form", "channels"),
    [
        ({"shape": (8, 6)}, Form("binary", (8, 6)), 1),
        ({"kind": "grey", "shape": (8, 6)}, Form("grey", (8, 6)), 1),
        ({"kind": "colour", "shape": (8, 6, 4)}, Form("colour", (8, 6, 4)), 3),
        ({"kind": "labels", "shape": (8, 6), "phases": PHASES}, Form("labels", (8, 6), PHASES), 4),
    ],
)
def test_channels_follow_from_the_kind_and_are_written_down(told, form, channels):
    card = ImagesCard(**told)
    assert card.form == form
    assert card.model_dump(mode="json")["channels"] == channels == form.channels
    assert ImagesCard.model_validate_json(card.model_dump_json()) == card


def test_channels_that_do_not_fit_the_kind_are_refused():
    with pytest.raises(ValidationError, match="colour images have 3 channels, and not 1"):
        ImagesCard(kind="colour", shape=(8, 8), channels=1)


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"kind": "labels", "shape": (8, 8)}, "labels images with 0 named phases"),
        ({"kind": "grey", "shape": (8, 8), "phases": PHASES}, "grey images with 4 named phases"),
        ({"shape": (8,)}, "allowed: two or three axes"),
    ],
)
def test_forms_that_are_none_are_refused(told, words):
    with pytest.raises(RaysysError, match=words):
        ImagesCard(**told)


@pytest.mark.parametrize("told", [{"kind": "video", "shape": (8, 8)}, {"shape": "large"}, {}])
def test_a_wrong_field_is_named_first(told):
    with pytest.raises(ValidationError) as caught:
        ImagesCard(**told)
    assert caught.value.errors()[0]["loc"] == ("kind" if "kind" in told else "shape",)
