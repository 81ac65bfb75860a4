"""Edits side by side: all terms, without the correspondence, with turned copies, quilted only; scores of each.

    python benchmarks/texture_edits.py FOLDER [--images gravel/abro_gravel.jpg ...] [--side 160] [--seed 0]
        [--preset fast] [--classifier torchvision]

Of each photograph a disc in its left half is the object, which is asked for in the right half by a shift and, in a
second edit, twice as wide by a drawn mask. Pictures are kept in FOLDER and not made again, so that the same command
goes on after an interruption; RESULTS.md in it has the table, scores.json all numbers. Distances of 32 pixels need the
weights that RAYSYS_VGG16 or RAYSYS_VGG19 names, classes those of RAYSYS_RESNET50 or --classifier.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
from timing import DATA, machine

from raysys.assess import EditScores
from raysys.assess import edit as judge
from raysys.data import read_images
from raysys.data.textures.masks import transformed
from raysys.synthesis import Copies, edit

IMAGES = ("gravel/abro_gravel.jpg", "pebbles/gcl_129.jpg", "honeycombed/abro_honeycomb.jpg")
VARIANTS: dict[str, dict[str, object]] = {
    "all terms": {},
    "without correspondence": {"without": ("correspondence",)},
    "8 rotations": {"copies": Copies(rotations=8)},
    "quilted only": {"weights": "absent.npz"},
}
COLUMNS = ("inside", "outside", "seen_inside", "seen_outside", "overlap", "largest_piece", "probability")


def masks(side: int) -> dict[str, tuple[np.ndarray, np.ndarray, dict[str, object]]]:
    """{edit: object, wanted mask, and how it is asked for}."""
    y, x = np.indices((side, side)) / side
    disc = np.hypot(y - 0.5, x - 0.3) < 0.15
    shift = (round(0.4 * side), 0)
    drawn = np.hypot(y - 0.5, (x - 0.6) / 2) < 0.15
    return {
        "shifted": (disc, transformed(disc, shift, 1.0)[0], {"shift": shift}),
        "drawn": (disc, drawn, {"target": drawn}),
    }


def main() -> None:
    """Make what is missing, judge everything, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", nargs="+", default=IMAGES)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--classifier")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, dict[str, object]] = {}
    for name in asked.images:
        image = read_images(DATA / "texture" / name, kind="colour")[: asked.side, : asked.side]
        for kind, (source, target, how) in masks(asked.side).items():
            for variant, more in VARIANTS.items():
                key = f"{Path(name).stem} {kind} {variant}"
                made, seconds = _made(asked, key, image, source, how | more)
                scores = judge(image, made, source, target, classifier=asked.classifier)
                found[key] = {"seconds": seconds} | scores.as_dict()
                print(key, _row(scores), flush=True)
            (asked.folder / "scores.json").write_text(json.dumps(found, indent=2) + "\n")
    _write(asked.folder / "RESULTS.md", found)


def _made(
    asked: argparse.Namespace, key: str, image: np.ndarray, source: np.ndarray, how: dict[str, object]
) -> tuple[np.ndarray, float]:
    """The edit, and the CPU seconds that it took when it was made."""
    file = asked.folder / f"{key.replace(' ', '-')}.npz"
    if not file.exists():
        begun = time.process_time()
        made = edit(image, source, seed=asked.seed, preset=asked.preset, **how)  # type: ignore[arg-type]
        np.savez(file, image=made.image, seconds=time.process_time() - begun)
    with np.load(file) as held:
        return held["image"], float(held["seconds"])


def _row(scores: EditScores) -> str:
    values = [getattr(scores, column) for column in COLUMNS]
    return " | ".join("-" if value is None else f"{value:.4g}" for value in values)


def _write(path: Path, found: dict[str, dict[str, object]]) -> None:
    head = ("edit", "seconds", *COLUMNS)
    lines = [machine(), "", " | ".join(head), " | ".join("---" for _ in head)]
    for key, one in found.items():
        values = [one[column] for column in head[1:]]
        cells = ("-" if value is None else f"{value:.4g}" for value in values)
        lines.append(" | ".join((key, *cells)))
    path.write_text("\n".join(lines) + "\n")
    print(path.read_text())


if __name__ == "__main__":
    main()
