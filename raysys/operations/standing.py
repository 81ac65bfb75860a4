"""How far runs and farms are, as their folders say; no process is asked, so that it is told of dead ones, too."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from raysys.errors import RaysysError
from raysys.farm.folder import glance
from raysys.lock import Lock
from raysys.modest_yaml import load_yaml

__all__ = ["Standing", "status"]

DEPTH = 4  # folders below the one that is looked at: STORAGE/RECIPE/train-001, OUT/chains
RUNS = ("train", "sweep")


@dataclass(frozen=True)
class Standing:
    """One training, sweep or farm.

    Attributes
    ----------
    folder
        Where it is.
    kind
        "train", "sweep", or the work of a farm, such as "annealing".
    state
        "at work"; "ended"; or "interrupted": begun, and no driver is there any more.
    done, asked
        Steps of a training, trials of a sweep, jobs of a farm; None if not known.
    words
        What else there is to say: the best value, who is at work.
    driver
        {"pid", "host", "started"} of the process at work.
    """

    folder: Path
    kind: str
    state: str
    done: int | None
    asked: int | None
    words: str = ""
    driver: dict[str, Any] | None = None


def status(folder: str | Path = "runs") -> list[Standing]:
    """All trainings, sweeps and farms in a folder, by path.

    Parameters
    ----------
    folder
        A recipe's `storage`, the `--out` of a farm, or one that holds several of them.

    Raises
    ------
    RaysysError
        If there is no such folder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise RaysysError(f"{folder}: there is no such folder; name the storage of runs, or the --out of a farm")
    return [found for place in _places(root, DEPTH) if (found := standing(place)) is not None]


def standing(folder: Path) -> Standing | None:
    """How one folder stands; None if it is of no run."""
    kind = folder.name.partition("-")[0]
    if (folder / "run.json").is_file() and kind in RUNS and (folder / "recipe.yaml").is_file():
        return _run(folder, kind)
    if (folder / "farm.npz").is_file():
        return _farm(folder)
    return None


def _places(folder: Path, depth: int) -> Iterator[Path]:
    yield folder
    if depth and standing(folder) is None:
        for inner in sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")):
            yield from _places(inner, depth - 1)


def _run(folder: Path, kind: str) -> Standing:
    driver = Lock(folder).holder()
    try:
        return _run_read(folder, kind, driver)
    # One that a kill has left half written, or whose study has no tables yet, hides no other.
    except (OSError, ValueError, sqlite3.Error, yaml.YAMLError, RaysysError) as error:
        words = f"cannot be read ({type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''})"
        return Standing(folder, kind, "at work" if driver is not None else "damaged", None, None, words, driver)


def _run_read(folder: Path, kind: str, driver: dict[str, Any] | None) -> Standing:
    known = json.loads((folder / "run.json").read_text())
    ended = bool(known.get("model"))
    state = "at work" if driver is not None else "ended" if ended else "interrupted"
    done, asked, words = (_training if kind == "train" else _sweep)(folder)
    said = [words, str(known.get("model") or "")]
    return Standing(folder, kind, state, done, asked, ", ".join(filter(None, said)), driver)


def _training(folder: Path) -> tuple[int | None, int | None, str]:
    try:
        progress = json.loads((folder / "progress.json").read_text())
    except (OSError, ValueError):
        return None, None, ""
    best = progress.get("best")
    return progress.get("step"), progress.get("steps"), "" if best is None else f"best {best:.4g}"


def _sweep(folder: Path) -> tuple[int | None, int | None, str]:
    asked = (load_yaml((folder / "recipe.yaml").read_text()).get("sweep") or {}).get("trials")
    if not (folder / "study.db").is_file():  # ended before its first trial
        return 0, asked, ""
    # Without Optuna, which takes seconds to be loaded, and only to be read: the sweep may be at work.
    with closing(sqlite3.connect(f"file:{quote(str(folder / 'study.db'))}?mode=ro", uri=True)) as study:
        states = Counter(state for (state,) in study.execute("SELECT state FROM trials"))
        (best,) = study.execute("SELECT min(intermediate_value) FROM trial_intermediate_values").fetchone()
    under_way = states.pop("RUNNING", 0)
    states.pop("WAITING", 0)
    said = [f"{under_way} under way"] if under_way else []
    said += [] if best is None else [f"best {best:.4g}"]
    return states.total(), asked, ", ".join(said)


def _farm(folder: Path) -> Standing:
    driver = Lock(folder).holder()
    try:
        work, held = glance(folder)
    except RaysysError as error:
        return Standing(folder, "farm", "damaged", None, None, str(error), driver)
    ended = held.jobs is not None and held.ended >= held.jobs
    state = "at work" if driver is not None else "ended" if ended else "interrupted"
    words = f"{held.running} under way" if held.running else ""
    return Standing(folder, work, state, held.ended, held.jobs, words, driver)
