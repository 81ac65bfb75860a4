"""`raysys compare` prints, writes and tracks what `raysys.assess.compare_methods` finds."""

import csv
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mlflow.tracking import MlflowClient
from support.generators import save_generator
from support.phases import alloy, alloy_model, alloy_tiles
from support.rock import TILE
from typer.testing import CliRunner, Result

from raysys.assess import compare_methods
from raysys.cli import app
from raysys.data import DataSettings, Tiles, gaussian_random_field, prepare, write_images
from raysys.methods.classifier.model import ClassifierModel
from raysys.methods.classifier.network import Classifier
from raysys.models import ModelCard, save_model
from raysys.stats import Characterisation, memorising

__all__ = ["alloy", "alloy_model", "alloy_tiles"]

NAMES = ("S2", "P3H", "P4", "L")
Run = Callable[..., Result]


def rows(path: str) -> list[dict[str, str]]:
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory, rock_tiles: Tiles, ray: None) -> Path:
    """What the command leaves that anneals on S2 alone."""
    folder = tmp_path_factory.mktemp("farm")
    write_images(folder / "train.npy", rock_tiles.train)
    small = ["--shape", "16", "16", "--stages", "40", "--moves", "300", "--workers", "1", "--no-track"]
    asked = [
        "anneal",
        str(folder / "train.npy"),
        *small,
        "--target",
        "S2",
        "--out",
        str(folder / "s2"),
        "--chains",
        "6",
    ]
    result = CliRunner().invoke(app, asked)
    assert result.exit_code == 0, result.output
    return folder / "s2"


def test_what_is_found_is_printed_written_and_tracked(
    raysys: Run,
    rock: Path,
    rock_tiles: Tiles,
    rock_model: Path,
    rock_farms: dict[str, Path],
    farm: Path,
    tracking_uri: str,
):
    write_images("copy.npy", rock_tiles.held_out)
    sets = ["--model", f"gan={rock_model}", "--annealed", farm, "--annealed", f"better={rock_farms['more']}"]
    sets += ["--images", "copy=copy.npy", "--descriptors", ",".join(NAMES)]
    store = ["--tracking-uri", tracking_uri, "--experiment", "comparisons"]
    result = raysys("compare", rock, "--power", "none", *sets, *store, "-o", "out", "--report", "page.html")
    assert result.exit_code == 0, result.output
    origins = {"gan": rock_model, "s2": farm, "better": rock_farms["more"], "copy": rock_tiles.held_out}
    expected = compare_methods(rock, origins, descriptors=NAMES, power="none")
    for notice in expected.notices:
        assert f"raysys: {notice}" in result.stderr
    untimed = {subject: sentence for subject, sentence in expected.sentences.items() if subject != "time"}
    said = {row["subject"]: row["verdict"] for row in rows("out/verdicts.csv")}
    assert "s2 takes" in said.pop("time")
    assert said == untimed
    assert all(sentence in result.stdout for sentence in untimed.values())
    assert "real: 18 images of 16 x 16 pixels, phase fraction" in result.stdout
    assert expected.band in " ".join(result.stdout.split())
    written = [{key: str(value) for key, value in row.items()} for row in expected.rows("errors")]
    assert rows("out/errors.csv") == written
    _check_run(tracking_uri, result.stdout)
    page = Path("page.html").read_text()
    assert all(f'data-set="{name}"' in page for name in origins)
    assert all(f'data-verdict="{name}"' in page for name in (*NAMES, "pores/area", "pores/orientation", "claim"))


def _check_run(uri: str, stdout: str) -> None:
    client = MlflowClient(tracking_uri=uri)
    run = client.get_run(stdout.split("MLflow run ")[1].split()[0])
    assert run.info.status == "FINISHED"
    assert run.data.params["n"] == "18"
    assert run.data.params["models.gan"].endswith("tiny")
    kept = {one.path for one in client.list_artifacts(run.info.run_id)}
    tables = {"verdict.json", "numbers.csv", "errors.csv", "verdicts.csv", "methods.csv", "nearest.csv"}
    assert kept == {"characterisations", "page.html", *tables}


def test_a_set_of_training_windows_is_said_to_be_copies(
    raysys: Run, rock: Path, rock_tiles: Tiles, rock_model: Path, tmp_path: Path
):
    random = np.random.default_rng(2)
    corners = [(random.integers(0, 96 - TILE), random.integers(0, 144 - TILE)) for _ in range(20)]
    windows = np.stack([rock_tiles.image[y : y + TILE, x : x + TILE] for y, x in corners])
    thief = np.rot90(windows, axes=(1, 2)) ^ (random.random(windows.shape) < 0.02)
    new = gaussian_random_field((TILE, TILE), correlation_length=2.0, phase_fraction=0.35, seed=8, n=20)
    for name, images in (("thief", thief), ("new", new)):
        write_images(tmp_path / f"{name}.npy", images)
    sets = ("--model", f"gan={rock_model}", "--images", "thief=thief.npy", "--images", "new=new.npy", "-n", 10)
    options = ("--no-track", "--no-pores", "--descriptors", "S2", "--report", "page.html", "-o", "out")
    result = raysys("compare", rock, "--power", "none", *sets, *options)
    assert result.exit_code == 0, result.output
    found = {row["set"]: row for row in rows("out/nearest.csv")}
    expected = memorising(thief, [rock_tiles.image[:, :144]], [rock_tiles.image[:, 144:]])
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


def test_looking_for_copies_can_be_switched_off_and_made_smaller(raysys: Run, rock: Path, rock_model: Path):
    options = ("--model", f"gan={rock_model}", "--no-track", "--no-pores", "--descriptors", "S2", "-n", 6)
    assert raysys("compare", rock, "--power", "none", *options, "--nearest", 0).exit_code == 0
    assert not Path("comparison/nearest.csv").exists()
    smaller = ("--nearest", 8, "--nearest-side", 8, "-o", "parts", "--report", "p.html")
    result = raysys("compare", rock, "--power", "none", *options, *smaller)
    assert result.exit_code == 0, result.output
    assert [row["images"] for row in rows("parts/nearest.csv")] == ["8"]
    told = "8 of 24 windows of the images of gan were looked up among the training windows."
    assert told in Path("p.html").read_text()


def test_models_that_were_trained_on_another_part_are_not_judged(
    raysys: Run, rock: Path, rock_tiles: Tiles, rock_model: Path, model_folder: Path, tmp_path: Path
):
    otherwise = prepare(DataSettings(images=str(rock), tile=TILE, stride=TILE, held_out=0.5))
    save_generator(tmp_path, "half", provenance={"data": otherwise.provenance})
    write_images(tmp_path / "tiles.npy", rock_tiles.held_out)
    write_images(tmp_path / "small.npy", rock_tiles.held_out[:, :8, :8])
    sets = ["--model", f"gan={rock_model}", "--model", f"half={tmp_path / 'half'}", "--model", f"bare={model_folder}"]
    sets += ["--images", "tiles=tiles.npy", "--images", "small=small.npy", "--report", "p.html"]
    result = raysys(
        "compare", rock, "--power", "none", *sets, "--no-track", "--no-pores", "--descriptors", "S2", "-n", 10
    )
    assert result.exit_code == 0, result.output
    assert [row["set"] for row in rows("comparison/nearest.csv")] == ["gan", "tiles", "small"]
    page = Path("p.html").read_text()
    for name in ("half", "bare"):
        assert f"Whether {name} copies the training image was not looked at: its card does not say that" in page
        assert f'data-nearest="{name}"' not in page
    assert "held-out tiles, for gan, tiles" in page  # each beside real windows of its own size
    assert "held-out tiles, for small" in page


def test_options_prepare_the_image_and_draw_the_samples(raysys: Run, rock: Path, rock_model: Path):
    options = ("--no-track", "--no-pores", "--descriptors", "S2", "-n", 2, "--tile", 32, "--r-max", 5, "--seed", 4)
    result = raysys("compare", rock, "--power", "none", "--model", f"gan={rock_model}", *options)
    assert result.exit_code == 0, result.output
    assert "the options say so" in result.stderr
    assert Characterisation.load("comparison/real.npz").n == 18
    drawn = Characterisation.load("comparison/gan.npz")
    assert (drawn.n, drawn.shape, drawn.curves["S2"].r[-1]) == (2, (32, 32), 5)
    assert rows("comparison/methods.csv")[0]["told"].startswith("seeds 4 to 5, timed here on cpu")
    assert not Path("mlflow.db").exists()


def test_label_images_are_compared_by_all_of_their_phases(
    raysys: Run, alloy: Path, alloy_tiles: Tiles, alloy_model: Path
):
    np.save("tiles.npy", np.array([0, 128, 255], np.uint8)[alloy_tiles.train])
    named = ["--phases", "{pore: 0, grain: 128, rim: 255}"]
    sets = ["--model", f"gan={alloy_model}", "--images", "tiles=tiles.npy", *named]
    options = ["--no-track", "--no-pores", "--descriptors", "S2,L", "--nearest", 0, "--report", "page.html"]
    result = raysys("compare", alloy, "--power", "none", *sets, *options)
    assert result.exit_code == 0, result.output
    origins = {"gan": alloy_model, "tiles": alloy_tiles.train}
    expected = compare_methods(alloy, origins, descriptors="S2,L", pores=False, nearest=0, power="none")
    written = [{key: str(value) for key, value in row.items()} for row in expected.rows()]
    assert rows("comparison/errors.csv") == written
    assert all(sentence in result.stdout for sentence in expected.sentences.values())
    fractions = [f"{name} {one.characterisations['gan'].phase_fraction:.4f}" for name, one in expected.phases.items()]
    assert f"gan: 18 images of 16 x 16 pixels, phase fractions {', '.join(fractions)}, boundary open" in result.stdout
    assert "rim: MSE against real" in result.stdout
    assert "rim: Correlation functions" in Path("page.html").read_text()


def test_models_that_make_no_images_are_refused(refused: Callable[..., str], rock: Path, tmp_path: Path):
    network = Classifier(classes=("discs", "stripes"), size=16, width=2, depth=1)
    card = ModelCard(
        name="kinds",
        architecture="classifier",
        hyperparameters=network.hyperparameters,
        images={"shape": (16, 16)},
    )
    save_model(tmp_path / "kinds", ClassifierModel(card, network))
    sentence = refused("compare", rock, "--model", f"c={tmp_path / 'kinds'}")
    assert "tells classes of images apart" in sentence


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["{rock}"], "nothing to compare with the real images"),
        (
            ["{grey}", "--model", "m={model}"],
            "is grey, and nobody says which of its phases is compared; add --phase",
        ),
        (["{rock}", "--images", "a={rock}", "--images", "a={rock}"], "there is a set a already"),
        (
            ["{rock}", "--model", "m={model}", "--tile", "16", "--nearest", "4"],
            "no model's card says how this one was prepared",
        ),
        (["{rock}", "--model", "m={model}", "--nearest-side", "17"], "allowed: --nearest-side 2 to 16"),
        (["{rock}", "--images", "real={rock}"], "there is a set real already"),
        (["{rock}", "--images", "a="], "write it as NAME=FILE"),
        (["{rock}", "--annealed", "{model}"], "is no folder of raysys anneal: it has no chains/farm.npz"),
        (["{rock}", "--model", "m={model}", "-o", "{rock}"], "rock.tif is a file; allowed: a folder, or the name of a"),
        (["{rock}", "--images", "a={rock}", "--phases", "{{pore"], "--phases {pore is no YAML"),
        (["{rock}", "--model", "m={model}", "--phases", "all"], "is for label images, and --model m makes binary ones"),
        (["no.tif", "--model", "m={model}"], "no.tif does not exist"),
        (
            ["{rock}", "--model", "m={model}", "--tile", "500"],
            "has images of 96 x 192 pixels, smaller than a tile of 500",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(
    refused: Callable[..., str], rock: Path, grey: Path, rock_model: Path, arguments: list[str], expected: str
):
    paths = {"rock": rock, "grey": grey, "model": rock_model}
    assert expected in refused("compare", *(text.format(**paths) for text in arguments))


def test_ctrl_c_while_files_are_written_names_those_that_are_there(raysys: Run, monkeypatch: pytest.MonkeyPatch):
    for seed, name in ((1, "real.npy"), (2, "other.npy")):
        np.save(name, gaussian_random_field((24, 24), correlation_length=2.0, phase_fraction=0.4, seed=seed, n=6))
    asked = ("compare", "real.npy", "--images", "o=other.npy", "--descriptors", "S2", "--no-pores")
    asked += ("--power", "none", "--nearest", "0", "--no-track", "-o", "out")

    def pressed(*_: object, **__: object) -> None:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("raysys.assess.methods.records.write_csv", pressed)
    result = raysys(*asked)
    assert result.exit_code == 130
    assert {path.name for path in Path("out").iterdir()} == {"real.npz", "o.npz", "verdict.json"}
    kept = "of this comparison out holds real.npz, o.npz, verdict.json"
    assert result.stderr.splitlines()[-1] == f"raysys: interrupted; {kept}, the whole again: raysys {' '.join(asked)}"
