"""`raysys sample` of models of many textures: names, codes, examples, ways between two, maps of codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.tiny_models import dts, multi_texture
from typer.testing import Result

from raysys.models import GenerativeModel, load, save_model

Run = Callable[..., Result]
Refused = Callable[..., str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = multi_texture()
    place = tmp_path_factory.mktemp("saved") / "model"
    save_model(place, made, preview=made.sample(1))
    return place


@pytest.fixture
def model(folder: Path) -> GenerativeModel:
    found = load(folder)
    assert isinstance(found, GenerativeModel)
    return found


def drawn(raysys: Run, folder: Path, *options: object) -> np.ndarray:
    result = raysys("sample", folder, "-o", "out.npy", *options)
    assert result.exit_code == 0, result.output
    return np.load("out.npy")


def test_names_and_codes_are_drawn(raysys: Run, folder: Path, model: GenerativeModel):
    np.testing.assert_array_equal(drawn(raysys, folder, "--texture", "brick"), model.sample(1, condition="brick"))
    both = drawn(raysys, folder, "--texture", "gravel,brick", "-n", 2, "--size", "24", "40", "--seed", 3)
    np.testing.assert_array_equal(both, model.sample(2, seed=3, size=(24, 40), condition=["gravel", "brick"]))
    np.testing.assert_array_equal(drawn(raysys, folder, "--code", "-0.3,1.2"), model.sample(1, condition=[-0.3, 1.2]))


def test_a_code_beyond_the_prior_is_said_and_drawn(raysys: Run, folder: Path):
    result = raysys("sample", folder, "-o", "out.npy", "--code", "7,0")
    assert result.exit_code == 0
    assert "learned codes from -3 to 3" in result.stderr


def test_more_of_what_an_example_shows(raysys: Run, folder: Path, model: GenerativeModel):
    picture = (np.random.default_rng(0).random((30, 44, 3)) * 255).astype(np.uint8)
    Image.fromarray(picture).save("photo.png")
    code = model.encode(picture[None].astype(np.float32) / 255)[0]
    result = raysys("sample", folder, "-o", "out.npy", "--like", "photo.png")
    assert result.exit_code == 0, result.output
    assert f"photo.png has the code {','.join(f'{value:.4g}' for value in code)}; the nearest" in result.stderr
    np.testing.assert_allclose(np.load("out.npy"), model.sample(1, condition=code), atol=1e-5)


def test_the_way_between_two_is_of_one_seed(raysys: Run, folder: Path, model: GenerativeModel):
    way = drawn(raysys, folder, "--between", "brick", "2,0.25", "--steps", 5, "--seed", 8)
    assert len(way) == 5
    for place, expected in ((0, "brick"), (4, "gravel"), (2, [1.25, -0.375])):
        np.testing.assert_array_equal(way[place], model.sample(1, seed=8, condition=expected)[0])


def test_a_map_of_codes_has_its_values_first_or_last(raysys: Run, folder: Path, model: GenerativeModel):
    values = np.random.default_rng(0).normal(size=(2, 4, 5)).astype(np.float32)
    expected = model.sample(1, size=(32, 40), condition={"values": values})
    for name, array in (("first", values), ("last", np.moveaxis(values, 0, -1))):
        np.save(f"{name}.npy", array)
        np.testing.assert_array_equal(drawn(raysys, folder, "--codes", f"{name}.npy", "--size", 32, 40), expected)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--texture", "bricks"], "did you mean brick? allowed: brick, gravel"),
        (["--code", "a,b"], "--code a,b: write a code's values with commas between them, as 0.3,-1.2"),
        (["--code", "1,2,3"], "texture of shape (3,)"),
        (["--texture", "brick", "--code", "1,2"], "--texture and --code each say what is made; give one of them"),
        (["--texture", "brick", "--condition", "texture=1,2"], "each say what is made"),
        (["--between", "brick", "gravle"], "did you mean gravel?"),
        (["--like", "none.png"], "none.png does not exist"),
        (["--like", "grey.png"], "--like grey.png: "),
        (["--codes", "none.npy"], "--codes none.npy: cannot be read as npy"),
        (["--like", "grey.png", "--url", "http://127.0.0.1:9"], "--like needs the model itself; leave --url out"),
    ],
)
def test_what_cannot_be_asked_is_told(refused: Refused, folder: Path, options: list[str], words: str):
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save("grey.png")
    assert words in refused("sample", folder, "-o", "out.npy", *options)


def test_a_card_says_what_can_be_asked_for(raysys: Run, folder: Path):
    said = raysys("models", "show", folder).stdout
    assert "texture, a code of 2 values, or a name: brick, gravel; any if not asked" in said


def test_models_without_codes_say_so(refused: Refused, model_folder: Path):
    for option in (["--texture", "brick"], ["--between", "a", "b"], ["--like", "x.png"]):
        assert "has no codes of textures; --texture, --code" in refused("sample", model_folder, "-o", "a.npy", *option)


def test_textures_without_codes_are_named_too(raysys: Run, refused: Refused, tmp_path: Path):
    made = dts()
    save_model(tmp_path / "selected", made, preview=made.sample(1))
    expected = made.sample(2, seed=1, condition=["sand", "brick"])
    np.testing.assert_array_equal(
        drawn(raysys, tmp_path / "selected", "--texture", "sand,brick", "-n", 2, "--seed", 1), expected
    )
    assert "has no codes of textures" in refused("sample", tmp_path / "selected", "-o", "out.npy", "--code", "1,2")
    assert "did you mean sand" in refused("sample", tmp_path / "selected", "-o", "out.npy", "--texture", "snad")
