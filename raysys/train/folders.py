"""Run folders: runs/<recipe>/train-001, sweep-001, ...: the recipe, the MLflow run id, checkpoints, the model."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from raysys.data.sources import PREPARED
from raysys.errors import RaysysError
from raysys.files import written_aside
from raysys.lock import Lock
from raysys.modest_yaml import load_yaml
from raysys.train.recipe import Recipe, checked

Kind = Literal["train", "sweep"]
ALIAS = re.compile(r"(?P<model>(\w+:)?models:/[^@/]+)@[^@/]+")


@dataclass(frozen=True)
class Run:
    """What a training or a sweep leaves behind.

    Attributes
    ----------
    run_id
        MLflow's id of the run (of the parent run, for a sweep).
    folder
        Checkpoints, recipe, model and, for a sweep, the study and the trials.
    metrics
        Of the best validation.
    model
        URI of the registered model, "models:/name/version", or None where nothing was registered.
    tracking_uri
        Where MLflow keeps the run.
    experiment_id
        MLflow's id of the experiment that the run is in.
    """

    run_id: str
    folder: Path
    metrics: dict[str, float]
    model: str | None
    tracking_uri: str
    details: dict[str, Any] = field(default_factory=dict)
    experiment_id: str = "0"


@contextlib.contextmanager
def leaving_nothing(storage: str | Path) -> Iterator[None]:
    """Take away what was prepared inside the block, if what was asked for is refused before it has begun."""
    place = Path(storage) / PREPARED
    before = set(place.iterdir()) if place.is_dir() else set()
    try:
        yield
    except RaysysError:
        for made in set(place.iterdir()) - before if place.is_dir() else ():
            shutil.rmtree(made, ignore_errors=True)
        for empty in (place, place.parent):
            with contextlib.suppress(OSError):  # not empty, or not there
                empty.rmdir()
        raise


def new_folder(recipe: Recipe, kind: Kind) -> Path:
    """Make the next free folder of that kind and put the recipe into it."""
    # Asked by making it: of two commands that begin at once, one finds the number taken and goes on.
    for number in range(1, 10_000):
        folder = recipe.folder / f"{kind}-{number:03d}"
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise RaysysError(f"storage: cannot make the folder {folder} ({error.strerror})") from error
        write_recipe(recipe, folder / "recipe.yaml")
        return folder
    raise RaysysError(f"{recipe.folder}: holds 9,999 folders of kind {kind}; remove some, or set another `storage`")


def driving(folder: Path) -> Lock:
    """The right to train in a run's folder, which one process has at a time."""
    return Lock(folder, "a training", otherwise="a run of its own, without --resume")


def finished_before(folder: Path, uri: str) -> Run | None:
    """What a run that has ended left behind, as its folder says; None if it came to no model."""
    found = noted(folder)
    if not found.get("model") or not (folder / "model").is_dir():
        return None
    remark = (
        f"{folder} had ended before, so nothing was done; a larger training.steps (or, for a sweep, sweep.trials) goes "
        "on with it, and the same command without --resume begins a new run"
    )
    return Run(found["run_id"], folder, found.get("metrics", {}), found["model"], uri, {"remarks": [remark]})


def interrupted_folder(recipe: Recipe, kind: Kind, *, may_differ: tuple[str, ...]) -> Path:
    """The newest folder of that kind, to be resumed with the same recipe.

    Parameters
    ----------
    may_differ
        Dotted fields, or sections, that may have another value than when the run began.

    Raises
    ------
    RaysysError
        If there is none, or the recipe has changed in another field.
    """
    folder, earlier = _begun(recipe, kind)
    for name, (before, now) in _differences(earlier.model_dump(mode="json"), recipe.model_dump(mode="json")).items():
        if not any(name == free or name.startswith(f"{free}.") for free in may_differ):
            raise RaysysError(
                f"--resume: {name} was {before!r} when {folder} began and is {now!r} now; "
                "resume with the same recipe, or start a new run without --resume"
            )
    return folder


def with_versions_of_begun(recipe: Recipe, kind: Kind) -> Recipe:
    """The recipe with the versions that aliases of models stood for when the newest run of that kind began.

    An alias that has moved since must not keep the command that began a run from going on with it.
    """
    _, earlier = _begun(recipe, kind)
    now, began = recipe.model_dump(mode="json"), earlier.model_dump(mode="json")
    values = {
        f"{section}.{name}": _with_version(value, began[section].get(name))
        for section in ("training", "system")
        for name, value in now[section].items()
    }
    changed = {name: value for name, (value, same) in values.items() if not same}
    return recipe.with_values(changed) if changed else recipe


def _with_version(now: Any, began: Any) -> tuple[Any, bool]:
    """A field with the version that its alias stood for, where the earlier names it; and whether it is as it was."""
    if isinstance(now, list) and isinstance(began, list) and len(now) == len(began):
        each = [_with_version(*pair) for pair in zip(now, began, strict=True)]
        return [value for value, _ in each], all(same for _, same in each)
    alias = ALIAS.fullmatch(now) if isinstance(now, str) else None
    if alias and isinstance(began, str) and began.startswith(alias["model"] + "/"):
        return began, False
    return now, True


def _begun(recipe: Recipe, kind: Kind) -> tuple[Path, Recipe]:
    """The newest folder of that kind, and the recipe that it began with."""
    # Without run.json nothing was begun there: the command failed before MLflow knew of it.
    found = (path for path in recipe.folder.glob(f"{kind}-*") if (path / "run.json").is_file())
    folders = sorted(found, key=lambda path: (len(path.name), path.name))  # train-1000 is newer than train-999
    if not folders:
        raise RaysysError(f"{recipe.folder}: holds no {kind} to resume; run the same command without --resume first")
    source = folders[-1] / "recipe.yaml"
    return folders[-1], checked(load_yaml(source.read_text()), source=str(source))


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as YAML that `load_recipe` reads."""
    with written_aside(path) as aside:
        aside.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))


def note(folder: Path, **values: Any) -> None:
    """Add to the folder's run.json."""
    # Read again each time, since publishing and the engine both add to it.
    content = noted(folder) | values
    with written_aside(folder / "run.json") as aside:
        aside.write_text(json.dumps(content, indent=1))


def run_of_checkpoint(checkpoint: Path) -> dict[str, str]:
    """MLflow's ids of the training, or the trial and its sweep, that a checkpoint's folder is of; none if unknown.

    Returns
    -------
    {"training": id}, or {"trial": id, "sweep": id}
    """
    for folder in checkpoint.resolve().parents[:3]:
        known = noted(folder)
        if "trials" in known:
            trial = known["trials"].get(str(int(checkpoint.resolve().parent.name.rpartition("-")[2])))
            return {"trial": trial, "sweep": known["run_id"]} if trial else {}
        if "run_id" in known:
            return {"training": known["run_id"]}
    return {}


def noted(folder: Path) -> dict[str, Any]:
    """What the folder's run.json says; empty if there is none."""
    path = folder / "run.json"
    return dict(json.loads(path.read_text())) if path.is_file() else {}


def _differences(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> dict[str, tuple[Any, Any]]:
    found: dict[str, tuple[Any, Any]] = {}
    for key in sorted(set(before) | set(now)):
        one, two = before.get(key), now.get(key)
        if isinstance(one, dict) and isinstance(two, dict):
            found |= _differences(one, two, f"{prefix}{key}.")
        elif one != two:
            found[f"{prefix}{key}"] = (one, two)
    return found
