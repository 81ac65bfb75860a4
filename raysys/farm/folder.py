"""Where the driver of a farm keeps its jobs, so that the same call continues them.

`driver.lock` is held by the driver at work. `farm.npz` says what the jobs are determined by and how many were asked
for last; of an order whose jobs are chains, `chain-000007.npz` is one that is under way, and `ended-000000.npz` holds
one or several that have ended together. Each file appears when it is complete; one that is damaged all the same is set
aside under another name, and its jobs are done again, with the same results.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic

from raysys.errors import RaysysError
from raysys.farm.archive import DamagedError, read_archive, read_description, write_archive
from raysys.farm.order import Nouns, Order, Result, State
from raysys.lock import NAME as LOCK
from raysys.lock import Lock

__all__ = ["Folder", "Holdings", "holdings", "is_untouched"]

JOB_FILE = re.compile(r"(?!damaged)[a-z]+-\d{6,}\.npz")
DAMAGED = "damaged-"  # before the name of a file that was set aside
# The lock's, and those in which a command notes its run in MLflow and what that has been told.
LEFT = (LOCK, "run.json", "numbers.jsonl", "numbers.sent", "numbers.part")


@dataclass(frozen=True)
class Holdings:
    """What a folder holds: jobs of the order with this `signature`, so many of them `ended` and `running` (under way).

    `jobs` were asked for last (None: the folder is older than this note); those that are there may be more.
    """

    signature: dict[str, str]
    jobs: int | None
    ended: int
    running: int

    def words(self, nouns: Nouns) -> str:
        """The numbers as a part of a sentence."""
        if self.jobs is None:
            return f"{self.ended} ended, {self.running} under way; how many {nouns.jobs} were asked for is not noted"
        return f"{self.ended} ended, {self.running} under way, {self.jobs} asked for until now"


class Folder(Generic[Result]):
    """The jobs of one order on disk.

    Parameters
    ----------
    path
        Made when the first file is written.
    order
        Of all jobs in it.

    Attributes
    ----------
    lock
        To be held while jobs are driven.
    """

    def __init__(self, path: str | Path, order: Order[Result]) -> None:
        self.path, self.order = Path(path), order
        self.nouns, self.signature = order.nouns, order.signature()
        self.lock = Lock(self.path, self.nouns.jobs)

    def check(self) -> Holdings | None:
        """What the folder holds of this order already; None if it is a new one.

        Raises
        ------
        RaysysError
            If it holds jobs of another order, or of none that is known, or another driver is at work in it.
        """
        self.lock.check()
        if not (self.path / "farm.npz").exists():
            strays = _files(self.path, self.nouns)
            if strays:
                raise RaysysError(
                    f"{self.path}: holds {strays[0].name} but no farm.npz, so nobody knows what {self.nouns.jobs} "
                    "these are; allowed: another checkpoint folder"
                )
            return None
        held = holdings(self.path, self.nouns)
        self._check_signature(held.signature, self.path)
        return held

    def open(self, jobs: int) -> tuple[dict[int, State], dict[int, Result]]:
        """States of the jobs under way, and results of those that have ended, by number; `jobs` are now asked for.

        Raises
        ------
        RaysysError
            If the folder is of another order or has another driver.
        """
        held = self.check()
        self._clear()
        if held is None or held.jobs != jobs:
            write_archive(
                self.path / "farm.npz", _farm(self.nouns), {"signature": self.signature, "jobs": jobs}, {}
            )  # fmt: skip
        states: dict[int, State] = {}
        results: dict[int, Result] = {}
        for path in _files(self.path, self.nouns) if held else []:
            try:
                if path.name.startswith("ended"):
                    results |= self._ended(path)
                else:
                    states[int(path.stem.rpartition("-")[2])] = self._running(path)
            except DamagedError as error:
                self._set_aside(path, error)
        # A driver that was killed between writing a result and deleting its last checkpoint leaves both.
        return {number: state for number, state in states.items() if number not in results}, results

    def keep(self, number: int, state: State) -> None:
        """Replace the checkpoint of a job."""
        description, arrays = state
        whole = {"signature": self.signature, "state": description}
        write_archive(self._path(self.nouns.job, number), _running(self.nouns), whole, arrays)

    def end(self, results: Mapping[int, Result]) -> None:
        """Keep jobs that have ended, in one file: one for each would cost more than a short job does."""
        rows, arrays = self.order.pack(list(results.values()))
        numbered = [{self.nouns.job: number, **row} for number, row in zip(results, rows, strict=True)]
        whole = {"signature": self.signature, self.nouns.jobs: numbered}
        write_archive(self._path("ended", min(results)), _ended(self.nouns), whole, arrays)
        for number in results:
            self._path(self.nouns.job, number).unlink(missing_ok=True)

    def _clear(self) -> None:
        """Take away what a driver that was killed was just writing."""
        for path in self.path.glob(".*.npz"):
            if path.name.startswith((".farm-", ".ended-", f".{self.nouns.job}-")):
                path.unlink()

    def _set_aside(self, path: Path, error: DamagedError) -> None:
        aside = path.with_name(DAMAGED + path.name)
        path.replace(aside)
        warnings.warn(
            f"{error}; it is now called {aside.name}, and its {self.nouns.jobs} are done again, with the same results",
            stacklevel=2,
        )

    def _running(self, path: Path) -> State:
        held, arrays = read_archive(path, _running(self.nouns))
        self._check_signature(held["signature"], path)
        return held["state"], arrays

    def _ended(self, path: Path) -> dict[int, Result]:
        held, arrays = read_archive(path, _ended(self.nouns))
        self._check_signature(held["signature"], path)
        rows = held[self.nouns.jobs]
        return {row[self.nouns.job]: result for row, result in zip(rows, self.order.unpack(rows, arrays), strict=True)}

    def _check_signature(self, there: Mapping[str, str], path: Path) -> None:
        if there != self.signature:
            names = {**self.signature, **there}
            differing = [name for name in names if there.get(name) != self.signature.get(name)]
            words = ", ".join(self._difference(name, there.get(name)) for name in differing)
            raise RaysysError(
                f"{path}: holds {self.nouns.jobs} of other settings ({words}); "
                "allowed: the settings they were begun with, or another checkpoint folder"
            )

    def _difference(self, name: str, there: str | None) -> str:
        if there is None or name not in self.signature or name in self.order.opaque:
            return self.order.opaque.get(name, f"other {name}")
        return f"{name} {there} there, {self.signature[name]} here"

    def _path(self, word: str, number: int) -> Path:
        return self.path / f"{word}-{number:06d}.npz"


def is_untouched(folder: Path) -> bool:
    """Whether a folder is new, or holds no more than a driver leaves that was ended before its first file."""
    files = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return all(path.name in LEFT for path in files)


def holdings(path: str | Path, nouns: Nouns) -> Holdings:
    """What the folder of an order with these nouns holds, whatever the order's settings; damaged files are left out.

    Raises
    ------
    RaysysError
        If it is no such folder, or nothing in it says what it is of.
    """
    files = _files(Path(path), nouns)
    archives = [file for file in files if file.name.startswith("ended")]
    kinds = {file: _ended(nouns) if file in archives else _running(nouns) for file in files}
    described = {file: found for file, kind in kinds.items() if (found := _described(file, kind))}
    try:
        farm = read_description(Path(path) / "farm.npz", _farm(nouns))
    except DamagedError:
        if not described:
            raise
        farm = next(iter(described.values())) | {"jobs": None}  # each file says what it is of
    ended = {row[nouns.job] for file in archives for row in described.get(file, {}).get(nouns.jobs, ())}
    running = {int(file.stem.rpartition("-")[2]) for file in described if file not in archives}
    return Holdings(farm["signature"], farm.get("jobs"), len(ended), len(running - ended))


def glance(path: Path) -> tuple[str, Holdings]:
    """The work of a farm's folder, such as "annealing", and what it holds, whatever order it is of.

    Raises
    ------
    RaysysError
        If it is no such folder, or damaged.
    """
    farm = read_description(path / "farm.npz")
    archives = [file for file in path.glob("*.npz") if JOB_FILE.fullmatch(file.name)]
    ended = 0
    for file in archives:
        if file.name.startswith("ended-"):
            rows = _described(file, None)
            ended += sum(len(value) for value in rows.values() if isinstance(value, list))
    running = sum(not file.name.startswith("ended-") for file in archives)
    work = str(farm["kind"]).removeprefix("raysys ").partition(" farm")[0]
    return work, Holdings(farm.get("signature", {}), farm.get("jobs"), ended, running)


def _described(path: Path, kind: str | None) -> dict[str, Any]:
    try:
        return read_description(path, kind)
    except DamagedError:
        return {}


# What the archives call themselves: of annealing, "raysys annealing farm 1" since its first release.
def _farm(nouns: Nouns) -> str:
    return f"raysys {nouns.work} farm 1"


def _running(nouns: Nouns) -> str:
    return f"raysys {nouns.job} of a farm 1"


def _ended(nouns: Nouns) -> str:
    return f"raysys ended {nouns.jobs} of a farm 1"


def _files(path: Path, nouns: Nouns) -> list[Path]:
    """Those of jobs; whatever else lies in the folder is somebody else's."""
    ours = re.compile(rf"({nouns.job}|ended)-\d{{6,}}\.npz")
    return sorted(file for file in path.glob("*.npz") if ours.fullmatch(file.name))
