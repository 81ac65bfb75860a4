"""`raysys models`, `sample` and `serve` with a tiny registered model."""

import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import Result

from raysys.cli.serve import wanted_models
from raysys.errors import RaysysError
from raysys.models import load
from raysys.models.card import portable

Run = Callable[..., Result]
Refused = Callable[..., str]


def test_list_shows_versions_and_aliases(raysys: Run, tracking_uri: str):
    shown = raysys("models", "list", "--tracking-uri", tracking_uri).stdout
    assert tracking_uri in shown
    assert "champion = 2" in shown


def test_show_tells_what_the_card_says(raysys: Run, tracking_uri: str, model_folder: Path):
    shown = raysys("models", "show", "tiny", "--tracking-uri", tracking_uri).stdout
    for words in ("wgan-gp", "latent_channels", "16 x 16", "skimage:gravel", "0.125", "Versions of tiny", "champion"):
        assert words in shown
    assert "wgan-gp" in raysys("models", "show", model_folder).stdout
    assert "wgan-gp" in raysys("models", "show", "models:/tiny/1", "--tracking-uri", tracking_uri).stdout


def test_sample_writes_what_the_model_draws(raysys: Run, tracking_uri: str, model_folder: Path):
    options = ("-n", 3, "--seed", 7, "--size", "40x24", "--tracking-uri", tracking_uri)
    result = raysys("sample", "tiny", *options, "-o", "s.npy")
    assert result.exit_code == 0, result.output
    np.testing.assert_array_equal(np.load("s.npy"), load(model_folder).sample(3, seed=7, size=(40, 24)))
    assert "seeds 7 to 9" in result.stdout
    assert "wrote s.npy (3 of 40 x 24 pixels)" in result.stdout


@pytest.mark.parametrize("origin", [("0", "256"), ("-64", "0"), ("-64x0",), ("-3,-7",)])
def test_sample_begins_where_it_is_asked_to(raysys: Run, model_folder: Path, origin: tuple[str, ...]):
    options = ("--origin", *origin, "--size", "40", "24", "--seed", 7, "-o", "s.npy")
    result = raysys("sample", model_folder, *options)
    assert result.exit_code == 0, result.output
    first = [int(word) for word in " ".join(origin).replace("x", " ").replace(",", " ").split()]
    np.testing.assert_array_equal(np.load("s.npy"), load(model_folder).sample(1, seed=7, size=(40, 24), origin=first))


def test_sample_asks_a_conditional_model(raysys: Run, refused: Refused, conditional_folder: Path):
    model = load(conditional_folder)
    for text, asked in (("0.5", 0.5), ("0.4,0.6", [0.4, 0.6])):
        options = ("-n", 2, "--seed", 7, "--condition", f"phase_fraction={text}", "-o", "s.npy")
        assert raysys("sample", conditional_folder, *options).exit_code == 0
        np.testing.assert_array_equal(np.load("s.npy"), model.sample(2, seed=7, condition=asked))
    shown = raysys("models", "show", conditional_folder).stdout
    assert "phase_fraction from 0.36 to 0.7; 0.4 if not asked" in shown
    Path("s.npy").unlink()
    for text, expected in (("0.5", "write it as phase_fraction=0.2"), ("phase_fraction=0.9", "allowed: 0.36 to 0.7")):
        assert expected in refused("sample", conditional_folder, "--condition", text, "-o", "s.png")


def test_several_samples_stand_in_a_row_of_one_png(raysys: Run, model_folder: Path):
    assert raysys("sample", model_folder, "-n", 4, "--periodic", "--size", 32, "-o", "s.png").exit_code == 0
    assert Image.open("s.png").size == (4 * 32 + 3 * 2, 32)


def test_every_registered_model_is_served_by_default(tracking_uri: str, model_folder: Path):
    assert wanted_models(None, tracking_uri) == {"tiny": "models:/tiny@champion"}
    assert wanted_models(["tiny"], tracking_uri) == {"tiny": "models:/tiny@champion"}
    assert wanted_models([f"rock={model_folder}"], None) == {"rock": str(model_folder)}
    assert wanted_models(["trained:gravel"], None) == {"gravel": "trained:gravel"}
    with pytest.raises(RaysysError, match="under which name"):
        wanted_models([str(model_folder)], None)
    with pytest.raises(RaysysError, match="NAME=URI"):
        wanted_models(["rock="], None)


def test_a_registered_model_that_makes_no_images_is_served_too(tmp_path: Path, model_folder: Path):
    from raysys.methods.classifier.model import ClassifierModel
    from raysys.methods.classifier.network import Classifier
    from raysys.models import ModelCard, save_model
    from raysys.models.registry import register

    network = Classifier(classes=("discs", "stripes"), size=16, width=2, depth=1)
    card = ModelCard(
        name="judge", architecture="classifier", hyperparameters=network.hyperparameters, images={"shape": (16, 16)}
    )
    folder = save_model(tmp_path / "judge", ClassifierModel(card, network))
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    register(folder, "judge", tracking_uri=uri)
    assert wanted_models(None, uri) == {"judge": "models:/judge@champion"}
    register(model_folder, "tiny", tracking_uri=uri)
    assert wanted_models(None, uri) == {name: f"models:/{name}@champion" for name in ("judge", "tiny")}


@pytest.mark.usefixtures("ray")
def test_a_port_in_use_is_refused(refused: Refused, model_folder: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} on 127.0.0.1 cannot be used" in refused("serve", f"tiny={model_folder}", "--port", port)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda folder: (folder / "model.safetensors").write_bytes(b"short"), "model.safetensors is damaged"),
        (lambda folder: (folder / "model.safetensors").unlink(), "incomplete"),
        (lambda folder: (folder / "model.json").write_text("{"), "no model card"),
        (lambda folder: (folder / "MLmodel").write_text("flavors: {sklearn: {}}"), "was not saved by raysys"),
        (lambda folder: (folder / "MLmodel").unlink(), "no saved model"),
    ],
)
def test_corrupt_and_foreign_folders_are_refused(
    refused: Refused, tmp_path: Path, model_folder: Path, damage: Callable[[Path], object], expected: str
):
    folder = tmp_path / "broken"
    shutil.copytree(model_folder, folder)
    damage(folder)
    assert expected in refused("sample", folder, "-o", "s.png")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["-o", "s.docx"], "unknown format"),
        (["-o", "s.png", "--size", "12a"], "--size 12a"),
        (["-o", "s.png", "--size", "0"], "size (0, 0)"),
        (["-o", "s.png", "--size", "30", "--periodic"], "multiple of its lattice cell"),
        (["-o", "s.png", "--condition", "phase_fraction=0.2"], "not conditional"),
        (["-o", "s.png", "--url", "localhost:8000"], "begins with http"),
        (["-o", "s.zarr", "--url", "http://127.0.0.1:1"], "-o s.zarr: what an endpoint draws is written as .png"),
        (["-o", "s.png", "--url", "http://127.0.0.1:1"], "no endpoint of raysys answers"),
    ],
)
def test_wrong_requests_are_refused(refused: Refused, model_folder: Path, options: list[str], expected: str):
    assert expected in refused("sample", model_folder, *options)


def test_where_nothing_was_tracked_the_models_that_come_with_raysys_are_listed_and_served(raysys: Run, tmp_path: Path):
    from raysys.cli.serve import wanted_models
    from raysys.models.shipped import trained_models

    result = raysys("models", "list")
    assert "none is registered yet" in result.stdout
    assert all(f"trained:{name}" in result.stdout for name in trained_models())
    assert wanted_models(None, None) == {name: f"trained:{name}" for name in trained_models()}
    assert not (tmp_path / "mlflow.db").exists()


def test_a_card_for_other_machines_names_no_folder_of_this_one(model_folder: Path):
    card = load(model_folder).card
    recipe = {"name": "a", "storage": "/home/me/runs", "tracking": {"uri": "sqlite:////home/me/mlflow.db"},
              "data": {"images": "/home/me/rock.tif", "stride": 4}}  # fmt: skip
    card = card.model_copy(
        update={"provenance": {"data": {"source": "/home/me/rock.tif"}, "recipe": recipe, "step": 3}}
    )
    kept = portable(card).provenance
    assert kept == {
        "data": {"source": "rock.tif"},
        "recipe": {"name": "a", "data": {"images": "rock.tif", "stride": 4}},
        "step": 3,
    }
    assert card.provenance["recipe"]["storage"] == "/home/me/runs"


def test_a_model_is_exported_in_half_the_space_and_used_from_there(raysys: Run, model_folder: Path, tmp_path: Path):
    card = load(model_folder).card
    assert raysys("models", "export", model_folder, "half", "--half").exit_code == 0
    assert portable(card) == load(tmp_path / "half").card
    sizes = [(folder / "model.safetensors").stat().st_size for folder in (model_folder, tmp_path / "half")]
    assert sizes[1] < 0.7 * sizes[0]
    assert raysys("sample", "./half", "-o", "s.npy", "--seed", 3).exit_code == 0
    assert np.load(tmp_path / "s.npy").shape == (1, 16, 16)


def test_unknown_models_and_stores_are_refused(refused: Refused, tracking_uri: str):
    assert "no model" in refused("models", "show", "granite", "--tracking-uri", tracking_uri)
    assert "no model" in refused("sample", "granite", "-o", "s.png", "--tracking-uri", tracking_uri)
    assert "no MLflow database" in refused("models", "list", "--tracking-uri", "sqlite:///elsewhere.db")
    assert "no MLflow server answers" in refused("models", "list", "--tracking-uri", "http://127.0.0.1:1")
    assert "no MLflow server answers" in refused("serve", "--tracking-uri", "http://127.0.0.1:1")
