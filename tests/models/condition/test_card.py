"""Cards of conditions: four kinds, told apart by `kind`, and a number where a card is from before there were others."""

import pytest
from pydantic import TypeAdapter, ValidationError
from support.toys import CODE, INDEX, MAP, NUMBER

from raysys.models import CodeCard, ConditionCard, IndexCard, MapCard, ModelCard, NumberCard

CARDS = TypeAdapter(ConditionCard)


@pytest.mark.parametrize(
    ("told", "kind", "channels"),
    [
        (NUMBER, NumberCard, 1),
        (NUMBER | {"kind": "number"}, NumberCard, 1),
        (CODE, CodeCard, 2),
        ({"kind": "code", "name": "z", "length": 3, "low": (0, 0, 0), "high": (1, 2, 3)}, CodeCard, 3),
        (INDEX, IndexCard, 3),
        (MAP, MapCard, 2),
    ],
)
def test_a_card_is_of_the_kind_that_it_says_and_survives_json(told, kind, channels):
    card = CARDS.validate_python(told)
    assert type(card) is kind
    assert card.channels == channels
    images = {"shape": (8, 8)}
    whole = ModelCard(name="a", architecture="b", images=images, condition=told)
    read = ModelCard.model_validate_json(whole.model_dump_json())
    assert read == whole
    assert read.condition == card


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (NUMBER | {"kind": "wish"}, "does not match any of the expected tags"),
        (CODE | {"std": None}, "a prior by mean and std, or one by low and high"),
        (CODE | {"low": (0, 0), "high": (1, 1)}, "a prior by mean and std, or one by low and high"),
        (CODE | {"mean": (0, 0, 0)}, "length 2 have as many numbers"),
        (CODE | {"std": (1, 0)}, "std is above 0"),
        ({"kind": "code", "name": "z", "length": 1, "low": (1,), "high": (1,)}, "high is above low"),
        (INDEX | {"names": ("a", "a")}, "names of an index are different"),
        (INDEX | {"names": ()}, "at least 1"),
        (MAP | {"mean": (0,)}, "mean has one number for each channel"),
        (MAP | {"low": 2}, "low of a map is below high"),
        (NUMBER | {"low": float("nan")}, "finite number"),
    ],
)
def test_cards_that_make_no_sense_are_refused(told, words):
    with pytest.raises(ValidationError, match=words):
        CARDS.validate_python(told)


def test_a_code_is_usual_within_its_prior():
    low, high = CodeCard(kind="code", name="z", length=2, mean=(0, 1), std=(1, 2)).usual
    assert (low.tolist(), high.tolist()) == ([-3, -5], [3, 7])
    low, high = CodeCard(kind="code", name="z", length=1, low=(-1,), high=(2,)).usual
    assert (low.tolist(), high.tolist()) == ([-1], [2])
