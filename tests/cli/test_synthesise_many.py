"""`raysys synthesise` of several images, of pictures by windows, and of tiles that are whole periods."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.textures import SHORT, stripes
from typer.testing import Result

from raysys.data import read_images, write_images
from raysys.models.registry import tracking_client
from raysys.synthesis import presets

Run = Callable[..., Result]
QUILT = ("--method", "quilting")


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fast preset of few steps."""
    monkeypatch.setitem(presets.PRESETS, "fast", SHORT)


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Two of one name in different folders, and a grey one."""
    files = [tmp_path / "a" / "wall.png", tmp_path / "b" / "wall.png", tmp_path / "floor.png"]
    for number, file in enumerate(files):
        file.parent.mkdir(exist_ok=True)
        write_images(file, stripes(40, colour=number < 2, seed=number)[None], kind="colour" if number < 2 else "grey")
    return files


def test_a_folder_of_pictures_with_a_run_goes_on(raysys: Run, photos: list[Path], tmp_path: Path, short: None):
    uri = f"sqlite:///{tmp_path}/runs.db"
    options = ("--size", 32, "--weights", "random", "--threads", 1)
    done = raysys("synthesise", *photos, *options, "--out", "more", "--tracking-uri", uri)
    assert done.exit_code == 0, done.output
    assert {path.name for path in Path("more").glob("*.png")} == {"wall-1.png", "wall-2.png", "floor.png"}
    run = run_of(uri)
    assert run.info.status == "FINISHED"
    assert run.data.params["method"] == "guided-correspondence"
    assert run.data.params["size"] == "32 x 32"
    history = tracking_client(uri).get_metric_history(run.info.run_id, "loss/floor")
    assert [one.step for one in history] == list(range(7))
    assert run.data.metrics["seconds/wall-1"] > 0
    again = raysys("synthesise", *photos, *options, "--out", "more", "--no-track", "--variations", 2)
    assert "more holds pictures of the same settings, so they go on: 3 ended, 0 under way" in again.stderr
    assert {"wall-1-0.png", "wall-2-1.png", "floor-0.png"} <= {path.name for path in Path("more").iterdir()}
    alone = raysys("synthesise", photos[2], *options, "-o", "alone.png")
    assert alone.exit_code == 0
    assert np.array_equal(read_images("alone.png"), read_images("more/floor-0.png"))


def run_of(uri: str) -> Any:
    """The only one."""
    client = tracking_client(uri)
    (run,) = client.search_runs([one.experiment_id for one in client.search_experiments()])
    return run


def test_one_picture_of_several_images(raysys: Run, photos: list[Path]):
    done = raysys("synthesise", *photos[:2], "--together", "--size", 48, *QUILT, "-o", "both.npy")
    assert done.exit_code == 0, done.output
    made = {tuple(pixel) for pixel in np.load("both.npy").reshape(-1, 3)}
    for photo in photos[:2]:
        assert made & {tuple(pixel) for pixel in read_images(photo, kind="colour").reshape(-1, 3)}


def test_a_picture_by_windows_is_written_part_by_part(raysys: Run, photos: list[Path]):
    done = raysys("synthesise", photos[0], "--size", 96, 136, "--window", 64, *QUILT, "-o", "large.tif")
    assert done.exit_code == 0, done.output
    assert "15 windows of 64 pixels, 16 of them around each core: about" in done.stderr
    assert "wrote large.tif (1 of 96 x 136 pixels, by 15 windows)" in done.stdout
    assert not Path("large.tif.pictures").exists()
    raysys("synthesise", photos[0], "--size", 96, 136, *QUILT, "-o", "whole.tif")
    assert np.array_equal(read_images("large.tif", kind="colour"), read_images("whole.tif", kind="colour"))


def test_what_memory_cannot_hold_is_made_by_windows_and_said(
    raysys: Run, photos: list[Path], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("raysys.synthesis.memory.available", lambda: 4e8)
    done = raysys("synthesise", photos[0], "--size", 64, *QUILT, "-o", "large.npy")
    assert "64 x 64 pixels in one piece take about 0.5 GB of memory, and 0.4 GB may be taken" in done.stderr
    assert np.load("large.npy").shape == (1, 64, 64, 3)


def test_a_tile_of_a_regular_image_is_whole_periods(raysys: Run, tmp_path: Path):
    wave = 0.5 + 0.4 * np.sin(2 * np.pi * np.arange(90) / 11)
    write_images("bars.png", np.tile(wave.astype(np.float32)[:, None], 90)[None], kind="grey")
    for name, more in (("tile.npy", ()), ("kept.npy", ("--keep-size",))):
        done = raysys("synthesise", "bars.png", "--tile", "--size", 60, *QUILT, *more, "-o", name)
        assert ("the image repeats itself (rows after 11.0 pixels), so the tile is" in done.stderr) == (not more)
        assert "step across the edges over the mean step inside" in done.stdout
    assert np.load("tile.npy").shape[1] % 11 == 0
    assert np.load("kept.npy").shape[1] == 60


@pytest.mark.slow
def test_steps_are_written(raysys: Run, photos: list[Path], short: None):
    raysys("synthesise", photos[2], "--size", 32, "--weights", "random", "--keep-steps", 3, "-o", "more.png")
    assert sorted(path.name for path in Path("more.png.steps").iterdir()) == [
        "picture-0-step-0003.png",
        "picture-0-step-0006.png",
    ]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ("-o", "more.png"),
            "--out more.png: 3 exemplars are continued into a folder; allowed: its name, or --together",
        ),
        (("--window", 64, "-o", "more"), "--window of several images; allowed: one image a command, or --together"),
        (("--together", "-o", "more.png"), "exemplars together are colour and grey; allowed: all of one kind"),
        (("-o", "a"), "--out a holds files but no pictures of raysys synthesise; allowed: a new folder"),
    ],
)
def test_what_cannot_be_made_of_several_is_one_sentence(
    raysys: Run, photos: list[Path], options: tuple[object, ...], sentence: str
):
    done = raysys("synthesise", *photos, "--size", 32, *QUILT, *options)
    assert done.exit_code == 2
    assert sentence in done.stderr.splitlines()[-1]
    assert not Path("more").exists()
