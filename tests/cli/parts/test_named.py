"""Arguments of the form NAME=WHAT."""

import pytest

from raysys import RaysysError
from raysys.cli.parts.named import name_and_value, named_values

EXAMPLE = "--model NAME=URI"


@pytest.mark.parametrize(
    ("text", "parts"),
    [("a=b", ("a", "b")), ("uri=runs:/5/x=y", ("uri", "runs:/5/x=y")), ("a= b ", ("a", " b "))],
)
def test_the_first_equals_sign_parts_a_name_from_its_value(text: str, parts: tuple[str, str]):
    assert name_and_value(text, refused="") == parts


@pytest.mark.parametrize("text", ["a", "", "=", "a=", "=b"])
def test_half_of_it_is_refused_with_the_callers_sentence(text: str):
    with pytest.raises(RaysysError, match=r"^write it as a=b$"):
        name_and_value(text, refused="write it as a=b")


def test_what_has_no_name_is_called_as_it_is_by_itself():
    texts = ["trained:pores", "best=models:/rock/3", "models:/rock@champion", "runs/first/model"]
    assert named_values("--model", texts, EXAMPLE) == {
        "pores": "trained:pores",
        "best": "models:/rock/3",
        "rock": "models:/rock@champion",
        "model": "runs/first/model",
    }


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (["rock", "rock"], "rock"),
        (["trained:pores", "pores=models:/other/1"], "pores"),
        (["annealed=folder"], "annealed"),
        (["real=folder"], "real"),
    ],
)
def test_a_name_belongs_to_one(texts: list[str], name: str):
    refused = f"there is a set {name} already; give each a name of its own: {EXAMPLE}"
    with pytest.raises(RaysysError, match=refused) as raised:
        named_values("--model", texts, EXAMPLE, taken=["annealed"], reserved="real")
    assert str(raised.value).startswith(f"--model {texts[-1]}: ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("rock=", f"--model rock=: write it as {EXAMPLE}"),
        ("a/b=folder", "--model 'a/b' is not allowed; use up to 100 letters"),
        ("..", "--model '..' is not allowed"),
    ],
)
def test_names_that_cannot_stand_in_a_path_are_refused(text: str, sentence: str):
    with pytest.raises(RaysysError) as raised:
        named_values("--model", [text], EXAMPLE)
    assert str(raised.value).startswith(sentence)
