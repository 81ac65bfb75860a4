"""Data sets appear when they are complete, go on where they were interrupted, and are the same wherever drawn."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from raysys import RaysysError
from raysys.data.micro2d import Micro2D, micro2d_like, synthesis, synthesize, write_sheet
from raysys.data.micro2d.layout import Block, Portion, draw

COUNTS = {"GRF": 7, "VoidSmall": 4}
SIZE = 64


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(synthesis, "BLOCK", 3)


def test_the_file_has_micro2ds_layout(tmp_path: Path):
    synthesize(tmp_path / "data.h5", COUNTS, seed=4, size=SIZE)
    with h5py.File(tmp_path / "data.h5") as store:
        assert set(store) == {"GRF", "VoidSmall"}
        assert store.attrs["source"] == "synthetic"
        assert (store.attrs["generator"], store.attrs["generator_version"]) == ("micro2d-like", 1)
        assert (store.attrs["seed"], store.attrs["size"]) == (4, SIZE)
        for name, count in COUNTS.items():
            images, labels = micro2d_like(name, range(count), seed=4, size=SIZE)
            assert store[name][name].dtype == np.uint8
            assert store[name][name].chunks == (1, SIZE, SIZE)
            np.testing.assert_array_equal(store[name][name][:], images)
            assert store[name][f"{name} - labels"].asstr()[:].tolist() == labels


def test_an_interrupted_call_goes_on(tmp_path: Path, small_blocks: None):
    path = tmp_path / "data.h5"
    drawn: list[Portion] = []

    def ends_early(portions: Sequence[Portion]) -> Iterator[Block]:
        for portion in portions[:2]:
            drawn.append(portion)
            yield draw(portion)
        raise KeyboardInterrupt

    def counted(portions: Sequence[Portion]) -> Iterator[Block]:
        drawn.extend(portions)
        return map(draw, portions)

    with pytest.raises(KeyboardInterrupt):
        synthesize(path, COUNTS, seed=0, size=SIZE, spread=ends_early)
    assert not path.exists()
    told: list[tuple[int, int]] = []
    progress = told.append
    synthesize(path, COUNTS, seed=0, size=SIZE, spread=counted, progress=lambda *numbers: progress(numbers))
    assert len(drawn) == len(set(drawn)) == 5  # blocks of 3, 3, 1 and 3, 1
    assert told == [(6, 11), (7, 11), (10, 11), (11, 11)]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data.h5"]
    synthesize(tmp_path / "at once.h5", COUNTS, seed=0, size=SIZE)
    assert path.read_bytes() == (tmp_path / "at once.h5").read_bytes()


def test_blocks_in_another_order_make_the_same_file(tmp_path: Path, small_blocks: None):
    synthesize(tmp_path / "a.h5", COUNTS, seed=0, size=SIZE)
    synthesize(tmp_path / "b.h5", COUNTS, seed=0, size=SIZE, spread=lambda portions: map(draw, reversed(portions)))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_blocks_of_another_seed_are_not_taken_up(tmp_path: Path):
    def broken(portions: Sequence[Portion]) -> Iterator[Block]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        synthesize(tmp_path / "data.h5", COUNTS, seed=0, size=SIZE, spread=broken)
    with pytest.raises(RaysysError, match=r"data\.h5\.parts holds blocks .* seed 0, size 64, .* seed 1, size 64"):
        synthesize(tmp_path / "data.h5", COUNTS, seed=1, size=SIZE)


def test_mistakes_leave_nothing_behind(tmp_path: Path):
    for counts, size, expected in (
        ({}, 64, "no class is asked for"),
        ({"Grf": 1}, 64, 'no class "Grf"'),
        ({"GRF": 0}, 64, "GRF: 0 images"),
        ({"GRF": 1, "NBSA": 1}, 20, "NBSA: images of 20 pixels a side are too small"),
    ):
        with pytest.raises(RaysysError, match=expected):
            synthesize(tmp_path / "data.h5", counts, seed=0, size=size)
    assert not list(tmp_path.iterdir())
    with pytest.raises(RaysysError, match="is a folder"):
        synthesize(tmp_path, {"GRF": 1}, seed=0)


def test_a_sheet_has_a_row_of_each_class(tmp_path: Path):
    data = Micro2D(synthesize(tmp_path / "data.h5", COUNTS, seed=0, size=SIZE))
    assert write_sheet(tmp_path / "sheet.png", data, columns=5) == 5
    sheet = np.asarray(Image.open(tmp_path / "sheet.png"))
    bright = (sheet == 255).sum()
    shown = data["GRF", :5].sum() + data["VoidSmall", :4].sum()
    assert shown < bright < shown + 800  # the names of the classes beside
    assert sheet.shape[1] > 5 * SIZE
    assert sheet.shape[0] > 2 * SIZE
