"""How good textures are: methods at equal seconds, three numbers together, seams, and micrographs inside the band.

    python benchmarks/texture_quality.py FOLDER [--sections table three seams micrographs] [--seconds 120]
        [--textures gravel/abro_gravel.jpg ...] [--methods quilting ...] [--seeds 0 1 2] [--size 512] [--patches 1000]

Every picture is made in a process of its own, whose peak memory is then its own, and kept in FOLDER with what it took;
pictures of one texture and seed are scored together, since the source's patches are dear. What is in FOLDER is not
made again, so that the same command goes on after an interruption; the tables are written after each score.

distances: seconds and megabytes of the patches and of their table. table: Table 1 of Zhou et al. 2023 (supplement,
appendix E) on ten textures, each from half the side: least distances of 1,000 patches of 64 and 128 pixels, colour
distances, copy measures, seconds, megabytes. Methods that descend have as many steps as the seconds allow, in the
proportions of the fast preset; quilting and patch-match take what they take. SinGAN and TexExp are trainings of hours
for each image, and not built. three: distance over the floor, largest piece, source used of the fast preset, medians
beside their bars. seams: ratios of tileable pictures. micrographs: S2 and L beside the real-against-real band.

Distances are LPIPS only where RAYSYS_VGG16 is torchvision's and the package lpips is installed; the tables say which.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from timing import DATA, machine

if TYPE_CHECKING:
    from raysys.synthesis import Preset

TEXTURES = (
    "gravel/abro_gravel.jpg", "honeycombed/abro_honeycomb.jpg", "braided/yijun_013.jpg", "woven/gcl_woven_0043.jpg",
    "scaly/gcl_scaly_0113.jpg", "pebbles/gcl_129.jpg", "cracked/yijun_024.jpg", "bark/abro_wood.jpg",
    "stone/yijun_022.jpg", "zigzagged/gcl_zigzagged_0048.jpg",
)  # fmt: skip
SECTIONS = ("distances", "table", "three", "seams", "micrographs")
MICROGRAPHS, SMALLEST = 10, 500  # how many, and pixels a side at least
NOT_BUILT = "not built: a training of hours for each image"
PROBE = 2  # steps of each scale that tell how many the seconds allow
SIDES = (64, 128)


@dataclass(frozen=True)
class Cell:
    """One picture that is to be made; what of it is None or empty is the preset's."""

    section: str
    texture: str
    method: str
    seed: int
    size: int
    source: int
    seconds: float | None = None
    tileable: bool = False
    binary: bool = False

    @property
    def name(self) -> str:
        """Of its files."""
        return f"{self.section}-{Path(self.texture).stem}-{self.method}-{self.size}-{self.seed}"


def clock() -> str:
    """The machine in words; seconds here are on the clock, of as many threads as torch takes."""
    import torch

    told = machine("torch", "numpy").rpartition("; ")[0]
    return f"{told}; {torch.get_num_threads()} threads, seconds on the clock"


def exemplar(cell: Cell) -> np.ndarray:
    """The middle of a texture, of the source's side; a whole micrograph where that is 0."""
    from raysys.data import read_images, to_grey

    path = DATA / ("micrograph2d_binary" if cell.binary else "texture") / cell.texture
    if cell.binary:
        return to_grey(read_images(path)).astype(np.uint8)
    photo = read_images(path, kind="colour")
    corner = [(side - cell.source) // 2 for side in photo.shape[:2]]
    if min(corner) < 0:
        raise SystemExit(f"{path} has {photo.shape[:2]} pixels; wanted: {cell.source} a side and more")
    return photo[corner[0] : corner[0] + cell.source, corner[1] : corner[1] + cell.source]


def lasting(cell: Cell, image: np.ndarray, weights: str) -> Preset:
    """The fast preset with as many steps, in proportion, as the seconds allow."""
    from raysys.synthesis import PRESETS, order_of
    from raysys.synthesis.descent import Descent

    fast = PRESETS["fast"]
    probe = replace(fast, scales=tuple(replace(one, steps=PROBE) for one in fast.scales))
    order, _ = order_of(image, cell.size, method=cell.method, preset=probe, seed=cell.seed, weights=weights)
    begun = time.monotonic()
    descent = Descent(order.plan)
    taken, each = time.monotonic() - begun, []
    for _ in order.plan.scales:
        for _ in range(PROBE):
            begun = time.monotonic()
            descent.advance()
        each.append(time.monotonic() - begun)
    left = (cell.seconds or 0) - taken
    factor = max(0.0, left) / sum(one.steps * seconds for one, seconds in zip(fast.scales, each, strict=False))
    return replace(fast, scales=tuple(replace(one, steps=max(1, round(factor * one.steps))) for one in fast.scales))


def make(cell: Cell, folder: Path, weights: str) -> None:
    """Make a cell's picture and note what it took; in this process, whose peak memory is told."""
    from raysys.data import write_images
    from raysys.synthesis import synthesise

    image = exemplar(cell)
    preset: Any = "fast"
    if cell.seconds is not None and cell.method not in ("quilting", "patch-match"):
        preset = lasting(cell, image, weights)
    begun = time.monotonic()
    made = synthesise(
        image, cell.size, method=cell.method, preset=preset, seed=cell.seed, weights=weights, periodic=cell.tileable
    )
    taken = time.monotonic() - begun
    write_images(folder / f"{cell.name}.png", made.image[None], kind="binary" if cell.binary else "colour")
    note = {
        **asdict(cell),
        "made_by": made.method,
        "seconds": taken,
        "steps": len(made.losses),
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "weights": str(made.provenance.get("source", "none")),
        "machine": clock(),
    }
    (folder / f"{cell.name}.json").write_text(json.dumps(note | {"asked_seconds": cell.seconds}))


def score(cells: list[Cell], folder: Path, patches: int) -> None:
    """Score the pictures of one source together, a file for each."""
    from raysys.assess import textures
    from raysys.data import read_images, to_grey

    first = cells[0]
    pictures = {
        cell.name: to_grey(read_images(folder / f"{cell.name}.png")).astype(np.uint8)
        if cell.binary
        else read_images(folder / f"{cell.name}.png", kind="colour")
        for cell in cells
    }
    sides = {"table": SIDES, "three": SIDES[:1]}.get(first.section, ())
    begun = time.monotonic()
    found = textures(exemplar(first), pictures, sides=sides, patches=patches, seed=first.seed, descriptors=("S2", "L"))
    taken = time.monotonic() - begun
    for row in found.rows():
        row |= {"distance_name": found.distance_name, "distance_weights": found.weights, "scoring_seconds": taken}
        (folder / f"{row.pop('picture')}.scores.json").write_text(json.dumps(row))


def distances(asked: argparse.Namespace) -> None:
    """Seconds of the source's patches, of a picture's with their table, and of the floor: FOLDER/distances.txt."""
    from raysys.assess.texture.patches import SourcePatches
    from raysys.assess.texture.vectors import seen_by
    from raysys.features import perceptual_distance

    source = exemplar(Cell("distances", asked.textures[0], "", 0, 0, asked.size // 2))
    distance, notice = perceptual_distance()
    assert distance is not None
    lines = [clock(), notice]
    for side in (one for one in SIDES if one <= min(source.shape[:2])):
        times = [time.monotonic()]
        found = SourcePatches(source, side, asked.patches, 0, seen_by(distance))
        times.append(time.monotonic())
        found.nearness(source[::-1, ::-1].copy())
        times.append(time.monotonic())
        found.floor()
        times.append(time.monotonic())
        seen, table, floor = np.diff(times)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        lines.append(
            f"{asked.patches} patches of {side} pixels: seen in {seen:.1f} s; a picture's, seen and compared with all, "
            f"{table:.1f} s; the floor {floor:.1f} s; peak memory {peak:.0f} MB"
        )
    (asked.folder / "distances.txt").write_text("\n".join(lines) + "\n")


def cells_of(asked: argparse.Namespace) -> Iterator[Cell]:
    """All pictures that the sections asked for want."""
    source = asked.size // 2
    if "table" in asked.sections:
        for texture in asked.textures:
            for method in asked.methods:
                yield Cell("table", texture, method, asked.seeds[0], asked.size, source, asked.seconds)
    if "three" in asked.sections:
        for texture in asked.textures:
            for seed in asked.seeds:
                yield Cell("three", texture, "guided-correspondence", seed, asked.size, source)
    if "seams" in asked.sections:
        for texture in asked.textures:
            yield Cell("seams", texture, "guided-correspondence", asked.seeds[0], source, source, tileable=True)
    if "micrographs" in asked.sections:
        for name in micrographs()[: asked.micrographs]:
            for seed in asked.seeds:
                yield Cell("micrographs", name, "guided-correspondence", seed, asked.size, 0, binary=True)


def micrographs() -> list[str]:
    """Binary micrographs that are large enough, by name."""
    from PIL import Image

    files = sorted((DATA / "micrograph2d_binary").glob("*.png"))
    return [file.name for file in files if min(Image.open(file).size) >= SMALLEST]


def run(asked: argparse.Namespace) -> None:
    """Make what is not there, score it, and write the tables."""
    folder: Path = asked.folder
    folder.mkdir(parents=True, exist_ok=True)
    if "distances" in asked.sections:
        if not (folder / "distances.txt").is_file():
            again(asked, "--distances", "--size", str(asked.size), "--textures", *asked.textures[:1])
        print((folder / "distances.txt").read_text(), flush=True)
    together: dict[tuple[str, str, int], list[Cell]] = {}
    for cell in cells_of(asked):
        together.setdefault((cell.section, cell.texture, cell.seed), []).append(cell)
    for (section, texture, seed), cells in together.items():
        for cell in cells:
            if not (folder / f"{cell.name}.json").is_file():
                print(f"making {cell.name}", flush=True)
                again(asked, "--cell", json.dumps(asdict(cell)))
        missing = [cell for cell in cells if not (folder / f"{cell.name}.scores.json").is_file()]
        if missing:
            print(f"scoring {section}, {texture}, seed {seed}: {len(missing)} pictures", flush=True)
            again(asked, "--score", json.dumps([asdict(cell) for cell in missing]))
        write_table(folder)
    show(folder, asked)


def again(asked: argparse.Namespace, *arguments: str) -> None:
    """This script in another process."""
    more = ("--patches", str(asked.patches), "--weights", asked.weights)
    subprocess.run([sys.executable, __file__, str(asked.folder), *arguments, *more], check=True)


def rows_in(folder: Path) -> list[dict[str, Any]]:
    """Everything known of every picture that was scored."""
    rows = []
    for file in sorted(folder.glob("*.scores.json")):
        note = json.loads((folder / file.name.replace(".scores", "")).read_text())
        scored = json.loads(file.read_text())
        rows.append(note | {name: value for name, value in scored.items() if name != "seconds"})
    return rows


def write_table(folder: Path) -> None:
    """One row for each picture, of all sections, in FOLDER/table.csv."""
    from raysys.files import write_csv

    rows = rows_in(folder)
    write_csv(folder / "table.csv", rows, heads=list(dict.fromkeys(name for row in rows for name in row)))


def show(folder: Path, asked: argparse.Namespace) -> None:
    """Medians over textures and seeds of each section, beside the bars."""
    rows = rows_in(folder)
    kinds = sorted({f"{row['distance_name']} by {row['distance_weights']}" for row in rows if row["distance_name"]})
    print(f"\n{clock()}\ndistances: {'; '.join(kinds) or 'of colours only'}")
    by_method = {method: of(rows, "table", made_by=method) for method in asked.methods}
    known = dict.fromkeys(name for row in of(rows, "table") for name in row if not name.endswith("_floor"))
    heads = [name for name in known if name.startswith(("lpips_", "patch_distance_", "colour_"))]
    heads += [
        "floor_share",
        "largest_piece",
        "largest_bent_piece",
        "coherent",
        "source_used",
        "coverage",
        "seconds",
        "megabytes",
    ]
    if any(by_method.values()):
        print(f"\n{asked.size}^2 from {asked.size // 2}^2, {asked.seconds:g} s each, medians of the textures")
        print(f"{'method':24}" + "".join(f"{head[-18:]:>19}" for head in heads))
        for method, found in by_method.items():
            print(f"{method:24}" + "".join(f"{median(found, head):19.4g}" for head in heads) if found else "")
        print(f"{'SinGAN, TexExp':24}{NOT_BUILT:>60}")
    three, seams = of(rows, "three"), of(rows, "seams")
    for head, bar in (("floor_share", "<= 0.8"), ("largest_piece", "<= 0.10"), ("source_used", ">= 0.95")):
        if three:
            print(f"{head:24}{median(three, head):10.4g}   wanted {bar}, {len(three)} pictures")
    if seams:
        worst = [max(row["seam_rows"], row["seam_columns"]) for row in seams]
        print(f"{'seam ratio':24}{statistics.median(worst):10.4g}   wanted <= 1.1, {len(seams)} pictures")
    micro = of(rows, "micrographs")
    within = ("inside", "below")
    for name in sorted({row["texture"] for row in micro}):
        found = [row for row in micro if row["texture"] == name]
        told = ", ".join(f"{key} {sum(row[f'{key}_verdict'] in within for row in found)}" for key in ("S2", "L"))
        print(f"{name:24} inside the band of {len(found)} seeds: {told}")


def of(rows: list[dict[str, Any]], section: str, **wanted: str) -> list[dict[str, Any]]:
    """Rows of a section."""
    return [
        row for row in rows if row["section"] == section and all(row[key] == value for key, value in wanted.items())
    ]


def median(rows: list[dict[str, Any]], name: str) -> float:
    """Of what is known."""
    values = [float(row[name]) for row in rows if isinstance(row.get(name), int | float) and row[name] == row[name]]
    return statistics.median(values) if values else float("nan")


def main() -> None:
    """Read the command line; without --cell and --score everything is made."""
    from raysys.synthesis import METHODS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sections", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--textures", nargs="+", default=list(TEXTURES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=list(METHODS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--patches", type=int, default=1000)
    parser.add_argument("--micrographs", type=int, default=MICROGRAPHS)
    usual = os.environ.get("RAYSYS_VGG19") or str(DATA / "weights" / "vgg19_normalized_conv_rgb_fp16.npz")
    parser.add_argument("--weights", default=usual, help="VGG-19's, of the methods that descend")
    parser.add_argument("--cell", help=argparse.SUPPRESS)
    parser.add_argument("--score", help=argparse.SUPPRESS)
    parser.add_argument("--distances", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    os.environ.setdefault("RAYSYS_VGG16", str(DATA / "weights" / "vgg16_imagenet_conv_rgb_fp16.npz"))
    if asked.cell:
        make(Cell(**json.loads(asked.cell)), asked.folder, asked.weights)
    elif asked.distances:
        distances(asked)
    elif asked.score:
        score([Cell(**one) for one in json.loads(asked.score)], asked.folder, asked.patches)
    else:
        run(asked)


if __name__ == "__main__":
    main()
