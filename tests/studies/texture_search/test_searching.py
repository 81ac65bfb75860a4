"""A search for the settings of textures: what it counts, what it remembers, what it refuses."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mlflow.tracking import MlflowClient
from support.textures import stripes

from raysys.assess import textures
from raysys.errors import RaysysError
from raysys.studies.texture_search.searching import search, shortfall
from raysys.studies.texture_search.settings import TextureSearch, is_search, load_search, search_names
from raysys.synthesis.presets import PRESETS

SETS = ["synthesis.exemplars=[photo.png]", "synthesis.size=64", "synthesis.method=quilting", "synthesis.variations=1"]
ONE = "sweep.space={synthesis.block: {kind: integer, low: 12, high: 40}}"


@pytest.fixture
def settings(tmp_path: Path) -> TextureSearch:
    fields = [f"storage={tmp_path}", f"tracking.uri=sqlite:///{tmp_path}/mlflow.db", "sweep.trials=2", "sweep.start=[]"]
    return load_search("texture-search", [*SETS, ONE, *fields])


def texture() -> np.ndarray:
    return (stripes(96) + 0.2 * np.random.default_rng(0).random((96, 96))).clip(0, 1).astype(np.float32)


def test_a_copy_falls_short_by_its_piece_and_noise_by_its_distance():
    source = texture()
    copied = textures(source, source, sides=(32,), patches=100)
    # All of it is one piece, where a tenth is allowed.
    assert shortfall(copied) == pytest.approx(1 / 0.1)
    noise = np.random.default_rng(1).random((96, 96)).astype(np.float32)
    scores = textures(source, noise, sides=(32,), patches=100)
    far = scores.pictures["made"].colour[32].mean / scores.colour_floors[32].mean / 0.8
    assert shortfall(scores) == pytest.approx(far)
    assert far > 1


def test_trials_are_remembered_and_made_once(settings: TextureSearch):
    told: list[int] = []
    found = search(settings, {"photo": texture()}, show=lambda rows: told.append(len(rows)))
    assert [row.status for row in found.trials] == ["finished", "finished"]
    assert found.trials[found.number].objective == min(row.objective for row in found.trials)
    assert found.best.block == found.trials[found.number].values["synthesis.block"]
    # One more: the two that were made are not made again, and it has another point.
    more = settings.model_copy(update={"sweep": settings.sweep.model_copy(update={"trials": 3})})
    again = search(more, {"photo": texture()})
    assert [row.objective for row in again.trials[:2]] == [row.objective for row in found.trials]
    assert again.run_id == found.run_id
    assert len({row.values["synthesis.block"] for row in again.trials}) > 1
    client = MlflowClient(str(settings.tracking.uri))
    (run,) = client.search_runs(["1"], f"tags.best_trial = '{again.number}'")
    trials = client.search_runs(["1"], f"tags.`mlflow.parentRunId` = '{run.info.run_id}'")
    assert {one.info.status for one in (run, *trials)} == {"FINISHED"}
    assert {round(one.data.metrics["objective"], 9) for one in trials} == {
        round(row.objective, 9) for row in again.trials if row.objective is not None
    }
    assert (again.folder / "trials" / "trial-0002" / "photo-0.png").is_file()
    with pytest.raises(RaysysError, match=r"holds a search of other settings \(synthesis\)"):
        search(
            more.model_copy(update={"synthesis": more.synthesis.model_copy(update={"size": 48})}), {"photo": texture()}
        )


def test_trials_that_cannot_be_made_fail_and_say_why(settings: TextureSearch):
    section = settings.synthesis.model_copy(update={"method": "gram", "weights": "no/file"})
    with pytest.raises(RaysysError, match=r"no trial of the sweep was completed \(trial 0: fail, trial 1: fail\)"):
        search(settings.model_copy(update={"synthesis": section}), {"photo": texture()})
    client = MlflowClient(str(settings.tracking.uri))
    trials = client.search_runs(["1"], "tags.`raysys.kind` = 'trial'")
    assert [one.info.status for one in trials] == ["FAILED"] * 2
    assert all("no/file" in one.data.tags["error"] for one in trials)


def test_that_there_is_no_cluster_says_nothing_of_a_point(settings: TextureSearch):
    with pytest.raises(RaysysError, match=r"127\.0\.0\.1:9"):
        search(settings, {"photo": texture()}, address="127.0.0.1:9")
    # The interrupted trial goes on, and is none that failed.
    assert [row.status for row in search(settings, {"photo": texture()}).trials] == ["finished"] * 2


def test_settings_adapt_a_preset_and_a_space_names_what_there_is():
    section = load_search("texture-search", SETS).synthesis.model_copy(update={"h": 0.3, "steps": 0.5, "rate": 2.0})
    preset, fast = section.adapted(), PRESETS["fast"]
    assert preset.patches == replace(fast.patches, h=0.3)
    assert [one.steps for one in preset.scales] == [one.steps // 2 for one in fast.scales]
    assert preset.scales[0].rate == 2 * fast.scales[0].rate
    for wrong, said in {
        "sweep.space={synthesis.hue: {kind: uniform, low: 0, high: 1}}": "synthesis.hue cannot be varied",
        "sweep.space={synthesis.h: {kind: uniform, low: -1, high: 1}}": "synthesis.h cannot be -1.0",
        "sweep.space={}": "sweep.space is empty",
        "synthesis.method=paint": "method is 'paint'",
    }.items():
        with pytest.raises(RaysysError, match=said):
            load_search("texture-search", [*SETS, "sweep.start=[]", wrong])


def test_searches_are_told_from_recipes(tmp_path: Path):
    assert search_names() == ["texture-search"]
    assert is_search("texture-search")
    assert not is_search("gravel")
    own = tmp_path / "mine.yaml"
    own.write_text("name: mine\nsynthesis: {exemplars: [a.png]}\nsweep: {}\n")
    assert is_search(str(own))
    with pytest.raises(RaysysError, match=r"sweep\.space is empty"):
        load_search(own)
