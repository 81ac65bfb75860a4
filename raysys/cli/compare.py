"""`raysys compare`: generators and annealing against real images and each other, in numbers, words and one page."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from raysys.assess.methods.copies import Asked, check_asked, memorised
from raysys.assess.methods.records import record, write_records
from raysys.assess.methods.reference import Given, Real, band, reference
from raysys.assess.methods.sets import REAL, Made, farm, loaded, pairs, sampled, training_seconds
from raysys.cli.parts.images import read_binary
from raysys.cli.parts.options import BoundaryOption, DimsOption, ReportOption, RMaxOption, TrackingOption
from raysys.cli.parts.tables import errors_table, headline
from raysys.cli.parts.terminal import Bar, by, notice, show, warnings_as_notices, wrote
from raysys.cli.stats import chosen
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.assess.methods.comparison import Comparison
    from raysys.models import GenerativeModel
    from raysys.stats import Characterisation, Distance, Memorising


def compare(
    real: Annotated[
        str,
        typer.Argument(metavar="REAL", help="Image that the models were trained on, or real tiles: a file, folder."),
    ],
    model: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME[=URI]", help="A generator: a registered name, NAME=URI or NAME=FOLDER; repeatable."),
    ] = None,
    annealed: Annotated[
        list[str] | None,
        typer.Option(metavar="[NAME=]DIR", help="A folder of raysys anneal; several compare targets; repeatable."),
    ] = None,
    images: Annotated[
        list[str] | None, typer.Option(metavar="NAME=FILE", help="Images of another method, binary; repeatable.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for tables, verdicts and characterisations.")
    ] = Path("comparison"),
    report: ReportOption = None,
    n: Annotated[
        int | None, typer.Option("-n", "--n", min=2, help="Samples of each model; by default as many as real tiles.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the first sample.")] = 0,
    descriptors: Annotated[
        str | None, typer.Option(help="Which, separated by commas: names out of raysys stats --list, default or all.")
    ] = None,
    pores: Annotated[
        bool, typer.Option(help="Whether connected parts are measured: areas, shapes, directions.")
    ] = True,
    nearest: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Images of each set, or windows of larger ones, that are looked up among all windows of the training "
            "image, to find copies; 0 for none; by default 64, fewer or none for a large training image.",
        ),
    ] = None,
    nearest_side: Annotated[
        int | None,
        typer.Option(min=2, help="Look up windows of that side in pixels; by default images as large as a tile."),
    ] = None,
    phase: Annotated[
        str | None, typer.Option(help="Phase of interest of REAL, if no model's card says: bright, dark or a value.")
    ] = None,
    tile: Annotated[
        int | None, typer.Option(min=2, help="Cut REAL into tiles of this side, whatever a model's card says.")
    ] = None,
    stride: Annotated[int | None, typer.Option(min=1, help="Pixels between such tiles; their side by default.")] = None,
    dims: DimsOption = 2,
    boundary: BoundaryOption = "open",
    r_max: RMaxOption = None,
    device: Annotated[str, typer.Option(help="Where models draw: cpu, cuda.")] = "cpu",
    track: Annotated[bool, typer.Option(help="Record the comparison as a run in MLflow.")] = True,
    tracking_uri: TrackingOption = None,
    experiment: Annotated[str, typer.Option(help="MLflow experiment.")] = "raysys",
) -> None:
    """Compare generators and annealed images with real ones: errors, verdicts, pores, times.

    Real are the tiles that were held out of the first model's training, where its card says so. Annealing on S2 alone
    against annealing on more:
    raysys compare rock.tif --model rock --annealed s2=DIR --annealed more=DIR2 --report page.html
    """
    uris = pairs("--model", model or [], "NAME=models:/rock/3")
    farms = pairs("--annealed", annealed or [], "NAME=DIR", [*uris])
    files = pairs("--images", images or [], "NAME=FILE", [*uris, *farms])
    if not (uris or farms or files):
        raise RaysysError("nothing to compare with the real images; give --model, --annealed or --images, or several")
    if output.is_file():
        raise RaysysError(f"-o {output} is a file; allowed: a folder, or the name of a new one")
    with warnings_as_notices():
        made = {name: farm(name, Path(folder)) for name, folder in farms.items()}
        made |= {name: _given(path, dims) for name, path in files.items()}
        models = loaded(uris, tracking_uri, device)
        found = reference(real, Given(phase, tile, stride, dims), models, _side(models, made))
        _check_axes(found, made)
        copies = Asked(nearest, nearest_side)
        check_asked(found, copies, _shapes(found, models, made))
        for note in found.notes:
            notice(note)
        request = {"n": n or len(found.images), "seed": seed, "shape": found.images.shape[1:]}
        drawn = {
            name: sampled(name, uris[name], one, request, training_seconds(uris[name], tracking_uri), found.images)
            for name, one in models.items()
        }
        sets = drawn | made
        names = chosen(descriptors, found.images.ndim - 1)
        names = tuple(dict.fromkeys((*names, *(["pores"] if pores else []))))
        options = {"boundary": boundary, "r_max": r_max or _common(found, sets)}
        comparison, distances, how = _compared(found, sets, names, options, seed)
        copied = memorised(found, {name: one.images for name, one in sets.items()}, copies)
        notes = [*found.notes, *_counts(found, sets), *copied.notes, how]
        _finish(comparison, distances, sets, found, copied.found, notes, output, report,
                title=f"{real} and its reconstructions",
                tracking=(tracking_uri, experiment) if track else None,
                parameters={"real": real, "models": uris, "annealed": farms, "images": files, "descriptors": names,
                            **request, **options})  # fmt: skip


def _given(path: str, dims: int) -> Made:
    from raysys.assess.methods.method import Method

    return Made(read_binary([path], phase="bright", dims=dims), Method("images", path))


def _side(models: dict[str, GenerativeModel], made: dict[str, Made]) -> int | None:
    """Of the tiles that one large real image is cut into: what the first model makes, or the first set has."""
    sides = [one.native_size[-1] for one in models.values()] + [one.images.shape[-1] for one in made.values()]
    return sides[0] if sides else None


def _shapes(real: Real, models: dict[str, GenerativeModel], made: dict[str, Made]) -> dict[str, tuple[int, ...]]:
    """Of the images of every set, those included that are still to be drawn."""
    drawn = {name: real.images.shape[1:] if one.any_size else tuple(one.native_size) for name, one in models.items()}
    return drawn | {name: one.images.shape[1:] for name, one in made.items()}


def _check_axes(real: Real, made: dict[str, Made]) -> None:
    shape = real.images.shape[1:]
    for name, one in made.items():
        if one.images.ndim != real.images.ndim:
            raise RaysysError(
                f"set {name} has images of {by(one.images.shape[1:])} pixels, and the real ones have {by(shape)}; "
                "allowed: as many axes (see --dims)"
            )


def _common(real: Real, sets: dict[str, Made]) -> int | None:
    """The longest lag of the smallest images, where sizes differ; None where they are all of one size."""
    shapes = {name: one.images.shape[1:] for name, one in sets.items()}
    other = [name for name, shape in shapes.items() if shape != real.images.shape[1:]]
    if not other:
        return None
    r_max = min(min(shape) for shape in (*shapes.values(), real.images.shape[1:])) // 2 - 1
    notice(
        f"images of {other[0]} have {by(shapes[other[0]])} pixels and real ones {by(real.images.shape[1:])}: curves "
        f"are compared up to r = {r_max} in all sets, and pores are cut by the edges of their own images"
    )
    return r_max


def _counts(real: Real, sets: dict[str, Made]) -> list[str]:
    """A word on sets that have fewer images than there are real ones."""
    few = {name: len(one.images) for name, one in sets.items() if 2 * len(one.images) <= len(real.images)}
    if not few:
        return []
    told = ", ".join(f"{name} has {count}" for name, count in few.items())
    sentence = f"The mean of few images is further off by chance: {told}, and the reference {len(real.images)}."
    notice(sentence)
    return [sentence]


def _compared(
    real: Real, sets: dict[str, Made], names: tuple[str, ...], options: dict[str, Any], seed: int
) -> tuple[Comparison, dict[str, Sequence[Distance]], str]:
    """Measure everything; also how the band was taken."""
    import numpy as np

    from raysys.assess.methods.comparison import compared
    from raysys.stats import characterise
    from raysys.stats import compare as errors_of
    from raysys.stats import distances as distances_of

    everything = {REAL: real.images} | {name: one.images for name, one in sets.items()}
    measured = {name: _measured(name, one, names, options) for name, one in everything.items()}
    for name, one in measured.items():
        typer.echo(f"{name}: {headline(one)}")
    curves, phi = tuple(measured[REAL].curves), measured[REAL].phase_fraction
    baseline, how = band(real, curves, options) if curves else (None, "")
    noise = (np.random.default_rng(seed).random(real.images.shape) < phi).astype(np.uint8)
    white = errors_of(measured[REAL], characterise(noise, curves, **options)) if curves else None
    found: dict[str, Sequence[Distance]] = {
        name: distances_of(measured[REAL], one, groups=real.groups) for name, one in measured.items() if name != REAL
    }
    return compared(measured, REAL, baseline, white), found, how


def _measured(name: str, images: np.ndarray, names: tuple[str, ...], options: dict[str, Any]) -> Characterisation:
    from raysys.stats import characterise

    with Bar(f"measuring {name}", "of") as bar:
        return characterise(
            images, names, progress=lambda done, total: bar.update(done, total, of="parts"), **options
        )  # fmt: skip


def _finish(
    comparison: Comparison,
    distances: dict[str, Sequence[Distance]],
    sets: dict[str, Made],
    real: Real,
    nearest: dict[str, Memorising],
    notes: list[str],
    output: Path,
    report: Path | None,
    *,
    title: str,
    tracking: tuple[str | None, str] | None,
    parameters: dict[str, Any],
) -> None:
    """Say, write and track what was found."""
    from raysys.report.comparison.methods_page import methods_page
    from raysys.report.comparison.sentences import as_plain, verdict_sentences

    methods = {name: one.method for name, one in sets.items()}
    if comparison.descriptors:
        table = errors_table(comparison.errors, comparison.baseline or None, reference=REAL)
        table.caption = notes[-1] or None  # the band is not always that of the reference's halves
        show(table)
    told = verdict_sentences(comparison, methods, distances, nearest)
    sentences = {key: as_plain(one) for key, one in told.items()}
    for sentence in sentences.values():
        typer.echo(sentence)
    files = write_records(output, comparison, methods, sentences, nearest)
    if report is not None:
        methods_page(
            report,
            title=title,
            images={REAL: real.images} | {name: one.images for name, one in sets.items()},
            characterisations=comparison.characterisations,
            reference=REAL,
            methods=methods,
            baseline=comparison.baseline,
            white_noise=comparison.white_noise,
            distances=distances,
            nearest=nearest,
            notes=[note for note in notes if note],
        )
        wrote(report)
        files.append(report)
    if tracking is not None:
        run_id = record(
            f"compare {output.name}", comparison, methods, nearest, files, parameters=parameters, tracking=tracking
        )  # fmt: skip
        typer.echo(f"MLflow run {run_id}")
