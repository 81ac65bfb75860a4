"""The files of an annealing below --out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from raysys.cli.parts.commission import Commission
from raysys.cli.parts.terminal import wrote
from raysys.files import folder_written_aside, write_csv, written_aside

if TYPE_CHECKING:
    import numpy as np

    from raysys.anneal import Reconstruction, Target
    from raysys.anneal.terms import Term
    from raysys.spacing import Spacing

TARGET = ("set", "descriptor", "r", "mean", "protocol", "weight")
ENERGIES = ("chain", "seed", "energy", "phase_fraction", "stages", "swaps", "seconds", "failed")
BEGINNING = ("S2", "L", "P3H", "P3V", "P4", "P6")  # their value at r = 0 is the phase fraction


def write_images_of(out: Path, results: Sequence[Reconstruction], spacing: Spacing | None = None) -> Path:
    """One stack of flat images, or a folder with a file for each volume; of pixels as large as the target's."""
    import numpy as np

    from raysys.data import write_images

    images = np.stack([one.image for one in results])
    wide = int(images.max()) > 255  # a label that pictures would cut off
    if images.ndim == 3:
        path = out / ("images.npy" if wide else "images.tif")
        write_images(path, images, spacing=spacing)
        wrote(path, f"{len(images)} images")
        return path
    folder = out / "volumes"
    with folder_written_aside(folder) as aside:
        for one in results:
            # By the chain, and not counted: chains that failed leave a gap, so that names stay when they end later.
            name = f"{one.chain:06d}.{'npy' if wide else 'tif'}"
            # A volume of its own, and no stack: its slices have a distance.
            write_images(aside / name, one.image[None], spacing=spacing)
    wrote(folder, f"{len(images)} volumes")
    return folder


def write_target(out: Path, target: Target) -> list[Path]:
    """All of it as arrays, and the curves as a table that --target-file takes."""
    import numpy as np

    arrays: dict[str, Any] = {"phase_fractions": target.fractions, "values": target.values}
    for term in target.terms:
        key = _key(target, term)
        arrays |= {f"{key}/r": term.r, f"{key}/values": term.values, f"{key}/weight": term.weight}
    with written_aside(out / "target.npz") as aside:
        np.savez(aside, **arrays)
    write_csv(out / "target.csv", _target_rows(target), heads=TARGET)
    wrote(out / "target.csv", "what was asked for; also as target.npz")
    return [out / "target.npz", out / "target.csv"]


def _target_rows(target: Target) -> Iterator[dict[str, Any]]:
    for term in target.terms:
        if term.name == "map":  # vectors, and no curve
            continue
        row = {"set": "target" if target.binary_image else f"phase {target.values[term.phase]}"}
        row |= {"descriptor": term.name, "weight": term.weight}
        row["protocol"] = " ".join(f"{key}={value}" for key, value in term.protocol.items())
        # --target-file wants a table that begins at r = 0.
        if term.name.partition("_")[0] in BEGINNING:
            yield row | {"r": 0, "mean": target.fractions[term.phase]}
        for r, value in zip(term.r.tolist(), term.values.tolist(), strict=True):
            yield row | {"r": r, "mean": value}


def _key(target: Target, term: Term) -> str:
    return term.label if target.binary_image else f"{term.label}/phase-{target.values[term.phase]}"


def write_energies(out: Path, asked: Commission, results: Sequence[Reconstruction], failed: Mapping[int, str]) -> Path:
    """One row per chain, also of those that failed."""
    path, ended = out / "energies.csv", {one.chain: one for one in results}
    rows = (
        {"chain": chain, "failed": failed[chain]} if chain in failed else _energy_row(ended[chain], asked.phase)
        for chain in sorted([*ended, *failed])
    )
    write_csv(path, rows, heads=ENERGIES)
    wrote(path, "one row per chain")
    return path


def _energy_row(one: Reconstruction, phase: int) -> dict[str, Any]:
    fraction, stages = float((one.image == phase).mean()), len(one.history.energy)
    return dict(
        zip(ENERGIES, (one.chain, one.seed, one.energy, fraction, stages, one.swaps, one.seconds), strict=False)
    )


def write_history(out: Path, results: Sequence[Reconstruction]) -> Path:
    """Energy, acceptance, temperature, level and trial moves (chains, stages); NaN beyond the end of a chain."""
    import numpy as np

    from raysys.report.annealing.convergence import moves_made

    path, longest = out / "history.npz", max(len(one.history.energy) for one in results)

    def table(rows: Sequence[np.ndarray]) -> np.ndarray:
        # Chains end when they have converged, each at its own stage.
        held = np.full((len(rows), longest), np.nan)
        for k, row in enumerate(rows):
            held[k, : len(row)] = row
        return held

    arrays = {name: table([getattr(one.history, name) for one in results]) for name in vars(results[0].history)}
    arrays["moves"] = table([moves_made(one) for one in results])
    with written_aside(path) as aside:
        np.savez_compressed(aside, chain=[one.chain for one in results], **arrays)
    wrote(path, "energy, acceptance and temperature of every stage")
    return path
