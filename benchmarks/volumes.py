"""Volumes from one flat section by annealing, by descent and by a network, against the rock that the section is of.

Of Berea and Ketton the middle slice is given, the whole volume judges. Annealing on S2 and L of every axis runs its
schedule to the end, which says how many seconds a volume is worth; descent on the same takes as many steps as fit into
these, and a network (the recipe slices-to-volume) trains as many as fit into those of all volumes together, then
draws them in no time. One thread each. Made volumes are cut into cubes and judged as `raysys assess rocks` judges
(porosity, S2, lineal path, Minkowski functionals; permeability with --flow); then mean squared differences of
descriptors in space, of which only S2 and L were asked for. Everything made lies in --folder with its seconds: the same
command goes on there. --page writes a page for each rock into it. Hours at the default size; `--side 16 --count 2
--stages 5 --edge 8 --steps 4 --most 64` looks whether it runs.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from timing import DATA, machine, one_thread

from raysys import assess, stats
from raysys.anneal import Schedule, Target, anneal
from raysys.assess.rock.scores import RockScores
from raysys.data import read_images, write_images
from raysys.data.sources import training_data
from raysys.files import written_aside
from raysys.models import load
from raysys.report.rocks.page import rock_page
from raysys.synthesis import DescriptorOrder, DescriptorTarget
from raysys.train import Recipe, load_recipe
from raysys.train.loop import run_training
from raysys.train.publish import save_best
from raysys.train.session import LocalSession

ROCKS = {"Berea": "rock3d/berea_z000-263.tif", "Ketton": "rock3d/ketton_z000-183.tif"}
ASKED = {"S2": 1.0, "L": 1.0}
IN_SPACE = ("S2", "L", "P3H", "P4", "P6", "C2", "pore_size")
WARM = 5  # steps by which a way's speed is measured
Rows = list[dict[str, object]]


def main() -> None:
    """Make what is not there yet, and print a table for each rock."""
    asked = arguments()
    one_thread()
    print(machine())
    for name, file in ROCKS.items():
        if not (DATA / file).is_file():
            print(f"{name}: {DATA / file} is absent")
            continue
        volume = (np.asarray(read_images(DATA / file)) > 0).astype(np.uint8)
        volume = volume[: asked.most, : asked.most, : asked.most]
        made, seconds = made_of(volume, asked.folder / name, asked)
        scores = assess.rocks(volume, made, edge=asked.edge, flow=asked.flow, folder=asked.folder / name / "flows")
        print_table(name, scores, in_space(volume, made, asked), seconds)
        if asked.page:
            rock_page(asked.folder / f"{name}.html", scores, title=f"{name}: volumes from one section")


def arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--folder", type=Path, default=Path("volumes-from-sections"))
    parser.add_argument("--side", type=int, default=64, help="voxels of a volume")
    parser.add_argument("--count", type=int, default=8, help="volumes of each way")
    parser.add_argument("--edge", type=int, default=32, help="voxels of the cubes that are compared")
    parser.add_argument("--most", type=int, default=400, help="voxels of the rock along an axis")
    parser.add_argument("--stages", type=int, help="of annealing, in place of its schedule")
    parser.add_argument("--steps", type=int, help="of descent and of the network, in place of equal seconds")
    parser.add_argument("--flow", action="store_true", help="also permeabilities, which take most of the time")
    parser.add_argument("--page", action="store_true")
    return parser.parse_args()


def made_of(
    volume: np.ndarray, folder: Path, asked: argparse.Namespace
) -> tuple[dict[str, np.ndarray], dict[str, float]]:
    """Volumes (N, side, side, side) of each way, and the seconds of all."""
    folder.mkdir(parents=True, exist_ok=True)
    section, r_max = volume[len(volume) // 2], asked.side // 2 - 1
    made, seconds = {}, {}
    made["annealing"], seconds["annealing"] = kept(
        folder, "annealing", asked.count, lambda number: annealed(section, r_max, number, asked)
    )
    each = seconds["annealing"] / asked.count
    steps = asked.steps or worth(folder / "descent-steps.json", each, lambda: descent_seconds(section, r_max, asked))
    made["descent"], seconds["descent"] = kept(
        folder, "descent", asked.count, lambda number: descended(section, r_max, number, steps, asked)
    )
    made["network"], seconds["network"] = trained(section, folder, seconds["annealing"], asked)
    return made, seconds


def kept(folder: Path, way: str, count: int, make: Callable[[int], np.ndarray]) -> tuple[np.ndarray, float]:
    """Volumes of a way, of which those that lie in the folder are not made again, and their seconds."""
    volumes, seconds = [], 0.0
    for number in range(count):
        path = folder / f"{way}-{number}.npz"
        if not path.is_file():
            begun = time.process_time()
            image = make(number)
            with written_aside(path) as aside:
                np.savez_compressed(aside, image=image, seconds=time.process_time() - begun)
        with np.load(path) as held:
            volumes.append(held["image"])
            seconds += float(held["seconds"])
    return np.stack(volumes), seconds


def annealed(section: np.ndarray, r_max: int, number: int, asked: argparse.Namespace) -> np.ndarray:
    """Chain `number`."""
    schedule = Schedule() if asked.stages is None else Schedule(stages=asked.stages)
    target = Target.from_sections([section], ASKED, r_max=r_max)
    return anneal(target, (asked.side,) * 3, seed=0, chain=number, schedule=schedule).image


def descended(section: np.ndarray, r_max: int, number: int, steps: int, asked: argparse.Namespace) -> np.ndarray:
    """Structure `number`."""
    target = DescriptorTarget.of_sections([section], ASKED, r_max=r_max)
    job = DescriptorOrder(target, (asked.side,) * 3, steps=steps).begin(number)
    job.advance(float("inf"))
    return job.result().image


def descent_seconds(section: np.ndarray, r_max: int, asked: argparse.Namespace) -> float:
    """Of a step."""
    begun = time.process_time()
    descended(section, r_max, 0, WARM, asked)
    return (time.process_time() - begun) / WARM


def worth(note: Path, seconds: float, of_one: Callable[[], float]) -> int:
    """How many steps fit into so many seconds; noted, so that a run that goes on makes as many."""
    if not note.is_file():
        steps = max(WARM, int(seconds / of_one()))
        with written_aside(note) as aside:
            aside.write_text(json.dumps(steps))
    return int(json.loads(note.read_text()))


def trained(section: np.ndarray, folder: Path, seconds: float, asked: argparse.Namespace) -> tuple[np.ndarray, float]:
    """Volumes of a network that was trained for so many seconds, and the seconds that it took."""
    if not (folder / "section.tif").is_file():
        write_images(folder / "section.tif", section[None])
    tile = 1 << (min(asked.side, 32).bit_length() - 1)
    told = [f"data.images={folder / 'section.tif'}", "data.phase=bright", f"data.tile={tile}"]
    recipe = load_recipe("slices-to-volume", told)

    def of_one() -> float:
        begun = time.process_time()
        run_training(recipe_of(recipe, WARM), LocalSession(folder / "warm"))
        return (time.process_time() - begun) / WARM

    steps = asked.steps or worth(folder / "network-steps.json", seconds, of_one)
    note, model = folder / "network.json", folder / "model"
    if not note.is_file():
        begun = time.process_time()
        whole = recipe_of(recipe, steps)
        run_training(whole, LocalSession(folder / "network"))
        save_best(whole, folder / "network", training_data(whole.data), model)
        with written_aside(note) as aside:
            aside.write_text(json.dumps({"steps": steps, "seconds": time.process_time() - begun}))
    drawn = load(model).sample(asked.count, size=asked.side)
    return drawn, float(json.loads(note.read_text())["seconds"])


def recipe_of(recipe: Recipe, steps: int) -> Recipe:
    """The recipe with so many steps, validated twenty times."""
    return recipe.with_values({"training.steps": steps, "training.validate_every": max(1, steps // 20)})


def in_space(volume: np.ndarray, made: dict[str, np.ndarray], asked: argparse.Namespace) -> Rows:
    """Mean squared differences of descriptors of volumes to those of cubes of the rock."""
    side = asked.side
    corners = np.ndindex(*((np.array(volume.shape) // side).tolist()))
    cubes = [volume[tuple(slice(at * side, (at + 1) * side) for at in corner)] for corner in corners]
    chosen = np.stack(cubes[:: max(1, len(cubes) // (4 * asked.count))])
    reach = max(2, side // 2 - 1)
    real = stats.characterise(chosen, IN_SPACE, r_max=reach)
    found = {name: stats.compare(real, stats.characterise(one, IN_SPACE, r_max=reach)) for name, one in made.items()}
    return [{"number": f"MSE of {number}", **{name: found[name][number] for name in made}} for number in IN_SPACE]


def print_table(rock: str, scores: RockScores, rows: Rows, seconds: dict[str, float]) -> None:
    """Distances (W1) number by number, an asterisk where no larger than between halves of the rock."""
    print(f"\n{rock}, one section; W1 to {scores.real.n} cubes of the rock (* within its halves'), then in space")
    print(f"{'':34}" + "".join(f"{name:>14}" for name in seconds))
    print(f"{'processor seconds':34}" + "".join(f"{value:14.1f}" for value in seconds.values()))
    for number in scores.real.numbers:
        cells = []
        for name in seconds:
            measures = scores.apart[name][number].measures
            star = "*" if scores.near(name, number) else " "
            cells.append(f"{measures['w1'].value:13.3g}{star}" if measures else f"{'-':>13} ")
        print(f"{number[:34]:34}" + "".join(cells))
    for row in rows:
        print(f"{row['number']!s:34}" + "".join(f"{row[name]:13.3g} " for name in seconds))


if __name__ == "__main__":
    main()
