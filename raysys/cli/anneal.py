"""`raysys anneal`: Yeong-Torquato reconstructions of given images, chains spread over Ray actors."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from raysys.cli.images import read_binary
from raysys.cli.options import (
    AddressOption,
    BoundaryOption,
    PhaseOption,
    ReportOption,
    RMaxOption,
    TrackingOption,
)
from raysys.cli.stats import chosen, measure
from raysys.cli.tables import errors_table, own_baseline
from raysys.cli.terminal import Bar, facts, number, show, wrote
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.anneal import Progress, Reconstruction, Schedule, Target
    from raysys.train.tracking import Tracker


def anneal(
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGE", help="Images whose two-point function is to be reproduced.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for images, target, energies and the chains' checkpoints.")],
    chains: Annotated[int, typer.Option(min=1, help="Number of reconstructions, each a chain of its own.")] = 8,
    shape: Annotated[
        tuple[int, int] | None, typer.Option(help="Height and width in pixels; by default those of the given images.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of all chains; chain k draws from (seed, k) only.")] = 0,
    preset: Annotated[
        Literal["fast", "published"],
        typer.Option(help="fast exchanges pixels at interfaces; published exchanges any two of different phase."),
    ] = "fast",
    selection: Annotated[
        Literal["interface", "uniform", "dpn"] | None, typer.Option(help="Which pixels are exchanged; over the preset.")
    ] = None,
    stages: Annotated[int | None, typer.Option(help="Temperatures; 250 by default.")] = None,
    moves: Annotated[
        int | None, typer.Option(help="Trial moves per stage; by default 20,000 at 128 x 128, in proportion to pixels.")
    ] = None,
    threshold: Annotated[
        float | None, typer.Option(help="A chain ends when its energy is not above this; 0 by default.")
    ] = None,
    phase: PhaseOption = "bright",
    boundary: BoundaryOption = "open",
    r_max: RMaxOption = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Ray actors of one CPU each; by default as many as there are CPUs.")
    ] = None,
    address: AddressOption = None,
    report: ReportOption = None,
    track: Annotated[bool, typer.Option(help="Record the farm as a run in MLflow.")] = True,
    tracking_uri: TrackingOption = None,
    experiment: Annotated[str, typer.Option(help="MLflow experiment.")] = "raysys",
) -> None:
    """Reconstruct images with the same two-point function by simulated annealing.

    The same command with the same folder continues chains that were interrupted.
    """
    given = read_binary(images, phase=phase)
    target = _target(given, shape, boundary=boundary, r_max=r_max)
    size = target.check(shape or given.shape[1:])
    changes = {"selection": selection, "stages": stages, "moves": moves, "threshold": threshold}
    schedule = _schedule(preset, {name: value for name, value in changes.items() if value is not None})
    options = {"chains": chains, "seed": seed, "schedule": schedule, "workers": workers, "address": address}
    parameters = {"images": images, "shape": size, "chains": chains, "seed": seed, "schedule": schedule.as_dict()}
    parameters |= {"phase": phase, "boundary": boundary, "r_max": target.r_max}
    with _tracked(track, tracking_uri, experiment, parameters, out) as tracker:
        _make_folder(out)
        results = _farm(target, size, out, options)
        files = _write(out, target, results)
        if report is not None:
            _write_report(report, given, results, boundary, target.r_max)
            files.append(report)
        if tracker is not None:
            _track(tracker, results, files)
    energies = [result.energy for result in results]
    show(
        facts(
            f"{len(results)} reconstructions of {size[0]} x {size[1]} pixels",
            {
                "energy": f"{number(min(energies))} to {number(max(energies))} (sum over r = 1 to {target.r_max})",
                "phase fraction": f"{results[0].phase_fraction:.4f}, wanted {target.phase_fraction:.4f}",
                "trial moves": f"{sum(result.swaps for result in results):,}",
                "CPU seconds": f"{sum(result.seconds for result in results):.1f}",
                **({"MLflow run": tracker.run_id} if tracker is not None else {}),
            },
        )
    )


def _target(given: np.ndarray, shape: tuple[int, int] | None, *, boundary: str, r_max: int | None) -> Target:
    from raysys.anneal import Target

    # Pairs beyond half a period repeat, so the reconstruction's size bounds the lags.
    shortest = min(*given.shape[1:], *(shape or given.shape[1:]))
    return Target.from_images(given, r_max=r_max or max(1, shortest // 2 - 1), boundary=boundary)


def _schedule(preset: str, changes: dict[str, Any]) -> Schedule:
    from raysys.anneal import Schedule

    return Schedule.published(**changes) if preset == "published" else Schedule(**changes)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RaysysError(f"--out {out}: cannot be made a folder ({error.strerror})") from None


def _farm(target: Target, size: tuple[int, int], out: Path, options: dict[str, Any]) -> list[Reconstruction]:
    from raysys.anneal import reconstruct

    stages = options["schedule"].stages
    done: dict[int, int] = {}
    total = options["chains"] * stages
    with Bar("annealing", "chains", "energy", "workers") as bar:

        def heard(state: Progress) -> None:
            done[state.chain] = state.stage
            workers = f"{state.workers}" + (f", {state.pending} pending" if state.pending else "")
            chains = f"{state.finished}/{state.chains}"
            bar.update(sum(done.values()), total, chains=chains, energy=number(state.energy), workers=workers)

        return reconstruct(target, size, checkpoint_folder=out / "chains", progress=heard, **options)


def _write(out: Path, target: Target, results: list[Reconstruction]) -> list[Path]:
    import numpy as np

    from raysys.data import write_images
    from raysys.files import written_aside

    files = [out / "images.tif", out / "target.npz", out / "energies.csv"]
    write_images(files[0], np.stack([result.image for result in results]))
    with written_aside(files[1]) as aside:
        np.savez(aside, S2=target.S2, r=np.arange(1, target.r_max + 1), phase_fraction=target.phase_fraction)
    with written_aside(files[2]) as aside, aside.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["chain", "seed", "energy", "mse", "phase_fraction", "stages", "swaps", "seconds"])
        for one in results:
            made = len(one.history.energy)
            table.writerow([one.chain, one.seed, one.energy, one.mse, one.phase_fraction, made, one.swaps, one.seconds])
    for path, what in zip(files, (f"{len(results)} images", "S2 that was asked for", "one row per chain"), strict=True):
        wrote(path, what)
    return files


def _write_report(path: Path, given: np.ndarray, results: list[Reconstruction], boundary: str, r_max: int) -> None:
    import numpy as np

    from raysys.report import comparison_page
    from raysys.stats import compare

    images = {"given": given, "annealed": np.stack([result.image for result in results])}
    names = chosen(None, 2)
    measured = {name: measure(array, names, boundary=boundary, r_max=r_max) for name, array in images.items()}
    baseline = own_baseline(measured["given"])
    errors = {"annealed": compare(measured["given"], measured["annealed"])}
    show(errors_table(errors, baseline, reference="given"))
    comparison_page(
        path,
        title="Simulated annealing against the given images",
        images=images,
        characterisations=measured,
        reference="given",
        baseline=baseline,
        trials=None,
        notes=["Annealing was asked for S2 only; the other descriptors show what S2 leaves open."],
        timings={"annealing, CPU seconds of all chains": sum(result.seconds for result in results)},
    )
    wrote(path)


@contextmanager
def _tracked(
    track: bool, uri: str | None, experiment: str, parameters: dict[str, Any], out: Path
) -> Iterator[Tracker | None]:
    """One MLflow run per farm, which ends as the farm does."""
    if not track:
        yield None
        return
    from raysys.models.registry import tracking_location
    from raysys.train.engine import ending_run
    from raysys.train.tracking import Tracker, start_run

    uri = tracking_location(uri)
    tags = {"raysys.kind": "anneal"}
    run_id = start_run(f"anneal {out.name}", experiment=experiment, uri=uri, parameters=parameters, tags=tags)
    with ending_run(run_id, uri):
        yield Tracker(run_id, uri)


def _track(tracker: Tracker, results: list[Reconstruction], files: list[Path]) -> None:
    for result in results:
        tracker.log(result.chain, {"energy": result.energy, "seconds": result.seconds})
    tracker.flush()
    for path in files:
        tracker.artifact(path)
