"""A small U-Net against Otsu and multi-Otsu on real micrographs with masks, split by specimen.

    python benchmarks/segmentation.py [--data ebc superalloy] [--steps 2400] [--limit 480]

The recipe `unet-small`, on one core, without Ray and MLflow. Whole held-out images are segmented in overlapping tiles
with the weights of the last step, not with those that did best on them; specimens are held out by the recipe's seed.
IoU is over all pixels of the held-out images together. Otsu's grey classes are named by the held-out masks themselves,
as well as they can be, after the bilateral filter: no user of Otsu without masks would do better. Needs shared/data.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from timing import DATA, machine, one_thread

from raysys.data.pairs import Comparison, PairedImages, read_pair
from raysys.data.sources import training_data
from raysys.methods.unet.model import SegmenterModel
from raysys.train import load_recipe
from raysys.train.loop import run_training
from raysys.train.publish import model_from_checkpoint
from raysys.train.recipe import Recipe
from raysys.train.session import LocalSession, newest_checkpoint

# How the files of a folder name their specimen, what their masks mean, and how its images lie under the microscope.
SETS: dict[str, list[str]] = {
    # cross-sections of coatings: the oxide is a layer, so nothing is turned upside down
    "ebc": [
        r"data.specimen='(\d{6}_\d+|S\d+_\d+)'",
        "data.classes=[background, oxide, crack]",
        "data.held_out=0.34",
        "system.flips=[left-right]",
        "system.rotations=false",
    ],
    # precipitates, the small ones rare
    "superalloy": [
        r"data.specimen='(spot\d|[^_]+)'",
        "data.classes=[matrix, small, large]",
        "data.held_out=0.34",
    ],
    # slices of one volume, 20 to 50 apart: there are no specimens to hold out, so slices are
    "sandstone": ["data.classes=[pore, clay, quartz, heavy]", "data.held_out=0.3"],
}


def trained(recipe: Recipe, limit: float) -> tuple[SegmenterModel, PairedImages, float]:
    """The model of the last step, its data, and the seconds of training, which a validation past the limit ends."""
    with TemporaryDirectory() as folder:
        checkpoints, stop = Path(folder) / "run", Path(folder) / "stop"

        def report(metrics: dict[str, float]) -> None:
            taken = time.thread_time() - began
            shown = ", ".join(f"{name[4:]} {value:.3f}" for name, value in metrics.items() if name.startswith("iou_"))
            print(f"  {taken:5.0f} s: IoU of held-out tiles {shown}", flush=True)
            if taken > limit:
                stop.touch()

        began = time.thread_time()
        run_training(recipe, LocalSession(checkpoints, report), stop_request=stop)
        taken = time.thread_time() - began
        newest, data = newest_checkpoint(checkpoints), training_data(recipe.data)
        assert newest is not None
        _, model = model_from_checkpoint(recipe, newest, data, name=recipe.name)
        assert isinstance(model, SegmenterModel)
        assert isinstance(data, PairedImages)
        return model, data, taken


def compare(name: str, steps: int, limit: float) -> None:
    """Train on one folder of pairs and print the table."""
    fields = [f"data.images={DATA / 'segmentation_pairs' / name}", *SETS[name]]
    recipe = load_recipe("unet-small", [*fields, f"training.steps={steps}", f"system.decay_steps={steps}"])
    model, data, taken = trained(recipe, limit)
    said = data.provenance
    print(f"\n{name}: {len(data.train_pairs)} images, {len(data.train)} tiles; {taken:.0f} s of training")
    print(f"  held out: {', '.join(said['specimens_held_out'])} ({len(data.held_out_pairs)} images)")
    judge, began = Comparison(model.classes), 0.0
    for pair in data.held_out_pairs:
        stored, truth = read_pair(pair.image, pair.mask, recipe.data.classes)
        start = time.thread_time()
        labels = model.segment(stored[None])[0]
        began += time.thread_time() - start
        judge.add(stored, labels, truth)
    pixels = sum(read_pair(p.image, p.mask, recipe.data.classes)[1].size for p in data.held_out_pairs)
    print(f"  segmented at {pixels / began / 1e6:.2f} million pixels/s, overlap included\n")
    print(f"  {'IoU':24}" + "".join(f"{each:>14}" for each in (*model.classes, "mean", "accuracy")))
    for title, how, found in judge.judged():
        row = [*found.iou, found.mean_iou, found.accuracy]
        print(f"  {title:24}" + "".join(f"{value:14.3f}" for value in row) + f"   {how}")


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", nargs="+", choices=SETS, default=["ebc"])
    parser.add_argument("--steps", type=int, default=2400)
    parser.add_argument("--limit", type=float, default=480, help="seconds of training")
    options = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"there is no folder {DATA}")
    torch.set_num_threads(1)
    print(machine("torch", "scikit-image"))
    for name in options.data:
        compare(name, options.steps, options.limit)


if __name__ == "__main__":
    main()
