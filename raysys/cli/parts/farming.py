"""A farm of annealing chains from the command line: its schedule, its folder, its run in MLflow, and what is seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.commission import Commission
from raysys.cli.parts.terminal import by, notice
from raysys.cli.parts.watching import watching
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.anneal import FarmError, Reconstruction, Schedule
    from raysys.anneal.order import AnnealingOrder
    from raysys.train.tracking import Tracker

CHAINS = "chains"  # the folder of checkpoints below --out


@dataclass
class Found:
    """What a farm came to: results, and the error that tells of the chains that failed."""

    results: list[Reconstruction] = field(default_factory=list)
    error: FarmError | None = None

    @property
    def failed(self) -> dict[int, str]:
        """Why chains did not end, by number."""
        return {} if self.error is None else self.error.failed


def schedule_of(preset: str, changes: dict[str, Any]) -> Schedule:
    """The schedule from the options that were given; None is not.

    Raises
    ------
    RaysysError
        If a value lies outside its range.
    """
    from raysys.anneal import Schedule
    from raysys.anneal.schedule import T0_WORDS

    given = {name: value for name, value in changes.items() if value is not None}
    # The one option that is a word or a number, so that typer cannot check it.
    if given.get("t0") not in (None, *T0_WORDS):
        try:
            given["t0"] = float(given["t0"])
        except ValueError:
            raise RaysysError(f"--t0 is {given['t0']!r}; allowed: a number >= 0, scaled, or auto") from None
    return Schedule.published(**given) if preset == "published" else Schedule(**given)


def check_folder(out: Path, asked: Commission, schedule: Schedule, seed: int) -> AnnealingOrder:
    """What the chains are determined by, if they can be made, and `out` is empty or holds chains of just these.

    Raises
    ------
    RaysysError
        If the settings do not suit each other, or `out` holds other chains or other files.
    """
    from raysys.anneal.order import AnnealingOrder
    from raysys.farm import Folder
    from raysys.farm.folder import is_untouched

    order = AnnealingOrder.of(asked.target, asked.shape, schedule, seed, asked.known)
    if out.exists() and not out.is_dir():
        raise RaysysError(f"--out {out} is a file; allowed: a folder, or the name of a new one")
    if is_untouched(out):
        return order
    # Other chains in it are refused there, by what they differ in.
    held = Folder(out / CHAINS, order).check()
    if held is None:
        raise RaysysError(
            f"--out {out} holds files but no chains of raysys anneal; allowed: a new folder, an empty one, or that of "
            "the same command"
        )
    notice(f"{out} holds chains of the same settings, so they go on: {held.words(order.nouns)}")
    return order


@contextmanager
def farmed(
    order: AnnealingOrder,
    out: Path,
    run: dict[str, Any],
    *,
    watch: bool,
    tracking: tuple[str | None, str] | None,
    images: Sequence[str],
) -> Iterator[tuple[Found, Tracker | None]]:
    """Make the chains, and give what they came to for the block, which is still part of the run in MLflow.

    Parameters
    ----------
    order, out
        See `check_folder`.
    run
        chains, workers, address, and seconds between checkpoints.
    watch
        Whether the live view is shown.
    tracking
        Location and experiment of MLflow, or None.
    images
        Names for the run's parameters.
    """
    parameters = {"images": list(images), "chains": run["chains"], **_parameters(order)}
    with _tracked(tracking, parameters, out) as tracker:
        _make_folder(out)
        found = _farm(order, out, run, watch=watch)
        yield found, tracker


def _farm(order: AnnealingOrder, out: Path, run: dict[str, Any], *, watch: bool) -> Found:
    from raysys.anneal import FarmError, Patience, reconstruct

    try:
        with watching(order.nouns, run["chains"], out / "live.html" if watch else None) as heard:
            return Found(
                reconstruct(
                    order.target,
                    order.shape,
                    chains=run["chains"],
                    seed=order.seed,
                    schedule=order.schedule,
                    known=order.known,
                    workers=run["workers"],
                    address=run["address"],
                    checkpoint_folder=out / CHAINS,
                    progress=heard,
                    patience=Patience(checkpoint=run["checkpoint"]),
                )
            )
    # The chains that have ended are written first; the command says the error afterwards.
    except FarmError as error:
        return Found(error.results, error)


def _parameters(order: AnnealingOrder) -> dict[str, Any]:
    """What the run's chains are determined by, in words."""
    target = order.target
    terms = {}
    for term in target.terms:
        name = term.label if target.binary_image else f"{term.label} of {target.values[term.phase]}"
        terms[name] = f"weight {term.weight:g}, {len(term.values)} lags up to {term.longest}"
    fractions = {str(value): phi for value, phi in zip(target.values, target.fractions, strict=True)}
    described = {"terms": terms, "phase_fractions": fractions, "boundary": target.boundary, "images": target.images}
    known = 0 if order.known is None else int(order.known.fixed.sum())
    return {
        "shape": order.shape,
        "seed": order.seed,
        "schedule": order.schedule.as_dict(),
        "target": described | {"r_max": target.r_max},
        "known_pixels": known,
    }


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RaysysError(f"--out {out}: cannot be made a folder ({error.strerror})") from None


@contextmanager
def _tracked(
    tracking: tuple[str | None, str] | None, parameters: dict[str, Any], out: Path
) -> Iterator[Tracker | None]:
    """One MLflow run per farm, which ends as the farm does."""
    if tracking is None:
        yield None
        return
    from raysys.models.registry import tracking_location
    from raysys.train.tracking import Tracker, ending_run, noted_run, start_run, unfinished_run

    uri = tracking_location(tracking[0])
    run_id = unfinished_run(out, uri) or start_run(
        f"anneal {out.name}",
        experiment=tracking[1],
        uri=uri,
        parameters=parameters,
        tags={"raysys.kind": "anneal"},
        description=f"{parameters['chains']} annealing chains of {by(parameters['shape'])} pixels, kept in {out}.",
    )
    with ending_run(run_id, uri):
        # Once MLflow has answered: a server that does not would leave an empty folder.
        _make_folder(out)
        noted_run(out, uri, run_id)
        yield Tracker(run_id, uri)
