"""Samples that are written slab by slab: the bits of `sample`, whatever interrupts them."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import tifffile
from support import interrupted
from support.toys import CODE, MAP, toy

from raysys import RaysysError
from raysys.data import read_images
from raysys.models import stream, streaming, write_sample
from raysys.models.streaming import slabs

SHAPES = {2: (16, 12), 3: (8, 12, 20)}


def sizes(model):
    axes = len(model.native_size)
    return {"size": (53, 31) if axes == 2 else (19, 17, 23), "origin": (-21, 5, 3)[:axes]}


def in_tiff(model, images):
    """What a TIFF file shows of images."""
    if model.form.kind == "colour" or (model.form.kind == "binary" and images.dtype == np.uint8):
        return np.rint(images * 255).astype(np.uint8)
    return images


def stored(path):
    """The array in a file of samples."""
    if path.suffix == ".zarr":
        return pytest.importorskip("zarr").open_array(str(path), mode="r")[:]
    return np.load(path) if path.suffix == ".npy" else tifffile.imread(path)


@pytest.fixture(params=["binary", "grey", "colour", "labels"])
def kind(request):
    return request.param


@pytest.mark.parametrize("axes", [2, 3])
def test_slabs_put_together_are_the_sample(kind, axes):
    model = toy(kind, SHAPES[axes])
    parts = list(stream(model, 2, seed=3, **sizes(model)))
    assert max(len(part) for part in parts) == model.native_size[0]
    whole = model.sample(2, seed=3, **sizes(model))
    np.testing.assert_array_equal(np.concatenate(parts), np.concatenate(whole))


@pytest.mark.parametrize("suffix", [".npy", ".tif", ".zarr"])
@pytest.mark.parametrize("axes", [2, 3])
def test_a_file_holds_the_bits_of_the_sample(kind, axes, suffix, tmp_path):
    model = toy(kind, SHAPES[axes])
    told = []
    written = write_sample(
        model, tmp_path / f"a{suffix}", n=2, seed=3, progress=lambda *done: told.append(done), **sizes(model)
    )
    images = model.sample(2, seed=3, **sizes(model))
    found = stored(written.path)
    np.testing.assert_array_equal(found, in_tiff(model, images) if suffix == ".tif" else images)
    assert found.dtype == (np.uint8 if suffix == ".tif" and kind == "colour" else images.dtype)
    assert found.shape == written.shape == images.shape
    assert [path.name for path in tmp_path.iterdir()] == [written.path.name]  # nothing is left beside it
    assert told[-1][0] == told[-1][1] == len(told)  # a block at a time
    if kind == "labels":
        expected = [[(image == value).mean() for value in range(3)] for image in images]
    else:
        expected = images.reshape(2, -1, model.form.channels).mean(1, dtype=np.float64)
    np.testing.assert_allclose(written.means, expected)


def test_a_file_is_read_as_other_images_are(tmp_path):
    model = toy("binary", SHAPES[3])
    image = model.sample(1, seed=3, size=20)
    for name in ("a.tif", "a.npy"):
        write_sample(model, tmp_path / name, seed=3, size=20)
        stored = read_images(tmp_path / name).reshape(image.shape)
        np.testing.assert_array_equal(stored > 0, image > 0)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert len(file.pages) == 20
        assert not file.is_bigtiff


def test_a_large_tiff_is_a_bigtiff(tmp_path, monkeypatch):
    monkeypatch.setattr("raysys.models.stores.CLASSIC_BYTES", 1000)
    model = toy("binary", SHAPES[3])
    write_sample(model, tmp_path / "a.tif", size=20)
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        assert file.is_bigtiff
        np.testing.assert_array_equal(file.asarray()[0], model.sample(1, size=20)[0] * 255)


@pytest.mark.parametrize("most", [streaming.MOST_BYTES, 1500])
@pytest.mark.parametrize("axes", [2, 3])
def test_periodic_and_conditional_samples_are_written_too(axes, most, tmp_path, monkeypatch):
    monkeypatch.setattr(streaming, "MOST_BYTES", most)
    model = toy("colour", SHAPES[axes], condition=MAP)
    grid = np.random.default_rng(0).uniform(-1, 1, (2, *(3,) * axes))
    size = (36, 24, 20)[:axes]
    for number, origin in enumerate(((-7, 5, 3)[:axes], (0,) * axes)):
        options = {"size": size, "origin": origin, "periodic": True, "condition": grid, "seed": 2}
        path = write_sample(model, tmp_path / f"{number}.npy", **options).path
        np.testing.assert_array_equal(np.load(path), model.sample(1, **options))
    options = {"size": size, "origin": origin, "condition": grid}
    path = write_sample(model, tmp_path / "endless.npy", **options).path
    np.testing.assert_array_equal(np.load(path), model.sample(1, **options))


def test_slabs_that_are_too_large_are_cut_across(tmp_path, monkeypatch):
    monkeypatch.setattr(streaming, "MOST_BYTES", 1500)
    model = toy("grey", SHAPES[3])
    options = {**sizes(model), "seed": 1}
    cut = slabs(model, model.request(1, **options), 1500)
    # Blocks are 12 wide: a slab holds one of them across, and whole rows of the last axis.
    assert {slab.window.size[1] for slab in cut} <= set(range(1, 13))
    assert {slab.window.size[2] for slab in cut} == {options["size"][2]}
    assert len({slab.start[1] for slab in cut}) > 1
    for name in ("a.npy", "a.tif"):
        path = write_sample(model, tmp_path / name, **options).path
        found = np.load(path) if name == "a.npy" else tifffile.imread(path)
        np.testing.assert_array_equal(found, model.sample(1, **options))


@pytest.mark.parametrize(("suffix", "kills"), [(".npy", (1, 2)), (".tif", (3,))])
def test_a_killed_process_is_gone_on_with_by_the_same_request(suffix, kills, tmp_path):
    """A real SIGKILL, more than once; the file is bit for bit the undisturbed one."""
    path, size, seed = tmp_path / f"a{suffix}", 96, 5
    done = 0
    for kill_after in kills:
        process = subprocess.Popen(
            [sys.executable, interrupted.__file__, path, str(size), str(seed)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(kill_after):
            done, total = map(int, process.stdout.readline().split())
        process.kill()
        process.wait()
        assert not path.exists()
        assert json.loads((tmp_path / f"a{suffix}.part.json").read_text())["done"] >= done
    assert 3 <= done < total == 6
    model, told = toy("binary", interrupted.BLOCK), []
    written = write_sample(model, path, size=size, seed=seed, progress=lambda *done: told.append(done))
    assert told[0][0] > done * told[0][1] // total  # blocks of earlier processes are not made again
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    undisturbed = write_sample(model, tmp_path / f"b{suffix}", size=size, seed=seed)
    assert path.read_bytes() == undisturbed.path.read_bytes()
    np.testing.assert_array_equal(written.means, undisturbed.means)
    image = model.sample(1, size=size, seed=seed)
    found = np.load(path) if suffix == ".npy" else tifffile.imread(path) // 255
    np.testing.assert_array_equal(found, image)


class StoppedError(Exception):
    """Ends a test's writing."""


def interrupt(model, path, **options):
    def stop(done, total):
        if done > total / 2:
            raise StoppedError

    with pytest.raises(StoppedError):
        write_sample(model, path, progress=stop, **options)


def bytes_of(folder):
    """{file: its bytes} of all files in a folder."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_another_request_does_not_go_on_with_what_is_there(tmp_path):
    model, path = toy("binary", SHAPES[3]), tmp_path / "a.npy"
    interrupt(model, path, size=40, seed=1)
    for other, options in ((model, {"seed": 2}), (toy("binary", SHAPES[3], local=4), {"seed": 1})):
        with pytest.raises(RaysysError, match=r"a.npy.part.json tells of another request .* delete it to begin anew"):
            write_sample(other, path, size=40, **options)
    write_sample(model, path, size=40, seed=2, resume=False)
    np.testing.assert_array_equal(np.load(path), model.sample(1, size=40, seed=2))


def test_slabs_of_another_thickness_are_not_counted_on(tmp_path, monkeypatch):
    """A record says how many slabs are done: another version of raysys may cut the same request otherwise."""
    model, path = toy("binary", SHAPES[3]), tmp_path / "a.npy"
    interrupt(model, path, size=40)
    monkeypatch.setattr(streaming, "MOST_BYTES", 1500)
    with pytest.raises(RaysysError, match=r"a.npy.part.json tells of another request"):
        write_sample(model, path, size=40)


def test_a_part_without_its_record_or_of_another_length_is_begun_anew(tmp_path):
    model = toy("binary", SHAPES[3])
    for number, spoil in enumerate((lambda part, record: record.unlink(), lambda part, record: part.unlink(),
                                    lambda part, record: part.write_bytes(part.read_bytes()[:-1]))):  # fmt: skip
        path = tmp_path / f"{number}.npy"
        interrupt(model, path, size=40, seed=1)
        spoil(path.with_name(f"{path.name}.part"), path.with_name(f"{path.name}.part.json"))
        write_sample(model, path, size=40, seed=1)
        np.testing.assert_array_equal(np.load(path), model.sample(1, size=40, seed=1))


def test_a_damaged_record_is_told(tmp_path):
    model, path = toy("binary", SHAPES[3]), tmp_path / "a.npy"
    interrupt(model, path, size=40)
    (tmp_path / "a.npy.part.json").write_text("{")
    with pytest.raises(RaysysError, match=r"a.npy.part.json is damaged; delete it"):
        write_sample(model, path, size=40)


FULL = """
import resource, sys
sys.path.insert(0, {tests!r})
from raysys import RaysysError
from raysys.models import write_sample
from support.toys import toy
resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, 2_000))  # a file that may not grow stands for a full disk
for name in {names!r}:
    try:
        write_sample(toy("binary", (8, 8, 8)), {folder!r} + name, size=40)
    except RaysysError as error:
        print(error)
"""


def test_a_full_disk_is_one_sentence_and_leaves_nothing(tmp_path):
    names = ["a.npy", "a.tif", *(["a.zarr"] if find_spec("zarr") else [])]
    script = FULL.format(tests=str(Path(__file__).parents[1]), folder=f"{tmp_path}/", names=names)
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    for line, name in zip(answer.stdout.splitlines(), names, strict=True):
        assert f"{name} needs 6.4e-05 GB, and it cannot be written (File too large); make room" in line
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_on_the_way_is_gone_on_with(tmp_path, monkeypatch):
    from raysys.models.stores import NpyStore

    model, path, write = toy("binary", SHAPES[3]), tmp_path / "a.npy", NpyStore.write

    def full(self, image, start, slab):
        if start[0] > 20:
            raise OSError(28, "No space left on device")
        write(self, image, start, slab)

    monkeypatch.setattr(NpyStore, "write", full)
    with pytest.raises(RaysysError, match=r"\(No space left on device\); make room, and the same command goes on"):
        write_sample(model, path, size=40)
    assert not path.exists()
    monkeypatch.setattr(NpyStore, "write", write)
    write_sample(model, path, size=40)
    np.testing.assert_array_equal(np.load(path), model.sample(1, size=40))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("a.png", "written part by part as .tif, .tiff, .npy, .zarr, and not as '.png'"),
        ("a", "and not as ''"),
        ("folder.npy", "folder.npy exists and is no .npy of samples"),
    ],
)
def test_names_that_are_no_files_of_samples_are_refused(name, words, tmp_path):
    (tmp_path / "folder.npy").mkdir()
    with pytest.raises(RaysysError, match=words):
        write_sample(toy(), tmp_path / name)


def test_shares_of_phases_are_no_picture(tmp_path):
    model = toy("labels", SHAPES[3])
    with pytest.raises(RaysysError, match=r"how likely each phase is, is no picture; allowed: .npy"):
        write_sample(model, tmp_path / "a.tif", grey=True)
    path = write_sample(model, tmp_path / "a.npy", grey=True, size=10).path
    np.testing.assert_array_equal(np.load(path), model.sample(1, size=10, grey=True))


def test_without_the_package_zarr_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "zarr", None)
    with pytest.raises(RaysysError, match=r"a.zarr: writing Zarr needs .* \(pip install 'raysys\[formats\]'\)"):
        write_sample(toy("labels", SHAPES[3]), tmp_path / "a.zarr")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_zarr_is_gone_on_with_to_the_same_files(tmp_path):
    """Slabs of 8 in chunks of 64: one that was begun is filled further, and one that was not renamed is swept away."""
    pytest.importorskip("zarr")
    model, options = toy("labels", SHAPES[3]), {"n": 2, "seed": 3, "size": (70, 20, 20)}
    undisturbed = write_sample(model, tmp_path / "a.zarr", **options)
    interrupt(model, tmp_path / "b.zarr", **options)
    left = tmp_path / "b.zarr.part" / "c" / "0" / "0.5d2f.partial"
    left.write_bytes(b"half a chunk")
    told = []
    written = write_sample(model, tmp_path / "b.zarr", progress=lambda *done: told.append(done), **options)
    assert told[0][0] > told[0][1] / 2
    assert bytes_of(tmp_path / "b.zarr") == bytes_of(tmp_path / "a.zarr")
    np.testing.assert_array_equal(written.means, undisturbed.means)
    np.testing.assert_array_equal(stored(tmp_path / "b.zarr"), model.sample(**options))


def test_a_zarr_that_lacks_what_says_its_shape_is_begun_anew(tmp_path):
    pytest.importorskip("zarr")
    model, path = toy("binary", SHAPES[3]), tmp_path / "a.zarr"
    interrupt(model, path, size=40)
    (tmp_path / "a.zarr.part" / "zarr.json").write_text("{")
    write_sample(model, path, size=40)
    np.testing.assert_array_equal(stored(path), model.sample(1, size=40))


def test_only_an_array_of_zarr_makes_room_for_another(tmp_path):
    """Folders are replaced whole, so that anything else in them would be lost."""
    zarr = pytest.importorskip("zarr")
    model = toy("binary", SHAPES[3])
    (tmp_path / "notes.zarr").mkdir()
    (tmp_path / "notes.zarr" / "notes.txt").write_text("mine")
    zarr.open_group(str(tmp_path / "several.zarr"), mode="w").create_array("rock", shape=(4, 4), dtype="u1")
    for name in ("notes.zarr", "several.zarr"):
        before = bytes_of(tmp_path / name)
        with pytest.raises(RaysysError, match=f"{name} exists and is no .zarr of samples; name another"):
            write_sample(model, tmp_path / name, size=10)
        assert bytes_of(tmp_path / name) == before
    for seed in (1, 2):
        write_sample(model, tmp_path / "a.zarr", size=10, seed=seed)
        np.testing.assert_array_equal(stored(tmp_path / "a.zarr"), model.sample(1, size=10, seed=seed))


ON_THE_WAY = """
import resource, sys
sys.path.insert(0, {tests!r})
from raysys import RaysysError
from raysys.models import write_sample
from support.toys import toy
model, path = toy("grey", (8, 12, 20)), {path!r}
resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, -1))  # room for a chunk of two slabs of five, and not for more
for _ in range(2):
    try:
        write_sample(model, path, size=40, seed=1)
    except RaysysError as error:
        print(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))
"""


def test_a_disk_that_is_full_on_the_way_leaves_a_zarr_to_go_on_with(tmp_path):
    pytest.importorskip("zarr")
    path = tmp_path / "a.zarr"
    script = ON_THE_WAY.format(tests=str(Path(__file__).parents[1]), path=str(path))
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "(File too large); make room, and the same command goes on" in answer.stdout
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    np.testing.assert_array_equal(stored(path), toy("grey", SHAPES[3]).sample(1, size=40, seed=1))


def test_codes_that_are_drawn_belong_to_the_request(tmp_path):
    """Nothing is asked, and an interrupted file goes on with the code that its seed drew."""
    model, path = toy("colour", SHAPES[3], waves=2, condition=CODE), tmp_path / "a.npy"
    interrupt(model, path, size=30, seed=9)
    write_sample(model, path, size=30, seed=9)
    np.testing.assert_array_equal(np.load(path), model.sample(1, size=30, seed=9))


MEASURE = """
import resource, sys
import torch
sys.path.insert(0, {tests!r})
from raysys.models import write_sample
from support.toys import toy
model = toy("binary", (32, 32, 32))
# As cheap as can be: what streaming needs is measured, and not what a network does.
enlarged = lambda noise: torch.nn.functional.interpolate(noise[:, :1], scale_factor=4).sigmoid()
model.grey = lambda noise: enlarged(noise)[..., 8:-8, 8:-8, 8:-8]
model.sample(1, size=32)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
write_sample(model, {path!r}, size=(256, 256, 256))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""


def test_memory_is_that_of_a_slab(tmp_path):
    """16 MB are written here, in slabs of 2 MB; 1024 voxels a side have slabs of 32 MB."""
    script = MEASURE.format(tests=str(Path(__file__).parents[1]), path=str(tmp_path / "a.tif"))
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert float(answer.stdout) < 12  # MiB
    assert (tmp_path / "a.tif").stat().st_size > 256**3
