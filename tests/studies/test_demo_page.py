"""The demo's page says what is near and what is not, names collapsed trials, and shows the wide sample."""

import json
from pathlib import Path

import numpy as np
import pytest
from support.pages import Page

from raysys.assess import Comparison, compare_methods
from raysys.data import gaussian_random_field
from raysys.studies.demo_page import demo_page, topology_sentences, trials_of
from raysys.train import Run
from raysys.train.loop import run_training
from raysys.train.ray.sweep import TrialRow, trial_folder
from raysys.train.session import LocalSession, best_checkpoint


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    real, same = (
        gaussian_random_field((32, 32), correlation_length=2.0, phase_fraction=0.4, seed=seed, n=16) for seed in (0, 99)
    )
    noise = (np.random.default_rng(0).random((16, 32, 32)) < 0.4).astype(np.uint8)
    sets = {"WGAN-GP": same, "annealed": noise}
    return compare_methods(real, sets, descriptors="S2,minkowski", nearest=0)


def test_topology_is_near_or_not_by_euler_characteristic_and_parts(comparison: Comparison):
    near, far = topology_sentences(comparison).values()
    assert near.startswith("WGAN-GP: Euler characteristic is near (no difference seen); number of connected parts is")
    assert far.startswith("annealed: Euler characteristic is not near (")
    assert "number of connected parts is not near (" in far


def test_the_page_has_verdicts_topology_wide_sample_and_trials(comparison: Comparison, tmp_path: Path, tiny):
    wide = gaussian_random_field((48, 96), correlation_length=2.0, phase_fraction=0.4, seed=5)
    rows = [TrialRow(number, {"lr": 0.1 * (number + 1)}, 3.0 - number, "finished", 1.0, 4) for number in range(3)]
    folder = tmp_path / "sweep"
    for number in (0, 1):
        run_training(tiny(training={"steps": 2, "validate_every": 2}), LocalSession(trial_folder(folder, number)))
    for number, collapsed in ((0, 0.0), (1, 1.0)):
        state = best_checkpoint(trial_folder(folder, number)) / "state.json"
        held = json.loads(state.read_text())
        held["progress"]["metrics"]["collapsed"] = collapsed
        state.write_text(json.dumps(held))
    found = Run("run", folder, {}, None, "sqlite://", {"trials": rows})
    trials = trials_of(found)
    assert [trial.status for trial in trials] == ["finished", "collapsed", "finished"]
    notes = ["a<b.png: phase dark, 0.312 of the image."]
    timings = {"sweep": 2.0}
    demo_page(tmp_path / "page.html", comparison, title="demo", wide=wide, trials=trials, timings=timings, notes=notes)
    page = Page(tmp_path / "page.html")
    heads = {word for word, tag in zip(page.words, page.inside, strict=True) if tag == "h2"}
    assert notes[0] in page.words
    assert {"Verdicts", "The image", "Topology", "A wide sample", "Sweep", "Time"} <= heads
    cells = [word for word, tag in zip(page.words, page.inside, strict=True) if tag == "td"]
    assert "collapsed" in cells
    assert any("the wide sample" in str(attributes.get("alt")) for tag, attributes in page.tags if tag == "img")
