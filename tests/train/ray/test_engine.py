"""Training as a Ray Train run: killed workers, killed drivers, several workers; real processes, real kills."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from mlflow.tracking import MlflowClient
from safetensors.torch import load_file
from support.launching import Launched

from raysys import RaysysError
from raysys.models import load
from raysys.models.registry import tracking_location
from raysys.train import Recipe, train
from raysys.train.folders import finished_before, noted
from raysys.train.loop import run_training
from raysys.train.session import LocalSession, newest_checkpoint

pytestmark = pytest.mark.cluster
# Long enough to be killed in the middle: about 10 ms a step.
LONG = {"steps": 600, "validate_every": 100, "log_every": 100}


def undisturbed(recipe: Recipe) -> dict[str, torch.Tensor]:
    run_training(recipe, LocalSession(Path("undisturbed")))
    return final_state(Path("undisturbed"))


def final_state(folder: Path) -> dict[str, torch.Tensor]:
    newest = newest_checkpoint(folder)
    assert newest is not None
    return load_file(newest / "state.safetensors")


def run_folder(recipe: Recipe, kind: str = "train") -> Path:
    return recipe.folder / f"{kind}-001"


def equal(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return set(one) == set(two) and all(torch.equal(one[name], two[name]) for name in one)


def test_a_killed_worker_is_replaced_and_nothing_is_lost(tiny, recipe_file):
    recipe = tiny(training=LONG)
    with Launched("train", recipe_file(training=LONG), "--address", "local") as command:
        command.wait_until(lambda: (run_folder(recipe) / "step-00000200" / "state.json").is_file())
        # What was prepared at the beginning is all that the next worker, and the model's card, read of the data.
        hidden = Path(recipe.data.images).rename("hidden.npy")
        (worker,) = command.workers("RayTrainWorker")
        worker.kill()
        printed = command.succeed()
    hidden.rename(recipe.data.images)
    assert "models:/blobs/1" in printed
    assert len(list((Path(recipe.storage) / "prepared").iterdir())) == 1
    assert equal(final_state(run_folder(recipe)), undisturbed(recipe))


def test_a_killed_driver_is_resumed_and_the_model_is_registered(tiny, recipe_file):
    recipe = tiny(training=LONG)
    path = recipe_file(training=LONG)
    with Launched("train", path, "--address", "local") as command:
        command.wait_until(lambda: (run_folder(recipe) / "step-00000200" / "state.json").is_file())
        with pytest.raises(RaysysError, match=f"process {command.process.pid} on .* makes a training in it; allowed"):
            train(recipe, resume=True)
        command.kill()
    reached = newest_checkpoint(run_folder(recipe))
    assert reached is not None
    assert "step-00000200" <= reached.name < "step-00000600"
    with Launched("train", path, "--address", "local", "--resume") as command:
        command.succeed()
    assert not (recipe.folder / "train-002").exists()
    assert equal(final_state(run_folder(recipe)), undisturbed(recipe))
    run_id = json.loads((run_folder(recipe) / "run.json").read_text())["run_id"]
    run = MlflowClient(tracking_location()).get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.data.params["system.width"] == "4"
    model = load("models:/blobs@champion")
    assert model.sample(2, seed=1).shape == (2, 16, 16)
    assert model.card.provenance["data"]["source"] == recipe.data.images
    assert model.reference is not None


@pytest.mark.slow
def test_a_training_that_has_ended_stays_and_can_be_made_longer(tiny, recipe_file):
    recipe = tiny(training=LONG)
    path = recipe_file(training=LONG)
    with Launched("train", path, "--address", "local") as command:
        command.succeed()
    kept = {file: file.read_bytes() for file in run_folder(recipe).rglob("*") if file.is_file()}
    with Launched("train", path, "--address", "local", "--resume") as command:
        assert "had ended before, so nothing was done" in " ".join(command.succeed().split())
    assert kept == {file: file.read_bytes() for file in run_folder(recipe).rglob("*") if file.is_file()}
    longer = ("--resume", "--set", "training.steps=700")
    with Launched("train", path, "--address", "local", *longer) as command:
        # Killed from now on it has no model yet: the one of fewer steps is not taken for the result.
        command.wait_until(lambda: noted(run_folder(recipe))["model"] is None)
        assert finished_before(run_folder(recipe), "") is None
        assert "models:/blobs/2" in command.succeed()
    assert equal(final_state(run_folder(recipe)), undisturbed(recipe.with_values({"training.steps": 700})))


@pytest.mark.parametrize(
    ("system", "settings"),
    [("autoencoder", {}), pytest.param("wgan-gp", {"sync_norm": True}, marks=pytest.mark.slow)],
)
def test_two_workers_train_as_one_on_the_joined_batch(tiny, recipe_file, system: str, settings: dict):
    # The autoencoder has no batch normalisation, which alone would differ between the two.
    sections = {"training": {"steps": 12, "validate_every": 6}, "system": settings}
    recipe = tiny(system, **sections)
    path = recipe_file(system, **sections, scaling={"workers": 2, "cpus_per_worker": 0.9})
    with Launched("train", path, "--address", "local") as command:
        command.succeed()
    alone, together = undisturbed(recipe), final_state(run_folder(recipe))
    for name, tensor in alone.items():
        torch.testing.assert_close(together[name], tensor, rtol=1e-3, atol=1e-5, msg=name)
