"""`raysys assess textures`: a table, sentences and files of a quilt and a copy; and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from support.textures import stripes
from typer.testing import Result

from raysys.data import write_images
from raysys.synthesis import quilt

Run = Callable[..., Result]
QUICK = ("--sides", "16", "--patches", "8", "--weights", "random", "--linear", "unit")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    source = stripes(40, colour=True)
    write_images(tmp_path / "source.png", source[None], kind="colour")
    made = np.stack([quilt(source, (48, 48), seed=seed, block=16).image for seed in (0, 1)])
    write_images(tmp_path / "more", made, kind="colour")
    write_images(tmp_path / "grey.png", source[None, ..., 0], kind="grey")
    return tmp_path


def test_pictures_are_judged_and_all_is_written(files: Path, raysys: Run):
    result = raysys(
        "assess", "textures", files / "source.png", f"cut={files / 'source.png'}", files / "more", *QUICK,
        "-o", files / "out",
    )  # fmt: skip
    assert "patch distance: VGG-16 of random:0; all channels count the same" in result.stdout
    assert "disjoint floor" in result.stdout
    assert "cut has patch distance 0.000 at 16 pixels" in result.stdout
    assert "copies its source verbatim in one piece of 100 % of the picture" in result.stdout
    held = json.loads((files / "out" / "scores.json").read_text())
    assert list(held["pictures"]) == ["cut", "more-0", "more-1"]
    assert held["pictures"]["cut"]["patch_distance_16"] == 0
    assert (files / "out" / "scores.csv").read_text().startswith("picture,rows,columns,patch_distance_16,")
    assert "<title>Pictures of source.png</title>" in (files / "out" / "textures.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("source.png", "none.png"), "none.png"),
        (("source.png", "source.png", "a=more", "a=grey.png"), "there is a set a already"),
        (("source.png", "grey.png"), "grey.png holds an array of shape (40, 40) and no colours"),
        (("source.png", "grey.png", "--sides", "64,x"), "--sides 64,x: allowed: whole numbers of pixels"),
        (("grey.png", "grey.png", "--kind", "binary"), "has more than two values"),
        (("more", "source.png"), "more holds 2 images; allowed: one source"),
        (
            ("source.png", "source.png", "--kind", "colour", "--weights", "nothing.npz"),
            "VGG-16's weights were not found",
        ),
    ],
)
def test_mistakes_are_told_in_a_sentence(
    files: Path, refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], words: str
):
    monkeypatch.chdir(files)
    assert words in refused("assess", "textures", *arguments)
