"""`raysys compare`: an untrained generator and two tiny farms against the tiles held out of a micrograph."""

import csv
import math
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mlflow.tracking import MlflowClient
from typer.testing import CliRunner, Result

from raysys import RaysysError
from raysys.assess.methods import copies
from raysys.assess.methods.copies import Asked, check_asked, memorised
from raysys.assess.methods.reference import Real
from raysys.assess.methods.sets import farm, training_seconds
from raysys.cli import app
from raysys.data import DataSettings, Tiles, gaussian_random_field, prepare, read_images, write_images
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.network import Classifier
from raysys.methods.wgan_gp.model import GanModel
from raysys.methods.wgan_gp.networks import Generator
from raysys.models import ModelCard, load, save_model
from raysys.models.registry import register, tracking_client
from raysys.stats import Characterisation, characterise, compare, memorising, real_against_real
from raysys.train.tracking import start_run

TILE = 16
NAMES = ("S2", "P3H", "P4", "L")
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a micrograph of two phases, and what the tests make of it."""
    folder = tmp_path_factory.mktemp("compare")
    image = gaussian_random_field((96, 192), correlation_length=2.0, phase_fraction=0.35, seed=3, n=1)
    write_images(folder / "rock.tif", image)
    return folder


@pytest.fixture(scope="module")
def held(place: Path) -> Tiles:
    return prepare(DataSettings(images=str(place / "rock.tif"), tile=TILE, stride=TILE))


@pytest.fixture(scope="module")
def model(place: Path, held: Tiles, model_folder: Path) -> Path:
    """The untrained generator, with a card that says how the micrograph was prepared."""
    untrained = load(model_folder)
    card = untrained.card.model_copy(update={"provenance": {"data": held.provenance, "step": 7}})
    assert isinstance(untrained.network, Generator)
    return save_model(place / "tiny", GanModel(card, untrained.network))


@pytest.fixture(scope="module")
def farms(place: Path, held: Tiles, ray: None) -> dict[str, Path]:
    """Annealed on S2 alone, and on more."""
    write_images(place / "train.npy", held.train)
    found = {name: place / name for name in ("s2", "more")}
    small = ["--shape", "16", "16", "--stages", "40", "--moves", "300", "--workers", "1", "--no-track"]
    for name, target in (("s2", "S2"), ("more", "S2,L")):
        asked = ["anneal", str(place / "train.npy"), *small, "--target", target, "--out", str(found[name])]
        result = CliRunner().invoke(app, [*asked, "--chains", "6"])
        assert result.exit_code == 0, result.output
    return found


def rows(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def compared(raysys: Run, place: Path, held: Tiles, model: Path, farms: dict[str, Path], tmp_path: Path) -> Result:
    """Everything at once, a copy of the reference and white noise among it."""
    noise = (np.random.default_rng(5).random(held.held_out.shape) < held.held_out.mean()).astype(np.uint8)
    for name, images in (("copy", held.held_out), ("noise", noise)):
        write_images(tmp_path / f"{name}.npy", images)
    sets = ["--model", f"gan={model}", "--annealed", farms["s2"], "--annealed", f"better={farms['more']}"]
    sets += ["--images", "copy=copy.npy", "--images", "noise=noise.npy", "--descriptors", ",".join(NAMES)]
    store = ["--tracking-uri", f"sqlite:///{tmp_path}/mlflow.db", "--experiment", "comparisons"]
    result = raysys("compare", place / "rock.tif", *sets, *store, "-o", "out", "--report", "page.html")
    assert result.exit_code == 0, result.output
    return result


def test_numbers_are_those_of_the_held_out_tiles_and_verdicts_follow_them(
    compared: Result, held: Tiles, model: Path, farms: dict[str, Path], tmp_path: Path
):
    assert f"Reference: {len(held.held_out)} tiles of 16 x 16 pixels" in compared.stderr
    _check_errors(held, model, farms, tmp_path)
    _check_sentences(compared)
    _check_run(f"sqlite:///{tmp_path}/mlflow.db", compared)
    page = Path("page.html").read_text()
    assert all(f'data-set="{name}"' in page for name in ("gan", "s2", "better", "copy", "noise"))
    assert all(f'data-verdict="{name}"' in page for name in (*NAMES, "pores/area", "pores/orientation", "claim"))


def _check_errors(held: Tiles, model: Path, farms: dict[str, Path], folder: Path) -> None:
    real = characterise(held.held_out, NAMES)
    others = held.train[held.train_inside]
    # Their regions are too unequal for sets as large as the reference, so that both are as large as can be.
    band = real_against_real(characterise(others, NAMES), groups=held.train_groups[held.train_inside])
    images = {"gan": load(model).sample(len(held.held_out)), "noise": read_images(folder / "noise.npy")}
    images |= {"copy": held.held_out, "s2": read_images(farms["s2"] / "images.tif") // 255}
    found = {(row["set"], row["descriptor"]): row for row in rows("out/errors.csv")}
    assert len(found) == 5 * len(NAMES)
    for name, one in images.items():
        for descriptor, error in compare(real, characterise(one, NAMES)).items():
            row = found[name, descriptor]
            assert float(row["mse"]) == error
            assert float(row["times_band"]) == pytest.approx(error / band[descriptor].high)
            assert row["verdict"] == ("above" if error > band[descriptor].high else row["verdict"])
    assert {found["copy", name]["verdict"] for name in NAMES} == {"below"}
    assert {found["noise", name]["verdict"] for name in NAMES} == {"above"}
    assert [found[name, "S2"]["asked"] for name in ("gan", "s2", "better")] == ["", "S2", "S2 L"]
    assert Characterisation.load("out/real.npz").pores is not None


def _check_sentences(compared: Result) -> None:
    said = {row["subject"]: row["verdict"] for row in rows("out/verdicts.csv")}
    assert list(said)[: len(NAMES)] == list(NAMES)
    for name in NAMES:
        assert "copy lies within the band" in said[name]
        assert "noise lies outside the band, at" in said[name]
        assert "copy is the nearest, without any error" in said[name]
    assert "for gan against s2" in said["claim"]
    assert "against better" not in said["claim"]
    assert said["annealed"].startswith("better, annealed on S2 and L, against s2, annealed on two points alone")
    assert "s2 takes" in said["time"]
    assert all(sentence in compared.stdout for sentence in said.values())


def _check_run(uri: str, compared: Result) -> None:
    client = MlflowClient(tracking_uri=uri)
    run = client.get_run(compared.stdout.split("MLflow run ")[1].split()[0])
    assert run.data.tags["raysys.kind"] == "comparison"
    assert run.info.status == "FINISHED"
    for row in rows("out/errors.csv"):
        key = f"{row['set']}/{row['descriptor']}"
        assert run.data.metrics[f"mse/{key}"] == float(row["mse"])
        assert run.data.metrics[f"times_band/{key}"] == float(row["times_band"])
    assert run.data.metrics["seconds_per_image/s2"] > 0
    kept = {one.path for one in client.list_artifacts(run.info.run_id)}
    tables = {"errors.csv", "verdicts.csv", "methods.csv", "nearest.csv"}
    assert kept == {"characterisations", "page.html", *tables}
    for row in rows("out/nearest.csv"):
        assert run.data.metrics[f"near_p/{row['set']}"] == float(row["p"])


def test_a_set_of_training_windows_is_said_to_be_copies(
    raysys: Run, place: Path, held: Tiles, model: Path, tmp_path: Path
):
    random = np.random.default_rng(2)
    corners = [(random.integers(0, 96 - TILE), random.integers(0, 144 - TILE)) for _ in range(20)]
    windows = np.stack([held.image[y : y + TILE, x : x + TILE] for y, x in corners])
    thief = np.rot90(windows, axes=(1, 2)) ^ (random.random(windows.shape) < 0.02)
    new = gaussian_random_field((TILE, TILE), correlation_length=2.0, phase_fraction=0.35, seed=8, n=20)
    for name, images in (("thief", thief), ("new", new)):
        write_images(tmp_path / f"{name}.npy", images)
    sets = ("--model", f"gan={model}", "--images", "thief=thief.npy", "--images", "new=new.npy", "-n", 10)
    options = ("--no-track", "--no-pores", "--descriptors", "S2", "--report", "page.html", "-o", "out")
    result = raysys("compare", place / "rock.tif", *sets, *options)
    assert result.exit_code == 0, result.output
    found = {row["set"]: row for row in rows("out/nearest.csv")}
    expected = memorising(thief, [held.image[:, :144]], [held.image[:, 144:]])
    assert found["thief"]["verdict"] == expected.kind == "copies"
    assert float(found["thief"]["p"]) == expected.p
    assert float(found["thief"]["median_distance"]) < 0.03
    assert (found["new"]["verdict"], found["gan"]["images"]) == ("no copies", "10")
    said = next(row["verdict"] for row in rows("out/verdicts.csv") if row["subject"] == "nearest")
    assert f"thief: {expected.verdict}. new: no sign of copies" in said
    page = Path("page.html").read_text()
    assert "Nearest training windows" in page
    assert page.count('alt="thief, pair') == 8
    assert 'data-nearest="new"' in page


def test_looking_for_copies_can_be_switched_off_and_made_smaller(raysys: Run, place: Path, model: Path):
    options = ("--model", f"gan={model}", "--no-track", "--no-pores", "--descriptors", "S2", "-n", 6)
    assert raysys("compare", place / "rock.tif", *options, "--nearest", 0).exit_code == 0
    assert not Path("comparison/nearest.csv").exists()
    smaller = ("--nearest", 8, "--nearest-side", 8, "-o", "parts", "--report", "p.html")
    result = raysys("compare", place / "rock.tif", *options, *smaller)
    assert result.exit_code == 0, result.output
    assert [row["images"] for row in rows("parts/nearest.csv")] == ["8"]
    told = "8 of 24 windows of the images of gan were looked up among the training windows."
    assert told in Path("p.html").read_text()


def test_models_that_were_trained_on_another_part_are_not_judged(
    raysys: Run, place: Path, held: Tiles, model: Path, model_folder: Path, tmp_path: Path
):
    otherwise = prepare(DataSettings(images=str(place / "rock.tif"), tile=TILE, stride=TILE, held_out=0.5))
    first = load(model)
    card = first.card.model_copy(update={"provenance": {"data": otherwise.provenance}})
    assert isinstance(first, GanModel)
    save_model(tmp_path / "half", GanModel(card, first.network))
    write_images(tmp_path / "tiles.npy", held.held_out)
    write_images(tmp_path / "small.npy", held.held_out[:, :8, :8])
    sets = ["--model", f"gan={model}", "--model", f"half={tmp_path / 'half'}", "--model", f"bare={model_folder}"]
    sets += ["--images", "tiles=tiles.npy", "--images", "small=small.npy", "--report", "p.html"]
    result = raysys("compare", place / "rock.tif", *sets, "--no-track", "--no-pores", "--descriptors", "S2", "-n", 10)
    assert result.exit_code == 0, result.output
    assert [row["set"] for row in rows("comparison/nearest.csv")] == ["gan", "tiles", "small"]
    page = Path("p.html").read_text()
    for name in ("half", "bare"):
        assert f"Whether {name} copies the training image was not looked at: its card does not say that" in page
        assert f'data-nearest="{name}"' not in page
    assert "held-out tiles, for gan, tiles" in page  # each beside real windows of its own size
    assert "held-out tiles, for small" in page


@pytest.fixture
def rock(held: Tiles) -> Real:
    return Real(held.held_out, training=[held.image[:, :144]], aside=[held.image[:, 144:]])


@pytest.mark.parametrize(
    ("shape", "asked", "windows", "note"),
    [
        ((3, 48, 48), Asked(), 27, ""),
        ((1, 256, 256), Asked(), 64, "64 of 256 windows of the images of a were looked up among the training windows."),
        ((1, 256, 256), Asked(images=10), 10, "10 of 256 windows of the images of a"),
        ((9, 16, 16), Asked(images=3), 3, "3 of 9 images of a were looked up"),
        ((9, 16, 16), Asked(images=6, side=8), 6, "6 of 36 windows of the images of a"),
    ],
    ids=str,
)
def test_windows_are_counted_not_images(rock: Real, shape: tuple[int, ...], asked: Asked, windows: int, note: str):
    found = memorised(rock, {"a": np.random.default_rng(1).integers(0, 2, shape, np.uint8)}, asked)
    assert len(found.found["a"].generated) == windows
    assert [one.startswith(note) for one in found.notes] == [True] * bool(note)


def test_a_large_training_image_is_left_out_unless_asked_for(rock: Real, monkeypatch: pytest.MonkeyPatch):
    images = {"a": rock.images[:10]}
    monkeypatch.setattr(copies, "WORK", 7 * 96 * 144 * 8)  # seven images of eight symmetries
    left = memorised(rock, images, Asked())
    assert left.found == {}
    assert left.notes == ["Whether a copies the training image was not looked at: it is large; --nearest 16 does it."]
    assert len(memorised(rock, images, Asked(images=9)).found["a"].generated) == 9


def test_what_nobody_asked_for_refuses_nothing(rock: Real):
    flat = {"flat": np.zeros((8, 8, 32), np.uint8), "tiles": rock.images}
    found = memorised(rock, flat, Asked())
    assert list(found.found) == ["tiles"]
    assert found.notes == [
        "Whether flat copies the training image was not looked at: side is 16; allowed: 2 to 8, the images' smallest."
    ]
    with pytest.raises(RaysysError, match="side is 16"):
        memorised(rock, flat, Asked(images=4))


@pytest.mark.parametrize(
    ("shape", "asked", "expected"),
    [
        ((16, 16), Asked(side=17), "17 pixels a side, and images of a have 16 x 16; allowed: --nearest-side 2 to 16"),
        ((8, 32), Asked(images=4), "16 pixels a side, and images of a have 8 x 32; allowed: --nearest-side 2 to 8"),
        ((64, 64), Asked(side=60), "60 x 60 pixels for a, and the held-out part of the real image has 96 x 48"),
        ((128, 128), Asked(side=100), "100 x 100 pixels for a, and the training part of the real image has 96 x 144"),
    ],
    ids=str,
)
def test_sides_that_do_not_fit_are_refused_before_anything_is_drawn(
    rock: Real, shape: tuple[int, int], asked: Asked, expected: str
):
    with pytest.raises(RaysysError) as error:
        check_asked(rock, asked, {"a": shape})
    assert expected in str(error.value)
    check_asked(rock, Asked(), {"a": shape})
    check_asked(rock, Asked(side=8), {"a": shape})
    check_asked(replace(rock, strangers=frozenset("a")), asked, {"a": shape})


def test_a_farm_gives_images_energies_and_seconds_of_its_chains(farms: dict[str, Path]):
    made = farm("s2", farms["s2"])
    np.testing.assert_array_equal(made.images, read_images(farms["s2"] / "images.tif") // 255)
    seconds = sorted(float(row["seconds"]) for row in rows(str(farms["s2"] / "energies.csv")))
    assert made.method.per_image == seconds[3]
    assert made.method.two_point_alone
    assert "stages 40" in made.method.told


def test_images_of_another_size_are_compared_up_to_the_common_lag(
    raysys: Run, place: Path, held: Tiles, model: Path, fields: np.ndarray
):
    write_images("large.npy", fields)  # 32 x 32
    sets = [
        "--model",
        f"gan={model}",
        "--images",
        "large=large.npy",
        "--no-pores",
        "--no-track",
        "--descriptors",
        "S2,L",
    ]
    result = raysys("compare", place / "rock.tif", *sets, "-n", 3)
    assert result.exit_code == 0, result.output
    assert "images of large have 32 x 32 pixels and real ones 16 x 16: curves are compared up to r = 7" in result.stderr
    assert Characterisation.load("comparison/large.npz").curves["S2"].r[-1] == 7
    assert Characterisation.load("comparison/gan.npz").n == 3
    assert f"gan has 3, large has 8, and the reference {len(held.held_out)}." in result.stderr
    assert not Path("mlflow.db").exists()


def test_without_a_card_the_images_own_tiles_are_the_reference(raysys: Run, place: Path, model_folder: Path):
    options = ("--model", f"gan={model_folder}", "--no-track", "--no-pores", "--descriptors", "S2", "-n", 2)
    result = raysys("compare", place / "rock.tif", *options)
    assert "72 tiles of 16 x 16 pixels, one every 16" in result.stderr  # 6 x 12
    assert Characterisation.load("comparison/real.npz").n == 72


def test_a_conditional_model_is_asked_for_the_real_phase_fractions(raysys: Run, place: Path, conditional_folder: Path):
    options = ("--no-track", "--no-pores", "--descriptors", "S2", "-n", 72)
    result = raysys("compare", place / "rock.tif", "--model", f"p={conditional_folder}", *options)
    assert result.exit_code == 0, result.output
    real = prepare(DataSettings(images=str(place / "rock.tif"), tile=16, stride=16, held_out=0)).train.mean((1, 2))
    model = load(conditional_folder)
    images = model.sample(72, condition=np.clip(real, 0.36, 0.7))
    found = Characterisation.load("comparison/p.npz").curves["S2"].values
    np.testing.assert_array_equal(found, characterise(images, ("S2",)).curves["S2"].values)
    outside = int(((real < 0.36) | (real > 0.7)).sum())
    assert outside > 0
    assert f"{outside} of 72 phase fractions of the real images lie outside 0.36 to 0.7" in result.stderr


def test_options_prepare_the_image_instead_of_the_card(raysys: Run, place: Path, model: Path):
    options = ("--model", f"gan={model}", "--no-track", "--no-pores", "--descriptors", "S2", "-n", 2, "--tile", 32)
    result = raysys("compare", place / "rock.tif", *options)
    assert "the options say so" in result.stderr
    assert Characterisation.load("comparison/real.npz").n == 18
    assert Characterisation.load("comparison/gan.npz").shape == (32, 32)


def test_a_generator_that_has_collapsed_is_said_and_not_judged(raysys: Run, place: Path, model: Path, tmp_path: Path):
    collapsed = load(model)
    for weights in collapsed.network.parameters():
        weights.data.zero_()
    save_model(tmp_path / "flat", collapsed)
    options = ("--no-track", "--no-pores", "--descriptors", "S2", "-n", 4)
    result = raysys("compare", place / "rock.tif", "--model", f"flat={tmp_path / 'flat'}", *options)
    assert result.exit_code == 0, result.output
    assert "all images of flat are the same: its generator has collapsed" in result.stderr
    assert "S2: flat cannot be judged (its images hold one phase only)." in result.stdout


def test_a_training_lasted_as_long_as_its_run(model_folder: Path, tmp_path: Path):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    run_id = start_run("training", experiment="e", uri=uri, tags={"raysys.kind": "train"})
    register(model_folder, "trained", run_id=run_id, tracking_uri=uri)
    time.sleep(0.05)
    client = tracking_client(uri)
    client.set_terminated(run_id)
    info = client.get_run(run_id).info
    assert training_seconds("trained", uri) == (info.end_time - info.start_time) / 1000 > 0
    assert training_seconds(f"runs:/{run_id}/model", uri) == training_seconds("models:/trained/1", uri)
    register(model_folder, "by-hand", tracking_uri=uri)
    assert math.isnan(training_seconds("by-hand", uri))
    assert math.isnan(training_seconds(str(model_folder), uri))


@pytest.fixture
def broken(farms: dict[str, Path], tmp_path: Path) -> Callable[[str], Path]:
    """A farm's folder with something wrong: unended, failed, under way, or of no chain."""

    def make(what: str) -> Path:
        folder = tmp_path / "broken"
        shutil.copytree(farms["s2"], folder)
        if what == "interrupted":
            (folder / "energies.csv").unlink()
        elif what == "failed":
            lines = (folder / "energies.csv").read_text().splitlines()
            (folder / "energies.csv").write_text("\n".join([*lines[:-2], "4,,,,,,,killed", "5,,,,,,,killed", ""]))
        elif what == "under way":
            shutil.copy(folder / "chains" / "farm.npz", folder / "chains" / "chain-000007.npz")
        else:
            shutil.rmtree(folder / "chains")
        return folder

    return make


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ("interrupted", "is not complete: its farm was interrupted (6 chains have ended, and 0 are under way)"),
        ("failed", "is not complete: 2 of 6 chains are missing (4, 5); the same raysys anneal command goes on"),
        ("under way", "is not complete: 1 of 8 chains are missing (7)"),
        ("no farm", "is no folder of raysys anneal: it has no chains/farm.npz"),
    ],
)
def test_a_farm_that_is_not_complete_is_refused(
    refused: Callable[..., str], broken: Callable[[str], Path], place: Path, what: str, expected: str
):
    assert expected in refused("compare", place / "rock.tif", "--annealed", broken(what))


def test_models_that_make_no_images_are_refused(refused: Callable[..., str], place: Path, tmp_path: Path):
    network = Classifier(classes=("discs", "stripes"), size=16, width=2, depth=1)
    card = ModelCard(
        name="kinds",
        architecture="classifier",
        hyperparameters=network.hyperparameters,
        images={"shape": (16, 16)},
    )
    save_model(tmp_path / "kinds", ClassifierModel(card, network))
    sentence = refused("compare", place / "rock.tif", "--model", f"c={tmp_path / 'kinds'}")
    assert "tells classes of images apart" in sentence


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["{rock}"], "nothing to compare with the real images"),
        (["{grey}", "--model", "m={model}"], "is grey, and nobody says which of its phases is compared; add --phase"),
        (["{rock}", "--images", "a={rock}", "--images", "a={rock}"], "there is a set a already"),
        (
            ["{rock}", "--model", "m={model}", "--tile", "16", "--nearest", "4"],
            "no model's card says how this one was prepared",
        ),
        (["{rock}", "--model", "m={model}", "--nearest-side", "17"], "allowed: --nearest-side 2 to 16"),
        (["{rock}", "--images", "real={rock}"], "there is a set real already"),
        (["{rock}", "--images", "a="], "write it as NAME=FILE"),
        (["no.tif", "--model", "m={model}"], "no.tif does not exist"),
        (
            ["{rock}", "--model", "m={model}", "--tile", "500"],
            "has images of 96 x 192 pixels, smaller than a tile of 500",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    refused: Callable[..., str], place: Path, grey: Path, model: Path, arguments: list[str], expected: str
):
    paths = {"rock": place / "rock.tif", "grey": grey, "model": model}
    assert expected in refused("compare", *(text.format(**paths) for text in arguments))
