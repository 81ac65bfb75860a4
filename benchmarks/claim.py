"""The rock paper's claim where it can be seen: a generator against annealing on S2, with 128 and 1,024 images of 128^2.

    python benchmarks/claim.py [--kinds pores fractures berea] [--steps 6000] [--bound bound] [-o claim]
    python benchmarks/claim.py --table

The images are those of claim_bound.py, whose annealed ones are read from --bound (run it first): both the generator and
annealing get the first half and are judged against the second. The generator is a lattice WGAN-GP of width 16 whose
checkpoint is chosen by the published criterion, the mean squared error of unscaled S2, and not by the functions that
judge it. F is the error over the floor, what as many other real images have: R is F of annealing over F of the
generator, and cannot exceed F of annealing, the bound. The same command goes on with a training that was stopped.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from claim_bound import KINDS, NAMES, SELECTIONS, SIDE, bounds
from timing import DATA, machine, one_thread

from raysys.data.sources import training_data
from raysys.files import write_csv
from raysys.models import GenerativeModel, load
from raysys.stats import characterise
from raysys.train.loop import run_training
from raysys.train.metrics import UNSCALED
from raysys.train.publish import save_best
from raysys.train.recipe_files import load_recipe
from raysys.train.session import LocalSession

SEED = 1_000_000  # of the images that are judged; validations have others


def trained(kind: str, images: np.ndarray, steps: int, folder: Path) -> GenerativeModel:
    """The best generator of the images (N, SIDE, SIDE) after so many steps; goes on where it was stopped."""
    if not (folder / "model" / "card.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "images.npy", images)
        values = {
            "name": f"claim-{kind}",
            "data.images": folder / "images.npy",
            "data.dims": 2,
            "data.minimum_object": 0,
            "data.tile": SIDE,
            "data.stride": SIDE,
            "data.held_out": 0,
            "system.flips": [],
            "system.rotations": "false",
            "system.decay_steps": steps,
            "training.steps": steps,
            "training.best_by": f"{UNSCALED}S2",
            "training.validation_images": 128,
        }
        recipe = load_recipe("pores", [f"{field}={value}" for field, value in values.items()])
        run_training(recipe, LocalSession(folder / "run", Noted(folder / "seconds.json")))
        save_best(recipe, folder / "run", training_data(recipe.data), folder / "model", small=True)
    return load(str(folder / "model"), kind=GenerativeModel)


class Noted:
    """Keeps the processor seconds of a training that may be stopped, and says how far it is."""

    def __init__(self, file: Path) -> None:
        self.file, self.began = file, time.process_time()
        self.before = json.loads(file.read_text())["seconds"] if file.exists() else 0.0

    def __call__(self, metrics: dict[str, float]) -> None:
        seconds = self.before + time.process_time() - self.began
        self.file.write_text(json.dumps({"seconds": seconds, "step": metrics["step"]}))
        said = {key: round(metrics[key], 7) for key in (f"{UNSCALED}S2", "objective") if key in metrics}
        print(f"  step {metrics['step']:.0f}, {seconds:.0f} s of processor: {said}", flush=True)


def run(kind: str, sizes: list[int], steps: int, bound: Path, folder: Path) -> list[dict[str, Any]]:
    """Rows of a kind: F of the generator and of both annealings, and R, of every function at every number of images."""
    images = KINDS[kind](2 * max(sizes))
    asked, real = images[: len(images) // 2], characterise(images, NAMES)
    model = trained(kind, asked, steps, folder / kind)
    drawn = model.sample(max(sizes), seed=SEED, size=(SIDE, SIDE))
    print(f"  {kind}: phase fraction {images.mean():.4f}, generated {drawn.mean():.4f}", flush=True)
    made = characterise(drawn, NAMES)
    annealed = {
        selection: characterise(np.load(bound / f"{kind}-{selection}-{len(asked)}.npy"), NAMES)
        for selection in SELECTIONS
    }
    rows = []
    for n in sizes:
        apart = {key: list(bounds(real, found, n)) for key, found in annealed.items()}
        for place, row in enumerate(bounds(real, made, n)):
            others = {f"F, {key}": found[place]["F"] for key, found in apart.items()}
            ratios = {f"R, {key}": found[place]["F"] / row["F"] for key, found in apart.items()}
            rows.append({"kind": kind, "n": n, "descriptor": row["descriptor"], "F, generator": row["F"],
                         "how": row["how"], "step": model.card.provenance["step"], **others, **ratios})  # fmt: skip
    return rows


def table(folder: Path) -> None:
    with (folder / "claim.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    print("| R, uniform / interface (F of the generator) | " + " | ".join(NAMES) + " |\n|---|" + "---|" * len(NAMES))
    for kind, n in dict.fromkeys((row["kind"], row["n"]) for row in rows):
        of = {row["descriptor"]: row for row in rows if (row["kind"], row["n"]) == (kind, n)}
        cells = [" / ".join(f"{float(of[name][f'R, {key}']):.2g}" for key in SELECTIONS)
                 + f" ({float(of[name]['F, generator']):.2g})" for name in NAMES]  # fmt: skip
        print(f"| {kind}, n = {n} | " + " | ".join(cells) + " |")


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=["pores", "fractures", "berea"])
    parser.add_argument("--n", nargs="+", type=int, default=[128, 1024])
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--bound", type=Path, default=Path("bound"), help="what claim_bound.py has left")
    parser.add_argument("--table", action="store_true", help="print what is in the folder, and stop")
    parser.add_argument("-o", "--output", type=Path, default=Path("claim"))
    options = parser.parse_args()
    if not options.table:
        print(machine("torch"))
        rows: list[dict[str, Any]] = []
        for kind in options.kinds:
            if kind in ("gravel", "berea") and not DATA.is_dir():
                raise SystemExit(f"there is no folder {DATA}")
            rows += run(kind, sorted(options.n), options.steps, options.bound, options.output.resolve())
            write_csv(options.output / "claim.csv", rows)
    table(options.output)


if __name__ == "__main__":
    main()
