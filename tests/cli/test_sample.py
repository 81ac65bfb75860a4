"""`raysys sample` of images that are written part by part."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile
from support.generators import save_generator
from support.launching import Launched
from typer.testing import Result

from raysys.cli import sample
from raysys.models import Cleaning, load, write_sample

Run = Callable[..., Result]
Refused = Callable[..., str]

SIZES = {"flat": (150, 70), "volume": (40, 24, 33)}


@pytest.fixture(scope="module")
def folders(model_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Untrained generators of 16 x 16 pixels and of 16 x 16 x 16 voxels."""
    return {"flat": model_folder, "volume": save_generator(tmp_path_factory.mktemp("saved"), "deep", dims=3)}


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small samples count as large."""
    monkeypatch.setattr(sample, "LARGE", 1000)


def stored(path: Path) -> np.ndarray:
    """The array in a file of samples, binary ones as {0, 1}."""
    if path.suffix == ".zarr":
        return pytest.importorskip("zarr").open_array(str(path), mode="r")[:]
    return np.load(path) if path.suffix == ".npy" else tifffile.imread(path) // 255


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize("name", ["a.tif", "a.npy", "a.zarr"])
@pytest.mark.parametrize("what", ["flat", "volume"])
def test_a_large_sample_has_the_bits_of_the_whole_one(
    raysys: Run, folders: dict[str, Path], what: str, name: str, tmp_path: Path
):
    if name == "a.zarr":
        pytest.importorskip("zarr")
    size = SIZES[what]
    result = raysys("sample", folders[what], "-n", 2, "--seed", 5, "--size", *size, "-o", name)
    assert result.exit_code == 0, result.output
    images = load(folders[what]).sample(2, seed=5, size=size)
    np.testing.assert_array_equal(stored(Path(name)).reshape(images.shape), images)
    shares = ", ".join(f"{image.mean():.4f}" for image in images)
    assert result.stdout.splitlines() == [
        f"phase fractions {shares}; seeds 5 to 6",
        f"wrote {name} (2 of {' x '.join(map(str, size))} pixels)",
    ]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_raw_leaves_in_what_the_card_says_is_removed(raysys: Run, tmp_path: Path):
    cleaning = Cleaning(minimum_object=8, minimum_hole=8)
    folder = save_generator(
        tmp_path, "cleaned", images={"shape": (16, 16), "phase_fraction": 0.4, "cleaning": cleaning}
    )
    for raw, options in ((True, ["--raw"]), (False, [])):
        assert raysys("sample", folder, "--size", 48, "-o", f"{raw}.npy", *options).exit_code == 0
        np.testing.assert_array_equal(np.load(f"{raw}.npy"), load(folder).sample(1, size=48, raw=raw))
    assert (np.load("True.npy") != np.load("False.npy")).any()
    assert "objects below 8 pixels, holes below 8" in raysys("models", "show", folder).stdout


def begun(folder: Path, name: str, **options: object) -> None:
    """Leave an unfinished file."""

    class EndedError(Exception):
        pass

    def end(done: int, total: int) -> None:
        if done > total / 2:
            raise EndedError

    with pytest.raises(EndedError):
        write_sample(load(folder), name, progress=end, **options)


@pytest.mark.usefixtures("in_parts")
def test_an_unfinished_file_of_another_seed_model_or_size_is_left_alone(
    raysys: Run, refused: Refused, folders: dict[str, Path], conditional_folder: Path
):
    options = {"seed": 1, "size": SIZES["flat"]}
    begun(folders["flat"], "a.npy", **options)
    flat = ("sample", folders["flat"], "-o", "a.npy")
    for other in (
        (*flat, "--seed", 2, "--size", *SIZES["flat"]),
        (*flat, "--seed", 1, "--size", 150, 71),
        ("sample", conditional_folder, "-o", "a.npy", "--seed", 1, "--size", *SIZES["flat"]),
    ):
        assert "a.npy.part.json tells of another request than this one" in refused(*other)
    assert raysys(*flat, "--seed", 1, "--size", *SIZES["flat"]).exit_code == 0
    np.testing.assert_array_equal(np.load("a.npy"), load(folders["flat"]).sample(1, **options))


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize("name", ["a.png", "a.npz", "folder"])
def test_what_cannot_be_written_in_parts_is_refused_before_it_is_drawn(
    refused: Refused, folders: dict[str, Path], name: str
):
    line = refused("sample", folders["flat"], "--size", 100, 90, "-o", name)
    assert line == (
        f"raysys: -o {name}: 1 x 100 x 90 values are written part by part, as .tif, .tiff, .npy, .zarr; "
        "name such a file"
    )


@pytest.mark.parametrize("size", [(0, 64, 64), (64, 64)])
def test_sizes_that_no_volume_has_are_refused(refused: Refused, folders: dict[str, Path], size: tuple[int, ...]):
    line = refused("sample", folders["volume"], "--size", *size, "-o", "a.tif")
    assert str(size) in line
    assert "allowed: " in line


def test_a_killed_command_goes_on_to_the_same_files(raysys: Run, folders: dict[str, Path]):
    """A real SIGKILL in the middle, then the same command; Zarr is written in parts whatever the size."""
    pytest.importorskip("zarr")
    size = (128, 48, 48)
    command = ("sample", folders["volume"], "--seed", 3, "--size", *size, "-o", "a.zarr")
    record = Path("a.zarr.part.json")
    with Launched(*command) as killed:
        killed.wait_until(record.is_file)
    done = json.loads(record.read_text())
    assert 1 <= done["done"] < done["slabs"] == math.ceil(size[0] / 16)
    assert not Path("a.zarr").exists()
    assert raysys(*command).exit_code == 0
    assert not record.exists()
    write_sample(load(folders["volume"]), "b.zarr", seed=3, size=size)
    one, other = (
        {path.relative_to(name): path.read_bytes() for path in Path(name).rglob("*") if path.is_file()}
        for name in ("a.zarr", "b.zarr")
    )
    assert one == other
    np.testing.assert_array_equal(stored(Path("a.zarr")), load(folders["volume"]).sample(1, seed=3, size=size))
