"""The loader reads generated files and MICRO2D's own alike: lazily, in any order, and in any process."""

import multiprocessing
import pickle
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import h5py
import numpy as np
import pytest

from raysys import RaysysError
from raysys.data import read_images
from raysys.data.micro2d import Micro2D, synthesize

COUNTS = {"GRF": 12, "NBSA": 5, "VoidSmall": 9}


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return synthesize(tmp_path_factory.mktemp("micro2d") / "data.h5", COUNTS, seed=0, size=64)


@pytest.fixture
def real(tmp_path: Path):
    """A function that writes a file as MICRO2D's authors describe theirs, with images of a dtype and chunks."""

    def write(dtype: str = "u1", **options: object) -> tuple[Path, dict[str, np.ndarray]]:
        rng = np.random.default_rng(0)
        images = {name: rng.integers(0, 2, (count, 256, 256)).astype(dtype) for name, count in COUNTS.items()}
        path = tmp_path / "MICRO2D_homogenized.h5"
        with h5py.File(path, "w") as store:
            for name, stored in images.items():
                group = store.create_group(name)
                group.create_dataset(name, data=stored, **options)
                texts = [f"{name}: heuristic {k}" for k in range(len(stored))]
                group.create_dataset(f"{name} - labels", data=texts, dtype=h5py.string_dtype())
                for kind, last in (("mechanical", 5), ("thermal", 2)):
                    data = group.create_dataset(f"homogenized_{kind}", data=rng.random((len(stored), 6, last)))
                    data.attrs["INSTRUCTIONS"] = f"[n, contrast, {kind}]"
        return path, images

    return write


@pytest.mark.parametrize("dtype", ["u1", "?", "i4", "f4", "f8"])
@pytest.mark.parametrize(
    "options", [{}, {"chunks": True}, {"chunks": (4, 64, 256), "compression": "gzip"}, {"compression": "lzf"}]
)
def test_the_authors_layout_in_any_type_and_chunks(real, dtype: str, options: dict):
    path, images = real(dtype, **options)
    data = Micro2D(path)
    assert data.classes == ("GRF", "NBSA", "VoidSmall")
    assert data.counts == COUNTS
    assert data.shape == (256, 256)
    wanted = np.random.default_rng(1).integers(0, len(data), 40)
    batch = data.images(wanted)
    assert batch.dtype == np.uint8
    np.testing.assert_array_equal(batch, np.concatenate(list(images.values()))[wanted])


def test_properties_and_their_instructions(real):
    path, _ = real()
    data = Micro2D(path)
    with h5py.File(path) as store:
        stored = np.concatenate([store[name]["homogenized_mechanical"][:] for name in COUNTS])
    np.testing.assert_array_equal(data.properties("mechanical", [20, 3]), stored[[20, 3]])
    assert data.properties("thermal", [0, 1, 2], "NBSA").shape == (3, 6, 2)
    assert data.instructions("mechanical") == "[n, contrast, mechanical]"
    assert data.instructions("thermal", "NBSA") == "[n, contrast, thermal]"
    assert data.labels([12, 0]) == ["NBSA: heuristic 0", "GRF: heuristic 0"]
    with pytest.raises(RaysysError, match='"elastic" is no kind of properties; there are mechanical, thermal'):
        data.properties("elastic", [0])


def test_images_by_number_by_class_and_by_slice(generated: Path):
    data = Micro2D(generated)
    assert len(data) == 26
    assert data.numbers.tolist() == [0] * 12 + [1] * 5 + [2] * 9
    np.testing.assert_array_equal(data["NBSA", 2], data[14])
    np.testing.assert_array_equal(data["NBSA", -1], data[16])
    np.testing.assert_array_equal(data[-26], data[0])
    np.testing.assert_array_equal(data["VoidSmall", 1:4], data[18:21])
    np.testing.assert_array_equal(data[[3, 20, 3]], np.stack([data[3], data[20], data[3]]))
    np.testing.assert_array_equal(data[np.array([25, 0])][::-1], data.images([0, 25]))
    assert data[[]].shape == (0, 64, 64)
    assert data.attributes["source"] == "synthetic"
    assert data.attributes["seed"] == 0
    for key in (26, -27, ("NBSA", 5)):
        with pytest.raises(IndexError, match="of"):
            data[key]


def test_the_general_reader_reads_a_class(generated: Path):
    np.testing.assert_array_equal(read_images(generated, dataset="NBSA/NBSA"), Micro2D(generated)["NBSA", :])


def test_some_classes_in_another_order(generated: Path):
    data = Micro2D(generated, ["VoidSmall", "GRF"])
    assert (data.classes, len(data)) == (("VoidSmall", "GRF"), 21)
    np.testing.assert_array_equal(data[9], Micro2D(generated)[0])
    with pytest.raises(RaysysError, match='no class "NBSA" is open; there are: VoidSmall, GRF'):
        data["NBSA", 0]


def _read(data: Micro2D, indices: list[int]) -> np.ndarray:
    return data.images(indices)


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_read_what_this_process_has_open(generated: Path, method: str):
    data = Micro2D(generated)
    everything = data[:]
    chosen = [list(np.random.default_rng(k).permutation(26)) for k in range(6)]
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        for indices, batch in zip(chosen, pool.map(_read, [data] * 6, chosen), strict=True):
            np.testing.assert_array_equal(batch, everything[indices])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(data))[:], everything)


def test_what_is_not_asked_for_is_not_read(real):
    path, images = real("u1", chunks=(1, 256, 256), compression="gzip")
    with h5py.File(path) as store:
        place = store["GRF/GRF"].id.get_chunk_info(3)
    content = bytearray(path.read_bytes())
    content[place.byte_offset : place.byte_offset + place.size] = bytes(place.size)
    path.write_bytes(content)
    data = Micro2D(path)
    np.testing.assert_array_equal(data[[2, 4]], images["GRF"][[2, 4]])
    with pytest.raises(RaysysError, match="cannot be read as an HDF5 file"):
        data[3]


def test_files_that_are_none(tmp_path: Path, generated: Path):
    (tmp_path / "text.h5").write_text("no data")
    with h5py.File(tmp_path / "flat.h5", "w") as store:
        store["images"] = np.zeros((2, 8, 8))
    with h5py.File(tmp_path / "empty class.h5", "w") as store:
        store["GRF/GRF"] = np.zeros((2, 8, 8))
        store["NBSA/other"] = np.zeros((2, 8, 8))
    with h5py.File(tmp_path / "sizes.h5", "w") as store:
        store["GRF/GRF"] = np.zeros((2, 8, 8))
        store["NBSA/NBSA"] = np.zeros((2, 8, 9))
    for name, expected in (
        ("absent.h5", "does not exist"),
        ("text.h5", "cannot be read as an HDF5 file"),
        ("flat.h5", "not laid out as MICRO2D: it has no group of a class"),
        ("empty class.h5", "its group NBSA holds no images NBSA"),
        ("sizes.h5", r"images of NBSA have \(8, 9\) pixels, others have \(8, 8\)"),
    ):
        with pytest.raises(RaysysError, match=expected):
            Micro2D(tmp_path / name)
    with pytest.raises(RaysysError, match='no class "Foam"; there are: GRF, NBSA, VoidSmall'):
        Micro2D(generated, ["Foam"])
    with pytest.raises(RaysysError, match='no data set "GRF/homogenized_thermal"; GRF holds: GRF, GRF - labels'):
        Micro2D(generated).properties("thermal", [0])


@pytest.mark.parametrize(("dtype", "wrong"), [("u1", 255), ("f4", 0.5), ("i4", -1)])
def test_other_values_than_0_and_1_are_refused(tmp_path: Path, dtype: str, wrong: float):
    images = np.zeros((3, 8, 8), dtype)
    images[1, 2, 2] = wrong
    with h5py.File(tmp_path / "data.h5", "w") as store:
        store["GRF/GRF"] = images
    data = Micro2D(tmp_path / "data.h5")
    assert data[0].max() == 0
    with pytest.raises(RaysysError, match=r"/GRF/GRF\[1\] holds other values than 0 and 1"):
        data[:]
