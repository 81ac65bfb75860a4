"""What a farm of annealing chains leaves behind: images, target, tables, what they are in numbers, a page, a run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from raysys.cli.parts.anneal_files import write_energies, write_history, write_images_of, write_target
from raysys.cli.parts.commission import Commission, TargetImages
from raysys.cli.parts.farming import Found
from raysys.cli.parts.sections import beside_sections
from raysys.cli.parts.tables import errors_table, own_baseline
from raysys.cli.parts.terminal import by, notice, show, wrote
from raysys.cli.stats import chosen
from raysys.errors import RaysysError

if TYPE_CHECKING:
    import numpy as np

    from raysys.anneal import Reconstruction
    from raysys.report.annealing.page import Snapshot
    from raysys.stats import Baseline, Characterisation
    from raysys.train.tracking import Tracker

ALSO = ("C2", "specific_surface")  # beside the default descriptors: in them shows what S2 leaves open
LONGEST = 20.0  # seconds that snapshots may cost
SNAPSHOTS = 8
COUNTED = 32  # reconstructions whose terms are counted for the page
QUANTILES = {"low": 0.1, "median": 0.5, "high": 0.9}


@dataclass
class Numbers:
    """Characterisations by set ("given" if there is one, "annealed"), the real-against-real band, and how it came.

    Of volumes from sections they are those of flat images, and `volumes` are the volumes' own.
    """

    sets: dict[str, Characterisation]
    baseline: dict[str, Baseline] | None = None
    notes: list[str] = field(default_factory=list)
    volumes: Characterisation | None = None


def harvest(
    out: Path, asked: Commission, found: Found, *, report: Path | None, tracker: Tracker | None, source: TargetImages
) -> None:
    """Write and track everything about the chains that have ended."""
    results = found.results
    files = [*write_target(out, asked.target), write_energies(out, asked, results, found.failed)]
    if results:
        files += [write_images_of(out, results, asked.spacing), write_history(out, results)]
        numbers = _numbers(asked, results, source)
        files.append(out / "characterisation.npz")
        (numbers.volumes or numbers.sets["annealed"]).save(files[-1])
        wrote(files[-1], "of the reconstructions")
        if report is not None:
            _write_report(report, asked, found, numbers)
            files.append(report)
    if tracker is not None:
        _track(tracker, results, files)


def _numbers(asked: Commission, results: Sequence[Reconstruction], source: TargetImages) -> Numbers:
    """The reconstructions beside the real images, if there are any; what they differ by is shown."""
    import numpy as np

    from raysys.stats import KNOWN, characterise, compare

    dims = len(asked.shape)
    wanted = [*chosen(None, dims), *(term.name for term in asked.target.terms), *ALSO]
    names = tuple(name for name in dict.fromkeys(wanted) if name in KNOWN and dims in KNOWN[name].dims)
    boundary = source.boundary if asked.measured is None else asked.measured.boundary

    def measure(images: np.ndarray, phase: int) -> Characterisation:
        return characterise(images, names, phase=phase, r_max=asked.target.r_max, boundary=boundary)

    images, phase = np.stack([result.image for result in results]), asked.phase
    if asked.sections:
        return _of_slices(asked, images, measure(images, phase), boundary)
    if asked.given is not None:
        numbers = Numbers({"given": measure(asked.given, phase)})
        _find_band(numbers, asked, measure)
    elif asked.measured is not None:
        numbers = Numbers({"given": asked.measured}, own_baseline(asked.measured))
        # Its phase of interest may have been stored as another number.
        images = np.where(images == phase, asked.measured.phase, asked.measured.phase + 1)
        phase = asked.measured.phase
    else:
        numbers = Numbers({})
    annealed = numbers.sets["annealed"] = measure(images, phase)
    try:
        if "given" in numbers.sets:
            errors = {"annealed": compare(numbers.sets["given"], annealed)}
            show(errors_table(errors, numbers.baseline, reference="given"))
    except RaysysError as error:  # as for a characterisation of another rounding: no reason to lose the results
        notice(f"the reconstructions are not compared with the target's file: {error}")
        return Numbers({"annealed": annealed})
    return numbers


def _of_slices(asked: Commission, images: np.ndarray, volumes: Characterisation, boundary: str) -> Numbers:
    """Slices in every direction beside the sections; what they differ by is shown."""
    from raysys.stats import KNOWN, characterise

    names = tuple(name for name in volumes.curves | volumes.scalars if name in KNOWN and 2 in KNOWN[name].dims)

    def measure(flat: np.ndarray) -> Characterisation:
        return characterise(flat, names, phase=asked.phase, r_max=asked.target.r_max, boundary=boundary)

    given, annealed, errors = beside_sections(asked.sections, images, measure)
    show(errors_table(errors, None, reference="the section" if len(asked.sections) == 1 else "their sections"))
    several = "" if len(asked.sections) == 1 else " of all three sections, cut to one size, and"
    note = f"What is compared is{several} of slices of the volumes in all three directions, and not of the volumes."
    return Numbers({"given": given, "annealed": annealed}, None, [note], volumes)


def _find_band(numbers: Numbers, asked: Commission, measure: Callable[[np.ndarray, int], Characterisation]) -> None:
    """How far real images are apart: the given ones, or windows of a reconstruction's size cut from them."""
    import numpy as np

    from raysys.report.annealing.page import windows_of

    assert asked.given is not None
    numbers.baseline = own_baseline(numbers.sets["given"])
    if numbers.baseline is not None:
        return
    windows = windows_of(asked.given, asked.shape)
    # Fewer have no halves worth comparing.
    if len(windows) >= 4:
        numbers.baseline = own_baseline(measure(np.stack(windows), asked.phase))
        numbers.notes.append(
            f"The band of real against real is of {len(windows)} windows of {by(asked.shape)} pixels, cut side by side "
            "from the given images."
        )


def _write_report(path: Path, asked: Commission, found: Found, numbers: Numbers) -> None:
    from raysys.anneal.reached import reached
    from raysys.report.annealing.page import annealing_page
    from raysys.spacing import evenly

    results, notes = found.results, [*asked.decided, *numbers.notes]
    chosen_results = evenly(COUNTED, len(results))
    way = _snapshots(asked, results[0])
    if not way:
        notes.append(f"Snapshots were left out: the chain would take {results[0].seconds:.0f} s again.")
    if len(asked.target.values) > 2:
        notes.append(f"Of {len(asked.target.values)} phases the phase {asked.phase} is characterised.")
    annealing_page(
        path,
        title=f"Annealing of {len(results)} {'images' if len(asked.shape) == 2 else 'volumes'}",
        target=asked.target,
        reconstructions=results,
        reached=reached(asked.target, [results[k].image for k in chosen_results]),
        characterisations=numbers.sets,
        given=asked.sections[0] if asked.sections else asked.given,
        baseline=numbers.baseline,
        snapshots=way,
        notes=notes,
        failed=found.failed,
        spacing=asked.spacing,
        pictures=asked.pictures,
    )
    wrote(path)


def _snapshots(asked: Commission, first: Reconstruction) -> list[Snapshot]:
    """The first chain on its way, unless it takes long to make it again."""
    import numpy as np

    from raysys.anneal import snapshots
    from raysys.report.annealing.convergence import moves_made
    from raysys.report.annealing.page import Snapshot

    # Chains keep no images on their way; the same seed makes the same ones again.
    if first.seconds > LONGEST:
        return []
    last = len(first.history.energy)
    # Most happens early: equal ratios of stages show it, equal steps would show the end eight times.
    stages = [0, *map(int, np.unique(np.geomspace(1, last, SNAPSHOTS - 1).round()))]
    images = snapshots(asked.target, asked.shape, first.seed, first.chain, first.schedule, stages, known=asked.known)
    made = [0, *moves_made(first)]
    energies = [None, *first.history.energy]
    return [
        Snapshot(stage, image, int(made[stage]), energies[stage]) for stage, image in zip(stages, images, strict=True)
    ]


def _track(tracker: Tracker, results: Sequence[Reconstruction], files: Sequence[Path]) -> None:
    """Energies over the stages and of every chain, and all files."""
    import numpy as np

    if results:
        longest = max(len(one.history.energy) for one in results)
        # A chain that has ended stays where it is.
        for name in ("energy", "acceptance", "temperature"):
            rows = [getattr(one.history, name) for one in results]
            table = np.stack([np.pad(row, (0, longest - len(row)), mode="edge") for row in rows])
            for stage, column in enumerate(table.T):
                quantiles = {f"{name}_{word}": float(np.quantile(column, q)) for word, q in QUANTILES.items()}
                tracker.log(stage + 1, quantiles)
    for one in results:
        # The chain's number in place of the step: MLflow draws a metric over whole numbers.
        tracker.log(one.chain, {"final_energy": one.energy, "seconds": one.seconds})
    tracker.flush()
    for path in files:
        tracker.artifact(path, path.name if path.is_dir() else None)
