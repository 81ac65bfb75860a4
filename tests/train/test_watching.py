"""What a training is watched for: the band, an early end, the best checkpoint, collapse, divergence, few tiles."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from support.recorder import trained
from support.training import training_baseline

from raysys.cli.train import show_run
from raysys.data import prepare
from raysys.data.sources import training_data
from raysys.errors import RaysysError
from raysys.methods.wgan_gp import system as wgan_gp
from raysys.methods.wgan_gp.system import WganGp
from raysys.stats import DESCRIPTORS, characterise, compare
from raysys.train.checkpoint import Progress, load_checkpoint, read_progress
from raysys.train.folders import Run
from raysys.train.loop import build_system, run_training
from raysys.train.metrics import OBJECTIVE
from raysys.train.ray.engine import check, remarks
from raysys.train.session import LocalSession, best_checkpoint, newest_checkpoint
from raysys.train.validation import DescriptorValidator, likeness, variation
from raysys.train.watching import Divergence, few_tiles, judge, warning

CPU = torch.device("cpu")


def test_a_descriptor_stands_at_one_where_its_error_is_the_upper_end_of_the_band(tiny):
    tiles = prepare(tiny().data)
    validator = DescriptorValidator(tiles, lambda: tiles.train)
    some = tiles.train[:12]
    metrics = validator.measure(some)
    errors = compare(characterise(tiles.train, DESCRIPTORS), characterise(some, DESCRIPTORS))
    band = training_baseline(tiles)
    for name in DESCRIPTORS:
        assert metrics[f"band/{name}"] == pytest.approx(errors[name] / band[name].high)
    assert metrics["inside_band"] == sum(errors[name] <= band[name].high for name in DESCRIPTORS)
    assert validator.measure(tiles.held_out)["inside_band"] == len(DESCRIPTORS)
    noise = (np.random.default_rng(0).random(tiles.train.shape) < tiles.train.mean()).astype(np.uint8)
    assert validator.measure(noise)["inside_band"] < len(DESCRIPTORS)


def test_variation_is_half_the_share_in_which_two_images_differ():
    images = (np.random.default_rng(1).random((5, 6, 7)) < 0.3).astype(np.uint8)
    differing = np.mean([(one != two).mean() for one, two in combinations(images, 2)])
    assert variation(images) == pytest.approx(differing / 2)


def test_copies_and_constant_images_are_a_collapse_and_different_ones_are_not(tiny):
    tiles = prepare(tiny().data)
    validator = DescriptorValidator(tiles, lambda: tiles.train)
    real = validator.measure(tiles.held_out)
    assert (real["collapsed"], real["diversity"] > 0.5) == (0, True)
    copies = np.repeat(tiles.train[:1], 16, axis=0)
    assert validator.measure(copies)["collapsed"] == 1
    copies[3, 2, 2] ^= 1  # one pixel of one copy
    nearly = validator.measure(copies)
    assert nearly["collapsed"] == 1
    assert 0 < nearly["diversity"] < 0.05
    flat = np.zeros((4, 16, 16), dtype=np.uint8)
    flat[::2] = 1  # they differ in every pixel, and yet none shows a structure
    assert likeness(flat, validator.variation)["collapsed"] == 1
    sparse = np.zeros((4, 16, 16), dtype=np.uint8)
    sparse[range(4), range(4), 0] = 1
    assert likeness(sparse, variation(sparse))["collapsed"] == 0


def inside(step: int, **more: float) -> Progress:
    return Progress(step=step, metrics={OBJECTIVE: 1.0, "band/S2": 0.5, "band/L": 1.0, "inside_band": 2.0, **more})


def test_training_ends_after_that_many_validations_inside_in_a_row(tiny):
    settings = tiny(training={"steps": 100, "stop_inside_band": 2}).training
    progress, ended = Progress(), []
    for step, found in enumerate((2.0, 1.0, 2.0, 2.0), start=1):
        progress.step, progress.metrics = step, inside(step, inside_band=found).metrics
        judge(progress, settings)
        ended.append(bool(progress.ended))
    assert ended == [False, False, False, True]
    assert "ended at step 4 of 100: all 2 descriptors lay inside" in progress.ended
    assert "2 validations in a row" in progress.ended


class AlwaysInside(WganGp):
    """A WGAN-GP whose validation shows it held-out tiles: the real thing is inside its own band."""

    def validator(self, data, *, count):
        return DescriptorValidator(data, lambda: data.held_out)


@pytest.fixture
def always_inside(monkeypatch):
    monkeypatch.setattr(wgan_gp, "SYSTEM", AlwaysInside)


def test_an_early_end_is_the_same_for_a_run_that_was_cut_in_two(always_inside, tiny):
    plan = {"steps": 20, "validate_every": 2, "stop_inside_band": 3}
    whole, recorder, tensors = trained(tiny(training=plan), "whole")
    assert (whole.step, whole.validations_inside) == (6, 3)
    assert recorder.tags["raysys.ended"] == whole.ended
    assert remarks(Path("whole")) == [whole.ended]
    trained(tiny(training={**plan, "steps": 4}), "cut")
    resumed, _, after = trained(tiny(training=plan), "cut")
    assert resumed == whole
    assert all(torch.equal(tensors[name], after[name]) for name in tensors)
    again, told, _ = trained(tiny(training=plan), "cut")
    assert (again, told.told) == (whole, {})  # what has ended stays ended


WORKER = """
import sys
from pathlib import Path
import torch.distributed as dist
from raysys.train import load_recipe
from raysys.train.loop import run_training
from raysys.train.session import LocalSession
from raysys.methods.wgan_gp import system as wgan_gp
from raysys.methods.wgan_gp.system import WganGp
from raysys.train.validation import DescriptorValidator

class AlwaysInside(WganGp):
    def validator(self, data, *, count):
        return DescriptorValidator(data, lambda: data.held_out)

wgan_gp.SYSTEM = AlwaysInside
rank, meeting, recipe = int(sys.argv[1]), sys.argv[2], sys.argv[3]
dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=2)
session = LocalSession(Path(f"rank-{rank}"))
session.rank, session.world_size = rank, 2
print("ended at", run_training(load_recipe(recipe), session).step)
dist.destroy_process_group()
"""


def test_all_workers_end_at_the_same_step(recipe_file, tmp_path: Path):
    recipe = recipe_file(training={"steps": 20, "validate_every": 2, "stop_inside_band": 3})
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(rank), str(tmp_path / "meeting"), str(recipe)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(2)
    ]
    for worker in workers:
        try:
            said, errors = worker.communicate(timeout=120)
        finally:
            worker.kill()
        # One that went on alone would wait for the other's gradients for ever.
        assert said.splitlines()[-1:] == ["ended at 6"], errors


def test_a_run_without_an_early_end_writes_the_checkpoint_of_old(always_inside, tiny):
    trained(tiny(training={"steps": 2}), "run")
    newest = newest_checkpoint(Path("run"))
    assert newest is not None
    written = json.loads((newest / "state.json").read_text())["progress"]
    assert set(written) == {"step", "best_objective", "best_step", "metrics"}
    assert read_progress(newest).validations_inside == 0


def test_an_early_end_needs_a_validation_with_a_band(tiny):
    with pytest.raises(RaysysError, match=r"training\.stop_inside_band: this system's validation has no"):
        trained(tiny("autoencoder", training={"stop_inside_band": 1}), "run")


@pytest.mark.parametrize(
    ("by", "choose"), [("phase_fraction", min), ("-phase_fraction", max), ("band/S2", min), ("band_S2", min)]
)
def test_the_best_checkpoint_is_chosen_by_the_recipes_metric(tiny, by: str, choose):
    progress, told, _ = trained(tiny(training={"steps": 12, "validate_every": 2, "best_by": by}), "run")
    name = by.removeprefix("-").replace("band_", "band/")  # band_S2 was the name in earlier versions
    values = {step: told.told[step][name] for step in range(2, 13, 2)}
    assert progress.best_objective == choose(values.values())
    best = next(step for step in values if values[step] == progress.best_objective)
    assert (progress.best_step, best_checkpoint(Path("run")).name) == (best, f"step-{best:08d}")


def test_an_unknown_metric_is_refused_with_those_there_are(tiny):
    with pytest.raises(RaysysError, match=r"training\.best_by: 'accuracy' is not validated here; allowed: .*band/S2"):
        trained(tiny(training={"best_by": "-accuracy"}), "run")
    judge(inside(1), tiny(training={"best_by": "mse_S2"}).training, ["mse/S2"])  # has one, though not this time


def test_a_metric_that_is_no_number_is_never_the_best(tiny):
    progress, settings = Progress(), tiny().training
    for step, value in enumerate([float("nan"), 0.5, float("nan"), 0.25], start=1):
        progress.step, progress.metrics = step, {"objective": value}
        judge(progress, settings)
    assert (progress.best_step, progress.best_objective) == (4, 0.25)


def poisoned(tiny, step: int, monkeypatch, where: str):
    """A training whose losses, or weights, are no numbers from one step on."""
    honest = WganGp.step

    def damaged(self, batches, draws, average):
        losses = honest(self, batches, draws, average)
        if draws.step + 1 >= step:
            if where == "weights":
                next(iter(self.critic.parameters())).data[0] = float("nan")
            else:
                losses["critic_loss"] = losses["critic_loss"] * float("nan")
        return losses

    monkeypatch.setattr(WganGp, "step", damaged)
    return tiny(training={"steps": 8, "validate_every": 2, "log_every": 8})


@pytest.mark.parametrize("where", ["losses", "weights"])
def test_a_training_that_goes_astray_leaves_a_checkpoint_from_before(tiny, monkeypatch, where: str):
    # Step 6 is validated; no step before the eighth is logged.
    with pytest.raises(RaysysError) as error:
        trained(poisoned(tiny, 6, monkeypatch, where), "run")
    sentence = str(error.value)
    assert "diverged at step 6" in sentence
    assert f"the last good checkpoint is {Path('run') / 'step-00000004'}" in sentence
    assert ("critic_loss = nan" in sentence) == (where == "losses")
    newest = newest_checkpoint(Path("run"))
    assert newest is not None
    assert newest.name == "step-00000004"
    assert all(bool(tensor.isfinite().all()) for tensor in load_file(newest / "state.safetensors").values())


def test_the_first_step_without_numbers_is_remembered():
    watch = Divergence(CPU)
    for step, loss in enumerate((1.0, float("inf"), float("nan"), 2.0), start=1):
        watch.see(step, {"loss": torch.tensor(loss), "other": torch.tensor(0.0, dtype=torch.bfloat16)})
    assert watch.first_step == 2


def test_going_on_from_a_checkpoint_takes_the_recipes_learning_rate(tiny):
    trained(tiny(training={"steps": 2}), "first")
    there = newest_checkpoint(Path("first"))
    gentle = tiny(system={"learning_rate": 1e-9}, training={"steps": 4})
    progress = run_training(gentle, LocalSession(Path("second")), start_from=there)
    before, after = (build_system(gentle, CPU) for _ in range(2))
    load_checkpoint(there, before.modules)  # type: ignore[arg-type]
    load_checkpoint(best_checkpoint(Path("second")), after.modules, after.optimizers)
    assert after.optimizers["critic"].param_groups[0]["lr"] == 1e-9
    for one, two in zip(before.modules["critic"].parameters(), after.modules["critic"].parameters(), strict=True):
        torch.testing.assert_close(one, two, atol=1e-6, rtol=0)
    assert progress.best_step == 4  # of this run; the other's best is not here


class Recovering(WganGp):
    """A WGAN-GP whose first validation sees one image again and again, and every later one held-out tiles."""

    def validator(self, data, *, count):
        shown = iter([np.repeat(data.held_out[:1], count, axis=0)])
        return DescriptorValidator(data, lambda: next(shown, data.held_out))


def test_collapse_is_said_and_unsaid_once_images_differ_again(tiny, monkeypatch):
    monkeypatch.setattr(wgan_gp, "SYSTEM", Recovering)
    progress, recorder, _ = trained(tiny(training={"steps": 4}), "run")
    assert progress.metrics["collapsed"] == 1
    assert remarks(Path("run")) == [warning(progress)] == [recorder.tags["raysys.warning"]]
    assert "the images of step 4 are constant or all alike (they differ by 0 % of" in warning(progress)
    progress, recorder, _ = trained(tiny(training={"steps": 12}), "whole")
    assert progress.metrics["collapsed"] == 0
    assert (recorder.tags["raysys.warning"], remarks(Path("whole"))) == ("", [])


def test_few_training_images_are_warned_of(tiny):
    assert few_tiles(32) == ""
    with pytest.warns(UserWarning, match="18 training images are few"):
        check(tiny(data={"stride": 16}))


def test_what_a_training_has_to_say_is_said_at_the_end(capsys):
    sentence = "training ended at step 6 of 20"
    show_run(
        Run("1", Path("run"), {"objective": 1.0}, None, "sqlite:///mlflow.db", {"remarks": [sentence]}), "Training"
    )
    assert capsys.readouterr().err == f"raysys: {sentence}\n"


def test_pictures_are_bounded_in_number_and_show_samples_and_curves(tiny):
    plan = {"steps": 66, "validate_every": 1, "validation_images": 2}
    _, recorder, _ = trained(tiny(system={"critic_updates": 1}, training=plan), "run")
    assert set(recorder.pictures) == {"samples", "curves"}
    assert recorder.pictures["samples"] == recorder.pictures["curves"]
    assert 32 <= len(recorder.pictures["samples"]) <= 64
    assert recorder.pictures["samples"][-1] == 66


def test_the_grid_of_an_autoencoder_holds_originals_over_autoencodings(tiny):
    recipe = tiny("autoencoder")
    data, system = training_data(recipe.data), build_system(recipe, CPU)
    assert system.pictures(data) == {}
    system.validator(data, count=16)()
    picture = system.pictures(data)["autoencodings"]
    assert picture.shape == (2 * 16 + 2, 8 * 16 + 7 * 2)
    np.testing.assert_array_equal(picture[:16, :16], data.held_out[0] * 255)
    shown = np.round(system.autoencode(data.held_out[:1])[0] * 255)
    np.testing.assert_array_equal(picture[18:, :16], shown)


def test_the_curves_are_drawn_in_colour_for_every_descriptor(tiny):
    tiles = prepare(tiny().data)
    validator = DescriptorValidator(tiles, lambda: tiles.train)
    assert validator.pictures() == {}
    for images in (tiles.train, np.zeros((2, 16, 16), dtype=np.uint8)):  # of which no curve is scaled
        validator.measure(images)
        picture = validator.pictures()["curves"]
        assert Image.fromarray(picture).size == (900, 440)
    validator.measure(tiles.train)
    red = (validator.pictures()["curves"] == (196, 60, 40)).all(axis=2)
    panels = [red[top : top + 220, left : left + 300].sum() for top in (0, 220) for left in (0, 300, 600)]
    assert min(panels) > 100
