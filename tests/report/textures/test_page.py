"""The page about textures: its words and numbers, its maps, and how it looks in a browser."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from support.chromium import browsing, chromium
from support.pages import Page
from support.textures import stripes

from raysys.assess import TextureScores, textures
from raysys.report.textures.page import texture_page
from raysys.report.textures.pictures import place_colours
from raysys.synthesis import quilt


@pytest.fixture(scope="module")
def scores() -> TextureScores:
    source = stripes(48, colour=True)
    made = {"cut <b>": source[4:40, 8:44], "quilt": quilt(source, (60, 72), seed=0, block=20).image}
    return textures(source, made, sides=(16,), patches=12, weights="random", linear="unit")


@pytest.fixture(scope="module")
def path(scores: TextureScores, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "textures.html"
    texture_page(file, scores, title="Stripes")
    return file


def test_the_page_says_what_the_scores_say(path: Path, scores: TextureScores):
    page = Page(path)
    assert page.titles() == [
        "In words", "Pictures and their nearest sources", "Three numbers together", "Nearness", "Copying and coverage",
        "Seams", "Protocol",
    ]  # fmt: skip
    words = " ".join(page.text.split())
    assert all(sentence in words for sentence in scores.sentences.values())
    assert "patch distance, 16 px" in words
    assert "LPIPS, 16 px" not in words
    assert scores.weights in words
    for one in scores.pictures.values():
        assert f"{one.copying.coverage:.4f}" in words


def test_a_crop_has_the_colours_of_the_key(path: Path):
    pictures = {
        name: np.array(Image.open(io.BytesIO(png)).convert("RGB")) for name, png in Page(path).pictures().items()
    }
    key, mapped = pictures["key"], pictures["cut <b>, nearest sources"]
    assert key.shape == (48, 48, 3)
    # Inside its black outline the map of a crop is the key from the crop's corner on.
    assert (mapped[1:-1, 1:-1] == key[5:33, 9:37]).all()
    assert (mapped[0] == 0).all()


def test_colours_tell_places_apart():
    places = np.stack(np.meshgrid(np.arange(64), np.arange(64), indexing="ij"), axis=-1)
    assert len(np.unique(place_colours(places, (64, 64)).reshape(-1, 3), axis=0)) > 0.9 * 64 * 64


@pytest.mark.browser
def test_the_page_fits_a_desk_and_a_phone(path: Path, tmp_path: Path):
    chromium()
    with browsing(tmp_path / "profile") as tab:
        for width in (1280, 390):
            tab.size(width, 900)
            tab.open(path.as_uri())
            assert tab.run("document.documentElement.scrollWidth") <= width
            assert tab.run("[...document.images].every(one => one.naturalWidth > 0)")
        assert tab.errors == []
