"""What of our autoencoder's score is its loss, and what its network: loss x network, then one change at a time.

    python benchmarks/ablation.py --plan                     # the cells, which are done, and the hours that are left
    python benchmarks/ablation.py [-o ablation] [--seeds 3]  # goes on where it was stopped
    python benchmarks/ablation.py --table                    # mean and spread of what is done

The study `cess-64` (nine classes of 64 x 64 pixels, 1,600 steps, width 8, depth 3, the same learning rate for all) with
every loss on both networks: the published one (a ReLU head, a ReLU after the latents, zeros beyond the border) and ours
(a sigmoid, plain latents, periodic borders). Then our loss and network with one thing taken back at a time. Every cell
is trained once for each seed, which draws weights and order of images; data and test images are the same. All clip
gradients at 10, so that no cell differs by more than its name says. A row is written when its cell is done; the most
informative come first. Seconds are of the clock, and of a machine that others may use.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from timing import machine, one_thread

from raysys.assess import autoencoders
from raysys.cluster import connected
from raysys.data.micro2d import synthesize
from raysys.files import write_csv
from raysys.studies import load_study, run_study
from raysys.studies.study import Study, StudyModel

BASE = load_study("cess-64")
PER_CLASS, SECONDS = 32, 150.0  # images judged of each class; a cell, before one has been timed
PUBLISHED = {"system.head": "relu", "system.padding": "zeros", "system.latent_activation": "relu"}
OURS = {"system.head": "sigmoid", "system.padding": "circular", "system.latent_activation": "none"}
NETWORKS = {"published": PUBLISHED, "ours": OURS}
# What is taken back one at a time: of the network, and of what our loss is made of.
OF_THE_NETWORK: dict[str, dict[str, Any]] = {
    f"{name} as published": {field: PUBLISHED[field]}
    for name, field in zip(("head", "padding", "latents"), PUBLISHED, strict=True)
}
OF_THE_LOSS: dict[str, dict[str, Any]] = {
    "no well": {"system.clamp_weight": 0.0},
    "no CESS": {"system.cess_weight": 0.0},
    "constant pixel weight": {"system.pixel_weight_end": None},
    "all lags alike": {"system.cess_radius": None, "system.cess_radius_end": None},
}
NAMES = ("score", "s2_relative", "s2_relative_window", "s2_relative_thresholded", "mid_grey", "edge_gradient")


def cells(seeds: int) -> Iterator[tuple[str, StudyModel, int]]:
    """(Name, what is trained, seed) of every cell, the most informative first."""
    stages: list[dict[str, dict[str, Any]]] = [
        {f"{loss} on {name}": _of(loss, network) for loss in ("MSE", "annealed") for name, network in NETWORKS.items()},
        {f"MSE-CESS on {name}": _of("MSE-CESS", network) for name, network in NETWORKS.items()},
        _changed("annealed", OF_THE_NETWORK | OF_THE_LOSS),
        _changed("MSE", OF_THE_NETWORK),
    ]
    for stage in stages:
        for seed in range(seeds):
            for name, values in stage.items():
                recipe = BASE.models[name.partition(" ")[0]].recipe
                yield name, StudyModel(recipe=recipe, set=values | {"training.seed": seed}), seed


def _changed(loss: str, changes: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {f"{loss} on ours, {name}": _of(loss, OURS | change) for name, change in changes.items()}


def _of(loss: str, values: dict[str, Any]) -> dict[str, Any]:
    own = {field: value for field, value in BASE.models[loss].set.items() if not field.startswith("sweep.")}
    return own | {"system.gradient_clip": 10.0} | values


def registered(name: str, seed: int) -> str:
    """A cell's model, as it is called in the study."""
    return f"{name.replace(',', '').replace(' ', '-')}-{seed}"


def study_of(wanted: list[tuple[str, StudyModel, int]], images: Path) -> Study:
    models = {registered(name, seed): model for name, model, seed in wanted}
    return Study(name="ablation", set=BASE.set | {"data.images": str(images)}, models=models)


def run(folder: Path, seeds: int, limit: int | None) -> None:
    """Train and judge what is not done yet, cell after cell."""
    images = folder.resolve() / "micro2d-64.h5"
    if not images.exists():
        folder.mkdir(parents=True, exist_ok=True)
        synthesize(images, dict.fromkeys(BASE.set["data.classes"], 1000), seed=0, size=64)
    done, wanted = read(folder), list(cells(seeds))
    left = [cell for cell in wanted if (cell[0], cell[2]) not in {(row["cell"], int(row["seed"])) for row in done}]
    with connected("local", num_cpus=2):
        for name, model, seed in left[:limit]:
            began = time.monotonic()
            one = study_of([(name, model, seed)], images)
            uri = f"sqlite:///{folder.resolve() / 'mlflow.db'}"
            place = folder / "study" / registered(name, seed)
            (trained,) = run_study(one, place, tracking_uri=uri, resume=True).values()
            judged = autoencoders(images, {place.name: trained.model}, per_class=PER_CLASS, tracking_uri=uri)
            judged.save(folder / "assessment")
            values = {column: judged.standings[place.name][column].value for column in NAMES}
            done.append({"cell": name, "seed": seed, **values, "seconds": round(time.monotonic() - began)})
            write_csv(folder / "cells.csv", done)
            print(f"  {name}, seed {seed}: score {values['score']:.4f}, {done[-1]['seconds']} s", flush=True)


def read(folder: Path) -> list[dict[str, Any]]:
    """Rows of the cells that are done."""
    if not (folder / "cells.csv").exists():
        return []
    with (folder / "cells.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def plan(folder: Path, seeds: int) -> None:
    """What there is to do, and how long it will take."""
    done = {(row["cell"], int(row["seed"])): float(row["seconds"]) for row in read(folder)}
    wanted = [(name, seed) for name, _, seed in cells(seeds)]
    each = statistics.mean(done.values()) if done else SECONDS
    left = [cell for cell in wanted if cell not in done]
    basis = "measured here" if done else "assumed until one has been timed"
    print(f"{len(wanted)} cells, {len(left)} left: {len(left) * each / 3600:.1f} hours at {each:.0f} s each ({basis})")
    for name, seed in wanted:
        print(f"  {'done' if (name, seed) in done else '    '}  {name}, seed {seed}")


def table(folder: Path) -> None:
    """Mean over seeds and standard deviation between them, in Markdown."""
    rows = read(folder)
    print("| cell | seeds | " + " | ".join(NAMES) + " |\n|---|---|" + "---|" * len(NAMES))
    for name in dict.fromkeys(row["cell"] for row in rows):
        of = [row for row in rows if row["cell"] == name]
        print(f"| {name} | {len(of)} | " + " | ".join(_spread([float(row[c]) for row in of]) for c in NAMES) + " |")


def _spread(values: list[float]) -> str:
    mean = statistics.mean(values)
    return f"{mean:.2g}" if len(values) < 2 else f"{mean:.2g} ± {statistics.stdev(values):.1g}"


def main() -> None:
    one_thread()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path("ablation"))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--cells", type=int, default=None, help="stop after so many")
    parser.add_argument("--plan", action="store_true", help="say what is left and how long it takes, and stop")
    parser.add_argument("--table", action="store_true", help="print what is done, and stop")
    options = parser.parse_args()
    if options.table:
        table(options.output)
        return
    plan(options.output, options.seeds)
    if not options.plan:
        print(machine("torch", "ray"), flush=True)
        run(options.output, options.seeds, options.cells)
        table(options.output)


if __name__ == "__main__":
    main()
