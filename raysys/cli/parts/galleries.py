"""A farm of pictures of many textures from the command line: its folder, its run in MLflow, its files."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.exemplars import ReadExemplar
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.terminal import by, notice, wrote
from raysys.cli.parts.watching import watching
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.farm import FarmError
    from raysys.synthesis import GalleryOrder, Synthesis
    from raysys.train.tracking import Tracker

__all__ = ["Gallery"]

PICTURES = "pictures"  # the folder of checkpoints below the output


@dataclass(frozen=True, eq=False)
class Gallery:
    """What is made of which exemplars, and where it goes.

    Attributes
    ----------
    names
        Of the exemplars, one each; files and numbers in MLflow are called so.
    run
        address and workers of the farm.
    tracking
        Location and experiment of MLflow, or None.
    assess
        Whether pictures are judged against their exemplars.
    """

    order: GalleryOrder
    exemplars: Sequence[ReadExemplar]
    names: Sequence[str]
    variations: int
    out: Path
    run: dict[str, Any]
    tracking: tuple[str | None, str] | None
    assess: bool = False

    def check(self) -> None:
        """Refuse a folder that holds anything else than pictures of the same settings."""
        from raysys.farm import Folder
        from raysys.farm.folder import is_untouched

        if self.out.suffix or (self.out.exists() and not self.out.is_dir()):
            raise RaysysError(
                f"--out {self.out}: {len(self.exemplars)} exemplars are continued into a folder; allowed: its name, or "
                "--together for one picture of all of them"
            )
        if is_untouched(self.out):
            return
        # Other pictures in it are refused there, by what they differ in.
        held = Folder(self.out / PICTURES, self.order).check()
        if held is None:
            raise RaysysError(
                f"--out {self.out} holds files but no pictures of raysys synthesise; allowed: a new folder, an empty "
                "one, or that of the same command"
            )
        notice(f"{self.out} holds pictures of the same settings, so they go on: {held.words(self.order.nouns)}")

    def make(self, *, watch: bool) -> tuple[list[Synthesis], Tracker | None]:
        """Make, write, judge and track all pictures."""
        from raysys import farm

        self.check()
        with self._tracked() as tracker:
            self.out.mkdir(parents=True, exist_ok=True)
            error: FarmError | None = None

            def ended(made: Synthesis) -> None:
                if tracker is not None:
                    self._track_losses(tracker, made)

            with keeping(lambda: f"what the pictures had reached is kept in {self.out}, to go on: {again()}"):
                with watching(self.order.nouns, self._jobs, self.out / "live.html" if watch else None) as heard:
                    try:
                        made = farm.run(
                            self.order,
                            self._jobs,
                            checkpoint_folder=self.out / PICTURES,
                            progress=heard,
                            finished=ended,
                            patience=farm.Patience(checkpoint=2.0),
                            **self.run,
                        )
                    # The pictures that are done are written first; the command says the error afterwards.
                    except farm.FarmError as failed:
                        made, error = failed.results, failed
            made = sorted(made, key=lambda one: (one.exemplar, one.variation))
            self._write(made, tracker)
            if self.assess:
                self._judge(made, tracker)
            if error is not None:
                raise error
        return made, tracker

    @property
    def _jobs(self) -> int:
        return self.variations * len(self.exemplars)

    def _name(self, made: Synthesis) -> str:
        name = self.names[made.exemplar]
        return name if self.variations == 1 else f"{name}-{made.variation}"

    def _write(self, made: Sequence[Synthesis], tracker: Tracker | None) -> None:
        from raysys.data import write_images

        for one in made:
            path = self.out / f"{self._name(one)}.png"
            write_images(path, one.image[None], kind=self.exemplars[one.exemplar].kind)
            if tracker is not None:
                tracker.artifact(path, "pictures")
        wrote(self.out, f"{len(made)} pictures of {by(self.order.orders[0].plan.size)} pixels")

    def _judge(self, made: Sequence[Synthesis], tracker: Tracker | None) -> None:
        """Scores of each exemplar's pictures, of which tables are written and numbers tracked."""
        from raysys.assess import textures

        for place, exemplar in enumerate(self.exemplars):
            pictures = {self._name(one): one.image for one in made if one.exemplar == place}
            if not pictures:
                continue
            scores = textures(exemplar.image, pictures, say=notice)
            for path in scores.save(self.out / "scores" / self.names[place]):
                wrote(path)
                if tracker is not None:
                    tracker.artifact(path, f"scores/{self.names[place]}")
            for name, one in scores.pictures.items():
                found = {"of_floor": scores.floor_share(name), "largest_piece": one.copying.largest_piece}
                found |= {"source_used": one.copying.source_used, "seam": one.seam.worst}
                if tracker is not None:
                    numbers = {f"{key}/{_tracked_name(name)}": value for key, value in found.items()}
                    tracker.log(0, {key: value for key, value in numbers.items() if math.isfinite(value)})

    def _track_losses(self, tracker: Tracker, made: Synthesis) -> None:
        name = _tracked_name(self._name(made))
        for step, loss in enumerate(made.losses):
            tracker.log(step, {f"loss/{name}": float(loss)})
        tracker.log(len(made.losses), {f"seconds/{name}": made.seconds})

    @contextmanager
    def _tracked(self) -> Iterator[Tracker | None]:
        """One MLflow run for the farm, which ends as the farm does."""
        if self.tracking is None:
            yield None
            return
        from raysys.models.registry import tracking_location
        from raysys.train.tracking import Tracker, ending_run, noted_run, start_run, unfinished_run

        uri, plan = tracking_location(self.tracking[0]), self.order.orders[0].plan
        settings = {key: value for key, value in self.order.signature().items() if key not in self.order.opaque}
        run_id = unfinished_run(self.out, uri) or start_run(
            f"synthesise {self.out.name}",
            experiment=self.tracking[1],
            uri=uri,
            parameters={"exemplars": list(self.names), "variations": self.variations} | settings,
            tags={"raysys.kind": "synthesise"},
            description=f"{self._jobs} pictures of {by(plan.size)} pixels by {plan.method}, kept in {self.out}.",
        )
        with ending_run(run_id, uri, self.out / PICTURES):
            self.out.mkdir(parents=True, exist_ok=True)
            # The losses of pictures that an earlier driver has told of are not told again.
            tracker = Tracker(noted_run(self.out, uri, run_id), uri, folder=self.out / PICTURES)
            yield tracker
            tracker.flush()


def _tracked_name(name: str) -> str:
    """With the letters that MLflow allows in the names of numbers."""
    return re.sub(r"[^\w.\- /]", "_", name)
