"""Trials of a search, one after the other, each a small farm of pictures; an Optuna study remembers them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from raysys import farm
from raysys.assess import textures
from raysys.assess.texture.scores import BARS, TextureScores
from raysys.data import write_images
from raysys.errors import RaysysError
from raysys.lock import Lock
from raysys.models.registry import tracking_location
from raysys.studies.texture_search.settings import SynthesisSection, TextureSearch
from raysys.synthesis.exemplar import Exemplar
from raysys.synthesis.farming import gallery_of
from raysys.synthesis.synthesis import Synthesis
from raysys.train.folders import note, noted
from raysys.train.metrics import OBJECTIVE
from raysys.train.ray.searcher import fail_trial, next_trial, open_study
from raysys.train.ray.trials import TrialRow, best_trial, trial_folder, trial_rows
from raysys.train.tracking import Tracker, continue_run, ending_run, start_run

__all__ = ["Found", "search", "shortfall"]

LARGE = 4  # times the source's pixels, from which on a picture can show all of it


class PointError(RaysysError):
    """By these settings no picture can be made."""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Attributes
    ----------
    best
        The section synthesis of the best trial.
    trials
        All of them.
    number
        Of the best trial.
    folder
        With the study, and below `trials` the pictures and scores of each.
    run_id
        MLflow's.
    """

    best: SynthesisSection
    trials: list[TrialRow]
    number: int
    folder: Path
    run_id: str


def shortfall(scores: TextureScores) -> float:
    """How far pictures miss the three bars together: 1 where all are met, mean over pictures.

    Of a picture it is the largest of (distance over the disjoint floor) / 0.8, (largest verbatim piece) / 0.1 and, of
    pictures of four times the source's pixels and more, (share of the source not used) / 0.05. Where no network's
    weights are at hand the distance is that of colours. Below 1 it goes on to fall: nearer is better, where the bars
    are met.
    """
    found = []
    for name, one in scores.pictures.items():
        copied = one.copying
        misses = [_share(scores, name) / BARS.floor_share, copied.largest_piece / BARS.largest_piece]
        if np.prod(one.image.shape[:2]) >= LARGE * np.prod(scores.source.shape[:2]):
            misses.append((1 - copied.source_used) / (1 - BARS.source_used))
        found.append(max(miss for miss in misses if math.isfinite(miss)))
    return float(np.mean(found))


def search(
    settings: TextureSearch,
    exemplars: Mapping[str, np.ndarray],
    *,
    uri: str | None = None,
    address: str | None = None,
    workers: int | None = None,
    show: Callable[[list[TrialRow]], None] = lambda rows: None,
) -> Found:
    """Search for the settings with the smallest `shortfall`; the same call goes on with what is in the folder.

    Parameters
    ----------
    settings
        With the space, the number of trials and the folder; `synthesis.exemplars` are those given here.
    exemplars
        Images by name, as of `raysys.synthesis.synthesise`.
    uri
        MLflow's location; that of the settings, or the usual one, by default.
    address, workers
        As of `raysys.farm.run`.
    show
        Called with all trials after each.

    Raises
    ------
    RaysysError
        If the folder holds a search of other settings, or no trial succeeded.
    """
    folder, location = settings.folder, tracking_location(uri or settings.tracking.uri)
    with Lock(folder, "a search", otherwise="a search of another name (--set name=...)"):
        run_id = _begun(settings, folder, location)
        with ending_run(run_id, location):
            study = open_study(folder, settings.sweep, settings.synthesis.seed)
            run_on = {"address": address, "workers": workers}
            trials = _Trials(settings, folder, dict(exemplars), run_id, location, run_on)
            while (trial := next_trial(study, settings.sweep.trials)) is not None:
                trials.run(study, trial)
                show(trial_rows(study))
            best = best_trial(study, folder)
            found = Found(settings.at(best.user_attrs["point"]), trial_rows(study), best.number, folder, run_id)
            tracker = Tracker(run_id, location)
            tracker.log(0, {f"best/{OBJECTIVE}": float(best.value)})
            tracker.tag(best_trial=str(best.number))
            tracker.flush()
    return found


def _begun(settings: TextureSearch, folder: Path, uri: str) -> str:
    """MLflow's run: that of the folder, which must be of the same settings, or a new one."""
    described = settings.model_dump(mode="json", exclude={"tracking": True, "sweep": {"trials", "concurrent"}})
    known = noted(folder)
    if known:
        if different := sorted(name for name in described if known["settings"].get(name) != described[name]):
            raise RaysysError(
                f"{folder} holds a search of other settings ({', '.join(different)}); go on with the same ones, or "
                "give another name (--set name=...)"
            )
        return continue_run(known["run_id"], uri=uri)
    run_id = start_run(
        f"search of {settings.name}",
        experiment=settings.tracking.experiment,
        uri=uri,
        parameters=settings.model_dump(mode="json"),
        tags={"raysys.kind": "search"},
        description=f"{settings.sweep.trials} trials of {', '.join(settings.sweep.space)}, kept in {folder}.",
    )
    note(folder, run_id=run_id, settings=described, trials={})
    return run_id


@dataclass(frozen=True, eq=False)
class _Trials:
    """What all trials have in common."""

    settings: TextureSearch
    folder: Path
    exemplars: dict[str, np.ndarray]
    parent: str
    uri: str
    run_on: dict[str, Any]

    def run(self, study: Any, trial: Any) -> None:
        """Make the pictures of an Optuna trial, judge them, and tell its study."""
        point = self.settings.sweep.suggest(trial)
        trial.set_user_attr("point", point)
        section = self.settings.at(point)
        run_id = self._tracked(trial.number, section)
        place = trial_folder(self.folder, trial.number)
        try:
            with ending_run(run_id, self.uri):
                made = self._made(section, place)
                value = self._judged(made, place, Tracker(run_id, self.uri))
        except PointError as error:  # such as a block larger than an exemplar: another point is another matter
            Tracker(run_id, self.uri).tag(error=str(error))
            fail_trial(study, trial)
            return
        trial.report(value, 0)
        study.tell(trial, value)

    def _tracked(self, number: int, section: SynthesisSection) -> str:
        run_id = start_run(
            f"trial-{number:04d}",
            experiment=self.settings.tracking.experiment,
            uri=self.uri,
            parameters=section.model_dump(mode="json"),
            parent=self.parent,
            tags={"trial_id": str(number), "raysys.kind": "trial"},
        )
        note(self.folder, trials=noted(self.folder).get("trials", {}) | {str(number): run_id})
        return run_id

    def _made(self, section: SynthesisSection, place: Path) -> list[Synthesis]:
        count = section.variations * len(self.exemplars)
        try:
            order, _ = gallery_of(
                list(self.exemplars.values()),
                section.size,
                method=section.method,
                preset=section.adapted(),
                seed=section.seed,
                weights=section.weights,
            )
        except RaysysError as error:
            raise PointError(str(error)) from error
        try:
            return farm.run(order, count, checkpoint_folder=place / "pictures", **self.run_on)
        # That there is no cluster, or another driver, says nothing of the point.
        except farm.FarmError as error:
            raise PointError(str(error)) from error

    def _judged(self, made: list[Synthesis], place: Path, tracker: Tracker) -> float:
        """The objective; pictures and scores are written and tracked."""
        values = []
        for number, (name, exemplar) in enumerate(self.exemplars.items()):
            pictures = {f"{name}-{one.variation}": one for one in made if one.exemplar == number}
            scores = textures(exemplar, {key: one.image for key, one in pictures.items()})
            values.append(shortfall(scores))
            for path in scores.save(place / "scores" / name):
                tracker.artifact(path, f"scores/{name}")
            for key, one in pictures.items():
                write_images(place / f"{key}.png", one.image[None], kind=Exemplar.of(exemplar, None).kind)
                tracker.artifact(place / f"{key}.png", "pictures")
                copied = scores.pictures[key].copying
                numbers = {"of_floor": _share(scores, key), "largest_piece": copied.largest_piece,
                           "source_used": copied.source_used, "seconds": one.seconds}  # fmt: skip
                finite = {f"{what}/{key}": value for what, value in numbers.items() if math.isfinite(value)}
                tracker.log(0, finite)
        value = float(np.mean(values))
        tracker.log(0, {OBJECTIVE: value})
        tracker.flush()
        return value


def _share(scores: TextureScores, name: str) -> float:
    """A picture's distance over the disjoint floor, as a network sees it, or of colours without one."""
    share = scores.floor_share(name)
    if math.isfinite(share):
        return share
    one = scores.pictures[name]
    for side, floor in sorted(scores.colour_floors.items()):
        if side in one.colour and math.isfinite(floor.mean) and floor.mean > 0:
            return one.colour[side].mean / floor.mean
    return math.nan
