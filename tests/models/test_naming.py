"""What models are called where no other name was given."""

import pytest

from raysys.models.naming import called


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("trained:gravel", "gravel"),
        ("models:/rock/3", "rock"),
        ("models:/rock@champion", "rock"),
        ("rock", "rock"),
        ("runs/gravel/train-001/model", "model"),
        ("/data/out/", "out"),
    ],
)
def test_a_model_is_called_by_its_own_name(uri: str, name: str):
    assert called(uri) == name
