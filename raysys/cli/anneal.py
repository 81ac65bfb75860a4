"""`raysys anneal`: Yeong-Torquato reconstructions of given images, chains spread over Ray actors."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from raysys.anneal.weights import weights_of
from raysys.cli.parts.commission import Hole, TargetImages, commission, sides_of
from raysys.cli.parts.farming import check_folder, farmed, schedule_of
from raysys.cli.parts.harvest import harvest
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.options import (
    AddressOption,
    BoundaryOption,
    ChannelOption,
    DatasetOption,
    DimsOption,
    GreyThresholdOption,
    PhaseOption,
    PixelSizeOption,
    ReportOption,
    ResampleOption,
    RMaxOption,
    SeriesOption,
    TimeOption,
    TrackingOption,
)
from raysys.cli.parts.terminal import by, facts, number, show, warnings_as_notices
from raysys.cli.stats import StatsCommand, _panel
from raysys.errors import RaysysError

if TYPE_CHECKING:
    from raysys.cli.parts.commission import Commission
    from raysys.train.tracking import Tracker

TARGET, MADE, COOLING = "What is asked for", "What is made", "How it is annealed"
HOLES, RUN, WRITTEN = "Holes to be filled", "Where it runs", "What is seen and kept"


class AnnealCommand(StatsCommand):
    """The command, whose --shape takes two numbers, or three of volumes."""

    of_numbers = ("--shape",)


Phase, Boundary, Dims = _panel(PhaseOption, TARGET), _panel(BoundaryOption, TARGET), _panel(DimsOption, TARGET)
RMax, Address = _panel(RMaxOption, TARGET), _panel(AddressOption, RUN)
Series, Channel, Time = (_panel(option, TARGET) for option in (SeriesOption, ChannelOption, TimeOption))
Dataset, PixelSize = _panel(DatasetOption, TARGET), _panel(PixelSizeOption, TARGET)
GreyThreshold, Resample = _panel(GreyThresholdOption, TARGET), _panel(ResampleOption, TARGET)
Report, Tracking = _panel(ReportOption, WRITTEN), _panel(TrackingOption, WRITTEN)


def _option(panel: str, *names: str, **settings: Any) -> Any:
    return typer.Option(*names, rich_help_panel=panel, **settings)


def anneal(
    out: Annotated[
        Path, typer.Option(help="Folder for all results, and for the chains, which the same command continues.")
    ],
    images: Annotated[
        list[str] | None,
        typer.Argument(metavar="IMAGE", help="Images whose descriptors are to be reproduced; none with --target-file."),
    ] = None,
    chains: Annotated[
        int, _option(MADE, min=1, help="Number of reconstructions, each a chain of its own.", show_default=True)
    ] = 8,
    shape: Annotated[
        str | None,
        _option(MADE, metavar="H W", help="Pixels a side, or D H W of volumes; by default those of the given images."),
    ] = None,
    seed: Annotated[int, _option(MADE, min=0, help="Of all chains; chain k draws from (seed, k) only.")] = 0,
    target: Annotated[
        str | None,
        _option(
            TARGET,
            metavar="S2,L:0.5,...",
            help="Descriptors with their weights: S2 (default), S2_axis0, ..., L, L_axis0, ..., P3H, P3V, P4, P6, map "
            "(the whole two-point map), surface.",
        ),
    ] = None,
    target_file: Annotated[
        Path | None,
        _option(TARGET, help="Take the target from a characterisation (.npz) or a table (.csv) of `raysys stats`."),
    ] = None,
    phase_fraction: Annotated[
        float | None, _option(TARGET, help="Of a table that does not begin at r = 0; else it must agree with S2(0).")
    ] = None,
    phases: Annotated[
        Literal["two", "all"],
        _option(TARGET, help="all keeps every value of label images as a phase; two sets one against all others."),
    ] = "two",
    phase: Phase = None,
    grey_threshold: GreyThreshold = None,
    dims: Dims = 2,
    boundary: Boundary = "open",
    r_max: RMax = None,
    dataset: Dataset = None,
    series: Series = None,
    channel: Channel = None,
    time: Time = None,
    pixel_size: PixelSize = None,
    resample: Resample = False,
    hole: Annotated[
        Path | None,
        _option(
            HOLES,
            metavar="MASK",
            help="Fill the white pixels of MASK in the one IMAGE; the others stay, and the target is measured on them "
            "(all but map and surface; for these: --known and --mask).",
        ),
    ] = None,
    known: Annotated[
        str | None,
        _option(HOLES, metavar="IMAGE", help="Keep this image where --mask is black; the others are the target's."),
    ] = None,
    mask: Annotated[Path | None, _option(HOLES, help="White where --known is to be filled; of the same size.")] = None,
    preset: Annotated[
        Literal["fast", "published"],
        _option(
            COOLING,
            help="fast exchanges pixels at interfaces; published any two of different phase, from 1e-7 on at any size.",
        ),
    ] = "fast",
    t0: Annotated[
        str | None,
        _option(
            COOLING,
            metavar="NUMBER|scaled|auto",
            help="First temperature; by default scaled: 1e-7 up to 128 x 128, in inverse proportion to pixels "
            "beyond; auto suits any target.",
        ),
    ] = None,
    alpha: Annotated[
        float | None, _option(COOLING, help="What the temperature is lowered by; 0.97 by default.")
    ] = None,
    stages: Annotated[int | None, _option(COOLING, help="Temperatures; 250 by default.")] = None,
    moves: Annotated[
        int | None,
        _option(COOLING, help="Trial moves per stage; by default 20,000 at 128 x 128, in proportion to pixels."),
    ] = None,
    selection: Annotated[
        Literal["interface", "uniform", "dpn"] | None,
        _option(COOLING, help="Which pixels are exchanged; over the preset."),
    ] = None,
    acceptance: Annotated[
        Literal["metropolis", "greedy"] | None, _option(COOLING, help="Whether moves that raise the energy are made.")
    ] = None,
    cooling: Annotated[
        Literal["geometric", "adaptive"] | None, _option(COOLING, help="adaptive is slow where the energy falls.")
    ] = None,
    stagnation: Annotated[
        int | None, _option(COOLING, help="End a chain when so many stages have gained nothing.")
    ] = None,
    threshold: Annotated[
        float | None, _option(COOLING, help="A chain ends when its energy is not above this; 0 by default.")
    ] = None,
    keep: Annotated[Literal["last", "best"] | None, _option(COOLING, help="Which state is the result.")] = None,
    levels: Annotated[
        int | None,
        _option(COOLING, help="Begin with pixels 2, 4, ... times as large: 2, 3, ... levels; for large images."),
    ] = None,
    workers: Annotated[
        int | None, _option(RUN, min=1, help="Ray actors of one CPU each; by default as many as there are CPUs.")
    ] = None,
    address: Address = None,
    checkpoint: Annotated[
        float, _option(RUN, min=0, help="Seconds between a chain's checkpoints: what a death of its worker may lose.")
    ] = 1.0,
    watch: Annotated[
        bool,
        _option(
            WRITTEN,
            "--watch",
            help="Show energies, speed and a chain's picture while it runs: in the terminal, and in DIR/live.html, "
            "which a browser reloads every other second.",
        ),
    ] = False,
    report: Report = None,
    track: Annotated[bool, _option(WRITTEN, help="Record the farm as a run in MLflow.")] = True,
    tracking_uri: Tracking = None,
    experiment: Annotated[str, _option(WRITTEN, help="MLflow experiment.")] = "raysys",
) -> None:
    """Reconstruct images with the same descriptors by simulated annealing.

    The same command with the same folder continues chains that were interrupted, or adds chains. Fill a hole:
    raysys anneal rock.png --hole hole.png --chains 4 --out filled

    Volumes, coarse to fine:
    raysys anneal rock.tif --dims 3 --shape 128 128 128 --levels 3 --out volumes
    """
    source = TargetImages(
        images or [], target_file, phase_fraction, weights_of(target), phase, phases, boundary, r_max, dims,
        {"dataset": dataset, "series": series, "channel": channel, "time": time, "pixel_size": pixel_size},
        grey_threshold, resample,
    )  # fmt: skip
    sides = sides_of(shape)
    changes = {"t0": t0, "alpha": alpha, "stages": stages, "moves": moves, "selection": selection}
    changes |= {"acceptance": acceptance, "cooling": cooling, "stagnation": stagnation, "threshold": threshold}
    schedule = schedule_of(preset, changes | {"keep": keep, "levels": levels})
    with ExitStack() as stack:
        stack.enter_context(warnings_as_notices())
        asked = commission(source, sides, _hole(source, hole, known, mask))
        # Nothing is made until all that was typed fits together.
        order = check_folder(out, asked, schedule, seed)
        stack.enter_context(keeping(lambda: f"what the chains had reached is kept in {out}, to go on: {again()}"))
        run = {"chains": chains, "workers": workers, "address": address, "checkpoint": checkpoint}
        tracking = (tracking_uri, experiment) if track else None
        with farmed(order, out, run, watch=watch, tracking=tracking, images=source.images) as (found, tracker):
            harvest(out, asked, found, report=report, tracker=tracker, source=source)
            _show(asked, found.results, tracker)
            if found.error is not None:
                raise found.error


def _hole(source: TargetImages, hole: Path | None, known: str | None, mask: Path | None) -> Hole | None:
    if (known is None) != (mask is None):
        raise RaysysError("--known and --mask go together: the image that stays, and where it does not")
    if hole is not None and known is not None:
        raise RaysysError("--hole and --known: allowed is one; --known where the target comes from other images")
    if hole is not None:
        if len(source.images) != 1:
            raise RaysysError(f"--hole fills one image, and {len(source.images)} were named; see --known and --mask")
        return Hole(source.images[0], hole, alone=source.file is None)
    return Hole(known, mask, alone=False) if known is not None and mask is not None else None


def _show(asked: Commission, results: list[Any], tracker: Tracker | None) -> None:
    if not results:
        return
    energies = [result.energy for result in results]
    terms = ", ".join(dict.fromkeys(term.name for term in asked.target.terms))
    show(
        facts(
            f"{len(results)} reconstructions of {by(asked.shape)} pixels",
            {
                "energy": f"{number(min(energies))} to {number(max(energies))} ({terms} up to {asked.target.r_max})",
                "trial moves": f"{sum(result.swaps for result in results):,}",
                "CPU seconds": f"{sum(result.seconds for result in results):.1f}",
                **({"MLflow run": tracker.run_id, "look at it": tracker.page} if tracker is not None else {}),
            },
        )
    )
