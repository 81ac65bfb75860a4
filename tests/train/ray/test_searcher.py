"""The searcher: conditional spaces, the study as the only state, honest fates of trials."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from optuna.samplers import GPSampler, RandomSampler, TPESampler
from optuna.trial import TrialState
from ray.tune.experiment import Trial
from ray.tune.schedulers import ASHAScheduler, TrialScheduler

from raysys.errors import RaysysError
from raysys.train.metrics import OBJECTIVE
from raysys.train.ray.searcher import StudySearcher, open_study, sampler
from raysys.train.ray.space import SweepSettings
from raysys.train.ray.stopping import remember
from raysys.train.ray.sweep import _study_written

SPACE: dict[str, Any] = {
    "rate": {"kind": "log-uniform", "low": 1e-5, "high": 1e-1},
    "kind": {"kind": "choice", "values": ["plain", "deep"]},
    "depth": {"kind": "integer", "low": 1, "high": 4, "when": {"kind": "deep"}},
    "share": {"kind": "uniform", "low": 0, "high": 1},
}


def settings(**more: Any) -> SweepSettings:
    return SweepSettings(space=SPACE, **{"trials": 20, "searcher": "random", **more})


def searching(study: Any, chosen: SweepSettings, fates: dict[int, str] | None = None) -> StudySearcher:
    fates = {} if fates is None else fates
    return StudySearcher(
        study, chosen, steps=10, configure=lambda number, point: {"number": number, **point},
        ended=fates.__setitem__, heard=lambda *_: None,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["gp", "tpe", "random"])
def test_every_searcher_suggests_within_the_space(tmp_path: Path, name: str):
    chosen = settings(searcher=name, startup_trials=2)
    searcher = searching(open_study(tmp_path, chosen, seed=0), chosen)
    for k in range(6):
        point = searcher.suggest(f"t{k}")
        assert point is not None
        assert 1e-5 <= point["rate"] <= 1e-1
        assert 0 <= point["share"] <= 1
        assert ("depth" in point) == (point["kind"] == "deep")
        searcher.on_trial_complete(f"t{k}", {OBJECTIVE: point["share"], "step": 10})


def test_the_gaussian_process_beats_chance_on_a_bowl(tmp_path: Path):
    space = {name: {"kind": "uniform", "low": -1, "high": 1} for name in "xy"}

    def best(name: str, seed: int) -> float:
        chosen = SweepSettings(trials=16, searcher=name, startup_trials=5, space=space)
        searcher = searching(open_study(tmp_path / f"{name}{seed}", chosen, seed=seed), chosen)
        found = []
        for k in range(16):
            point = searcher.suggest(str(k))
            assert point is not None
            found.append((point["x"] - 0.3) ** 2 + (point["y"] + 0.2) ** 2)
            searcher.on_trial_complete(str(k), {OBJECTIVE: found[-1], "step": 10})
        return min(found)

    assert sum(best("gp", seed) for seed in range(2)) < 0.1 * sum(best("random", seed) for seed in range(2))


def test_the_sampler_is_the_one_asked_for_and_goes_on_differently():
    kinds = {"gp": GPSampler, "tpe": TPESampler, "random": RandomSampler}
    for name, kind in kinds.items():
        assert isinstance(sampler(settings(searcher=name), seed=1, told=0), kind)


def test_a_resumed_study_does_not_repeat_its_first_points(tmp_path: Path):
    chosen = settings()
    points = []
    for attempt in range(2):
        searcher = searching(open_study(tmp_path, chosen, seed=0), chosen)
        for k in range(3):
            point = searcher.suggest(f"{attempt}-{k}")
            assert point is not None
            points.append(point["rate"])
            searcher.on_trial_complete(f"{attempt}-{k}", {OBJECTIVE: 1.0, "step": 10})
    assert len(set(points)) == 6


def test_an_interrupted_trial_is_handed_out_again_with_its_point(tmp_path: Path):
    chosen = settings(trials=3)
    first = searching(open_study(tmp_path, chosen, seed=0), chosen)
    done, lost = first.suggest("a"), first.suggest("b")
    first.on_trial_result("b", {OBJECTIVE: 2.0, "step": 4})
    first.on_trial_complete("a", {OBJECTIVE: 1.0, "step": 10})
    again = searching(open_study(tmp_path, chosen, seed=0), chosen)
    assert again.remaining == 2
    assert again.suggest("c") == lost
    assert again.suggest("d") not in (done, lost)


def test_a_trial_that_is_gone_on_with_keeps_what_it_had_reached(tmp_path: Path):
    chosen = settings(trials=1)
    first = searching(open_study(tmp_path, chosen, seed=0), chosen)
    first.suggest("a")
    for step, value in ((2, 1.37), (4, 1.31), (6, 1.5)):
        first.on_trial_result("a", {OBJECTIVE: value, "step": step})
    study = open_study(tmp_path, chosen, seed=0)  # of a new process, after a kill
    again = searching(study, chosen)
    again.suggest("b")
    again.on_trial_result("b", {OBJECTIVE: 1.6, "step": 6})  # its checkpoint's step, once more
    again.on_trial_complete("b", {OBJECTIVE: 1.4, "step": 10})
    assert study.trials[0].value == 1.31
    assert study.trials[0].intermediate_values == {2: 1.37, 4: 1.31, 6: 1.5, 10: 1.4}


def test_trials_of_a_resumed_sweep_are_held_against_the_earlier_ones(tmp_path: Path):
    """ASHA itself decides, with and without the three good trials that another process had run."""
    chosen = settings(trials=5, stop_hopeless=True)
    first = searching(open_study(tmp_path, chosen, seed=0), chosen)
    for name, value in {"a": 0.1, "b": 0.2, "c": 0.3, "d": 0.1}.items():
        first.suggest(name)
        first.on_trial_result(name, {OBJECTIVE: value, "step": 2})
        if name != "d":
            first.on_trial_complete(name, {OBJECTIVE: value, "step": 10})
    fates = {}
    for told in (False, True):
        scheduler = ASHAScheduler("step", OBJECTIVE, "min", max_t=10, grace_period=2, reduction_factor=2)
        if told:
            remember(scheduler, open_study(tmp_path, chosen, seed=0))
        trial = Trial("raysys", stub=True, trial_id="new")
        scheduler.on_trial_add(None, trial)
        fates[told] = scheduler.on_trial_result(None, trial, {"step": 2, OBJECTIVE: 0.9})
    assert fates == {False: TrialScheduler.CONTINUE, True: TrialScheduler.STOP}
    rungs = {milestone: dict(recorded) for milestone, recorded in scheduler._brackets[0]._rungs}
    assert rungs[8] == {"trial 0": -0.1, "trial 1": -0.2, "trial 2": -0.3}
    assert sorted(rungs[2]) == ["new", "trial 0", "trial 1", "trial 2"]  # trial 3 will report its step again


def test_trials_end_as_what_they_were(tmp_path: Path):
    chosen, fates = settings(trials=5), {}
    study = open_study(tmp_path, chosen, seed=0)
    searcher = searching(study, chosen, fates)
    for name in "abcde":
        searcher.suggest(name)
    searcher.on_trial_result("a", {OBJECTIVE: 3.0, "step": 5})
    searcher.on_trial_complete("a", {OBJECTIVE: 4.0, "step": 10})
    searcher.on_trial_complete("b", {OBJECTIVE: 9.0, "step": 5})
    searcher.on_trial_complete("c", None, error=True)
    searcher.on_trial_complete("d", {OBJECTIVE: 1e9, "step": 0, "failed": "diverged"})
    searcher.on_trial_complete("e", {OBJECTIVE: 0.5, "step": 6, "ended": "inside the band"})
    assert fates == {0: "FINISHED", 1: "STOPPED", 2: "FAILED", 3: "FAILED", 4: "FINISHED"}
    states = [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL, TrialState.FAIL, TrialState.COMPLETE]
    assert [trial.state for trial in study.trials] == states
    assert study.trials[0].value == 3.0
    assert study.trials[0].intermediate_values == {5: 3.0, 10: 4.0}


def test_start_points_come_first(tmp_path: Path):
    start = {"rate": 0.01, "kind": "plain", "share": 0.5}
    chosen = settings(start=[start])
    searcher = searching(open_study(tmp_path, chosen, seed=0), chosen)
    assert searcher.suggest("a") == {"number": 0, **start}


def test_an_objective_that_is_no_number_fails_its_trial_alone(tmp_path: Path):
    chosen, fates = settings(), {}
    study = open_study(tmp_path, chosen, seed=0)
    searcher = searching(study, chosen, fates)
    for name, values in {"no": [float("nan")], "once": [0.5, float("nan")], "yes": [0.25]}.items():
        searcher.suggest(name)
        for step, value in enumerate(values, start=11 - len(values)):
            searcher.on_trial_result(name, {OBJECTIVE: value, "step": step})
        searcher.on_trial_complete(name, {OBJECTIVE: values[-1], "step": 10})
    assert fates == {0: "FAILED", 1: "FINISHED", 2: "FINISHED"}
    assert [trial.value for trial in study.trials] == [None, 0.5, 0.25]


@pytest.mark.parametrize("name", ["what?", "a%20b", "ä #[1]; &"])
def test_a_study_lies_in_its_folder_whatever_that_is_called(tmp_path: Path, name: str):
    chosen = settings()
    for _ in range(2):
        open_study(tmp_path / name, chosen, seed=0).ask()
    assert len(open_study(tmp_path / name, chosen, seed=0).trials) == 2
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == [name, f"{name}/study.db"]


def test_a_study_that_takes_no_more_is_one_sentence(tmp_path: Path):
    chosen = settings()
    study = open_study(tmp_path, chosen, seed=0)
    with sqlite3.connect(tmp_path / "study.db") as file:
        file.execute("DROP TABLE trials")
    sentence = r"study\.db cannot be written .*; make room.* --resume"
    with pytest.raises(RaysysError, match=sentence), _study_written(tmp_path):
        study.ask()
