"""Jobs without a network: what they leave is what the same call in Python makes."""

import asyncio
import hashlib
import io
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image
from support.serving import save_untrained

from raysys.anneal import Schedule, Target, reconstruct
from raysys.data import encode_images, gaussian_random_field
from raysys.errors import RaysysError
from raysys.models import load
from raysys.serve import JobSettings, Limits
from raysys.serve.jobs.desk import JobDesk
from raysys.serve.jobs.schemas import JobBody
from raysys.stats import characterise
from raysys.synthesis import synthesise

ROCK = gaussian_random_field((32, 32), correlation_length=3.0, phase_fraction=0.4, seed=1, n=1)
UPLOAD = encode_images(ROCK, "png")
QUICK = {"chains": 2, "stages": 4, "moves": 200, "seed": 3}
ME = "token:me"
Make = Callable[..., JobDesk]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Make]:
    """Makes a desk on a folder, which is always the same; it is stopped at the end."""
    torch.set_num_threads(1)
    model, made = save_untrained(tmp_path, "endless"), []

    def make(**bounds: Any) -> JobDesk:
        found = JobDesk(JobSettings(folder=tmp_path / "jobs", **{"lease_s": 1.0} | bounds), Limits())
        asyncio.run(found.reconfigure({"models": {"endless": str(model)}}))
        made.append(found)
        return found

    yield make
    for one in made:
        one.stop()


def ask(desk: JobDesk, kind: str, request: dict, caller: str = ME, key: str | None = None, **uploads: bytes) -> JobBody:
    return asyncio.run(desk.submit(kind, request, uploads, caller, key))


def ended(desk: JobDesk, job: JobBody) -> JobBody:
    until = time.monotonic() + 120
    while (told := asyncio.run(desk.job(job.id, ME))).state in ("waiting", "running"):
        assert time.monotonic() < until
        time.sleep(0.02)
    assert told.state == "done", told.message
    return told


def content(desk: JobDesk, job: JobBody, name: str) -> bytes:
    """A file, whose checksum is the one that was told."""
    file = next(file for file in job.files if file.name == name)
    found = asyncio.run(desk.read(job.id, name, 0, file.bytes))
    assert (len(found), hashlib.sha256(found).hexdigest()) == (file.bytes, file.sha256)
    return found


def test_reconstructions_are_those_of_the_farm(desk: Make, tmp_path: Path):
    desk_ = desk()
    asked = QUICK | {"shape": "24x20", "target": "S2,L:0.5"}
    told = ended(desk_, ask(desk_, "reconstructions", asked, image=UPLOAD))
    target = Target.from_images(ROCK, {"S2": 1.0, "L": 0.5}, r_max=9)
    expected = reconstruct(target, (24, 20), chains=2, seed=3, schedule=Schedule(stages=4, moves=200))
    with np.load(io.BytesIO(content(desk_, told, "reconstructions.npz"))) as found:
        np.testing.assert_array_equal(found["images"], [one.image for one in expected])
        np.testing.assert_array_equal(found["energies"], [one.energy for one in expected])
    pages = tifffile.imread(io.BytesIO(content(desk_, told, "reconstructions.tif")))
    np.testing.assert_array_equal(pages, 255 * np.stack([one.image for one in expected]))
    assert json.loads(content(desk_, told, "summary.json"))["energies"] == [one.energy for one in expected]
    assert Image.open(io.BytesIO(asyncio.run(desk_.picture(told.id, ME)))).size == (20, 24)
    # A saved characterisation is as good as its image.
    characterise(ROCK, ("S2", "L"), r_max=9).save(tmp_path / "rock.npz")
    saved = (tmp_path / "rock.npz").read_bytes()
    again = ended(desk_, ask(desk_, "reconstructions", asked | {"r_max": 9}, characterisation=saved))
    assert content(desk_, again, "reconstructions.npz") == content(desk_, told, "reconstructions.npz")


def test_syntheses_are_those_of_python(desk: Make):
    desk_ = desk()
    asked = {"size": "40x48", "method": "quilting", "variations": 2, "seed": 5}
    told = ended(desk_, ask(desk_, "syntheses", asked, exemplar=UPLOAD))
    expected = synthesise(ROCK[0], (40, 48), method="quilting", seed=5).image
    first = np.asarray(Image.open(io.BytesIO(content(desk_, told, "picture-0.png"))))
    np.testing.assert_array_equal(first, 255 * expected)
    assert len(tifffile.imread(io.BytesIO(content(desk_, told, "pictures.tif")))) == 2


@pytest.mark.parametrize("format_", ["npy", "tif", "zarr"])
def test_large_samples_are_the_models(desk: Make, tmp_path: Path, format_: str):
    desk_ = desk()
    asked = {"model": "endless", "size": [40, 300], "seed": 7, "n": 2, "format": format_}
    told = ended(desk_, ask(desk_, "samples", asked))
    expected = load(tmp_path / "endless").sample(2, seed=7, size=(40, 300))
    name = told.files[0].name
    found = content(desk_, told, name)
    if format_ == "npy":
        np.testing.assert_array_equal(np.load(io.BytesIO(found)), expected)
    elif format_ == "tif":
        np.testing.assert_array_equal(tifffile.imread(io.BytesIO(found)), 255 * expected)
    else:
        zarr = pytest.importorskip("zarr")
        (tmp_path / name).write_bytes(found)
        np.testing.assert_array_equal(zarr.open_array(zarr.storage.ZipStore(tmp_path / name))[:], expected)
    assert "uri" not in told.request
    shown = np.asarray(Image.open(io.BytesIO(asyncio.run(desk_.picture(told.id, ME)))))
    np.testing.assert_array_equal(shown, 255 * expected[0, :, :256])


@pytest.mark.parametrize(
    ("kind", "request_", "uploads", "words"),
    [
        ("reconstructions", {"shape": "16"}, {"image": UPLOAD}, "two whole numbers, or three"),
        ("reconstructions", {"shape": "9999x9999"}, {"image": UPLOAD}, "allowed here: up to 16777216 pixels"),
        ("reconstructions", {"target": "S2:much"}, {"image": UPLOAD}, "no weight"),
        ("reconstructions", {"target": "S9"}, {"image": UPLOAD}, "S9"),
        ("reconstructions", {"chains": 65}, {"image": UPLOAD}, "allowed here: 1 to 64"),
        ("reconstructions", {"moves": 10**12}, {"image": UPLOAD}, "trial moves"),
        ("reconstructions", {}, {"image": b"hello"}, "no image that is read here"),
        ("reconstructions", {}, {"characterisation": UPLOAD}, "give `shape`"),
        ("reconstructions", {"shape": "16x16"}, {"characterisation": UPLOAD}, r"no \.npz"),
        ("syntheses", {"size": "1x2x3"}, {"exemplar": UPLOAD}, "rows and columns"),
        ("syntheses", {"size": "9999"}, {"exemplar": UPLOAD}, "allowed here"),
        ("syntheses", {"method": "quilting", "kind": "colour"}, {"exemplar": UPLOAD[:60]}, "can be uploaded"),
        ("syntheses", {"method": "quilting"}, {"exemplar": UPLOAD, "annotation": UPLOAD}, "source_annotation"),
        ("samples", {"model": "nobody"}, {}, "known: endless"),
        ("samples", {"model": "endless", "size": 2**16}, {}, "allowed here: up to 2147483648"),
        ("samples", {"model": "endless", "size": [1, 2, 3]}, {}, "2 axes"),
    ],
)
def test_what_cannot_be_granted_is_refused_at_once(
    desk: Make, tmp_path: Path, kind: str, request_: dict, uploads: dict[str, bytes], words: str
):
    with pytest.raises(RaysysError, match=words):
        ask(desk(), kind, request_, **uploads)
    # Nothing is left of it.
    assert [path.name for path in (tmp_path / "jobs").iterdir() if path.is_dir()] == []


def test_a_picture_larger_than_memory_is_refused(desk: Make):
    with pytest.raises(RaysysError, match=r"2500 x 2500 pixels by quilting take about 1\.2 GB of memory; allowed here"):
        ask(desk(max_bytes=1e9), "syntheses", {"size": "2500", "method": "quilting"}, exemplar=UPLOAD)


def test_a_job_is_its_callers_where_there_are_tokens(desk: Make):
    desk_ = desk()
    mine = ask(desk_, "samples", {"model": "endless"}, key="k")
    assert ask(desk_, "samples", {"model": "endless"}, key="k").id == mine.id
    for words in (desk_.job, desk_.picture, desk_.cancel):
        with pytest.raises(RaysysError, match="no job"):
            asyncio.run(words(mine.id, "token:other"))
    assert asyncio.run(desk_.jobs("token:other")) == []
    assert [one.id for one in asyncio.run(desk_.jobs("host:here"))] == [mine.id]
    with pytest.raises(RaysysError, match="no such file"):
        asyncio.run(desk_.file(mine.id, "../jobs.db", ME))
    told = ended(desk_, mine)
    # Whoever removes a job that is over removes its files.
    asyncio.run(desk_.cancel(told.id, ME))
    with pytest.raises(RaysysError, match="no job"):
        asyncio.run(desk_.job(told.id, ME))


def test_another_desk_goes_on_to_the_same_files(desk: Make):
    asked = QUICK | {"shape": "24x24", "stages": 600, "moves": 500}
    first = desk()
    begun = ask(first, "reconstructions", asked, image=UPLOAD)
    while asyncio.run(first.job(begun.id, ME)).state == "waiting":
        time.sleep(0.01)
    first.stop()
    second = desk()
    told = ended(second, begun)
    whole = ended(second, ask(second, "reconstructions", asked, image=UPLOAD))
    assert [(file.name, file.sha256) for file in told.files] == [(file.name, file.sha256) for file in whole.files]


def test_a_cancelled_job_ends(desk: Make, tmp_path: Path):
    desk_ = desk()
    # An hour's work, of which a block is done in no time.
    job = ask(desk_, "samples", {"model": "endless", "size": [2**22, 64]})
    part = tmp_path / "jobs" / job.id / "work" / "samples.tif.part.json"
    while not part.exists():
        time.sleep(0.01)
    assert asyncio.run(desk_.cancel(job.id, ME)).state == "cancelled"
    # The next is worked at, so the worker has left it.
    ended(desk_, ask(desk_, "samples", {"model": "endless"}))
    assert asyncio.run(desk_.job(job.id, ME)).state == "cancelled"
    assert not part.parent.exists()
