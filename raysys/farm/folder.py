"""Where the driver of a farm keeps its chains, so that the same call continues them.

`driver.lock` is held by the driver at work. `farm.npz` says what the chains are determined by, `chain-000007.npz` is
one that is under way, `ended-000000.npz` holds one or several that have ended together. Each file appears when it is
complete.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from raysys.anneal.order import Order, State
from raysys.anneal.reconstruction import History, Reconstruction
from raysys.errors import RaysysError
from raysys.farm.archive import read_archive, write_archive
from raysys.farm.lock import Lock

__all__ = ["Folder"]

FARM, RUNNING, ENDED = "raysys annealing farm 1", "raysys chain of a farm 1", "raysys ended chains of a farm 1"
OURS = re.compile(r"(chain|ended)-\d{6,}\.npz")


class Folder:
    """The chains of one order on disk.

    Parameters
    ----------
    path
        Made when the first file is written.
    order
        Of all chains in it.

    Attributes
    ----------
    lock
        To be held while chains are driven.
    """

    def __init__(self, path: str | Path, order: Order) -> None:
        self.path, self.order = Path(path), order
        self.signature = order.signature()
        self.lock = Lock(self.path)

    def check(self) -> bool:
        """Whether the folder holds chains of this order already.

        Raises
        ------
        RaysysError
            If it holds those of another, or of none that is known, or another driver is at work in it.
        """
        self.lock.check()
        if not (self.path / "farm.npz").exists():
            found = self._files()
            if found:
                raise RaysysError(
                    f"{self.path}: holds {found[0].name} but no farm.npz, so nobody knows what chains these are; "
                    "allowed: another checkpoint folder"
                )
            return False
        held, _ = read_archive(self.path / "farm.npz", FARM)
        self._check_signature(held["signature"], self.path)
        return True

    def open(self) -> tuple[dict[int, State], dict[int, Reconstruction]]:
        """States of the chains under way, and results of those that have ended, by number.

        Raises
        ------
        RaysysError
            If the folder is of another order or has another driver, or a file is damaged.
        """
        if not self.check():
            write_archive(self.path / "farm.npz", FARM, {"signature": self.signature}, {})
            return {}, {}
        states: dict[int, State] = {}
        results: dict[int, Reconstruction] = {}
        for path in self._files():
            if path.name.startswith("chain"):
                number, state = self._running(path)
                states[number] = state
            else:
                results |= self._ended(path)
        # A driver that was killed between writing a result and deleting its last checkpoint leaves both.
        return {number: state for number, state in states.items() if number not in results}, results

    def keep(self, number: int, state: State) -> None:
        """Replace the checkpoint of a chain."""
        description, arrays = state
        write_archive(
            self._path("chain", number), RUNNING, {"signature": self.signature, "state": description}, arrays
        )  # fmt: skip

    def end(self, results: Sequence[Reconstruction]) -> None:
        """Keep chains that have ended, in one file: one for each would cost more than a short chain does."""
        scalars = ("chain", "energy", "swaps", "seconds")
        chains = [
            {name: getattr(one, name) for name in scalars} | {"stages": len(one.history.energy)} for one in results
        ]
        histories = [np.stack(list(vars(one.history).values())) for one in results]
        arrays = {"images": np.stack([one.image for one in results]), "histories": np.concatenate(histories, axis=1)}
        first = min(one.chain for one in results)
        write_archive(self._path("ended", first), ENDED, {"signature": self.signature, "chains": chains}, arrays)
        for one in results:
            self._path("chain", one.chain).unlink(missing_ok=True)

    def _running(self, path: Path) -> tuple[int, State]:
        held, arrays = read_archive(path, RUNNING)
        self._check_signature(held["signature"], path)
        return int(held["state"]["chain"]), (held["state"], arrays)

    def _ended(self, path: Path) -> dict[int, Reconstruction]:
        held, arrays = read_archive(path, ENDED)
        self._check_signature(held["signature"], path)
        ends = np.cumsum([one["stages"] for one in held["chains"]])[:-1]
        histories = np.split(arrays["histories"], ends, axis=1)
        results = {}
        for one, image, rows in zip(held["chains"], arrays["images"], histories, strict=True):
            one.pop("stages")
            results[one["chain"]] = Reconstruction(
                image=image,
                history=History(*rows),
                seed=self.order.seed,
                schedule=self.order.schedule,
                r_max=self.order.target.r_max,
                **one,
            )
        return results

    def _check_signature(self, held: dict[str, str], path: Path) -> None:
        if held != self.signature:
            other = [name for name, value in self.signature.items() if held.get(name) != value]
            raise RaysysError(
                f"{path}: holds chains of other settings ({', '.join(map(self._told, other, map(held.get, other)))}); "
                "allowed: the settings they were begun with, or another checkpoint folder"
            )

    def _told(self, name: str, held: str | None) -> str:
        if name in ("target", "known pixels") or held is None:
            return f"another {name}" if name == "target" else f"other {name}"
        return f"{name} {held} there, {self.signature[name]} here"

    def _files(self) -> list[Path]:
        return sorted(path for path in self.path.glob("*.npz") if OURS.fullmatch(path.name))

    def _path(self, what: str, number: int) -> Path:
        return self.path / f"{what}-{number:06d}.npz"
