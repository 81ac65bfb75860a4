"""YAML that would unfold without end."""

from __future__ import annotations

import pytest
import yaml

from raysys.modest_yaml import load_yaml

LAUGHS = "a: &a [lol,lol,lol,lol,lol,lol,lol,lol,lol,lol]\n" + "".join(
    f"{name}: &{name} [{','.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (LAUGHS, "line 5: more than 100,000 values"),
        ("[" * 5000 + "]" * 5000, "line 1: nested more than 50 deep"),
        ("a: " * 3 + "1", "mapping values are not allowed here"),
        ("a: &a [1, *a]", "line 1: \\*a stands for nothing that ends before it"),
        ("a: *b", "line 1: \\*b stands for nothing"),
        ("x" * 10_000_001, "10000001 characters"),
        ("[" + "1," * 100_001 + "]", "more than 100,000 values"),
    ],
)
def test_what_nobody_has_written_by_hand_is_refused(text: str, sentence: str):
    with pytest.raises(yaml.YAMLError, match=sentence):
        load_yaml(text)


@pytest.mark.parametrize(
    "text",
    ["{a: &a {x: [1, 2]}, b: *a, c: [*a, *a]}", "a: &n 3\nb: *n\n<<: &m {c: 1}\n", "3", "", "- [[[]]]", "a: 1e-4"],
)
def test_other_texts_mean_what_they_mean_elsewhere(text: str):
    assert load_yaml(text) == yaml.safe_load(text)
