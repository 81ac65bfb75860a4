"""A generator and annealing on real micrographs, trained, annealed and compared by the commands that a user would type.

    python benchmarks/verdict.py [--image pores eutectic berea] [--steps 2500] [--chains 64] [-o verdict]

Per image: raysys data tile; raysys train (recipe wgan-gp-small without its augmentation, 64 x 64); raysys anneal,
asked for S2 alone and for S2, L, P3H, P3V, P4 and P6; raysys compare against the tiles that were held out of
training. Both annealings are asked for the statistics of the training tiles, from which the generator learns too.
Needs shared/data; writes folders with every file, and one report.html an image. Minutes an image on two cores.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

from timing import DATA, machine

RECIPE = "wgan-gp-small"
# Pore-like (phase fraction 0.06), eutectic-like (0.35), and a slice of Berea sandstone (0.26).
IMAGES: dict[str, list[str]] = {
    "pores": ["data.images=micrograph2d_binary/doitpoms_017.png", "data.phase=dark", "data.downscale=2"],
    "eutectic": ["data.images=micrograph2d_binary/doitpoms_340.png", "data.phase=bright", "data.downscale=1"],
    "berea": ["data.images=rock2d_binary/diffsci_berea_slice0.png", "data.phase=bright", "data.downscale=2"],
}
# The recipe's augmentation keeps a critic from learning few tiles by heart; of sparse pores it leaves too little.
PLAIN = ["data.minimum_object=4", "data.held_out=0.34", "system.augment=[]", "system.learning_rate=1e-3",
         "system.critic_updates=2"]  # fmt: skip
TARGETS = {"S2": "S2", "more": "S2,L,P3H,P3V,P4,P6"}


def raysys(folder: Path, *arguments: object) -> float:
    """Run a command in a folder; its seconds."""
    words = [str(argument) for argument in arguments]
    print("  raysys " + " ".join(words), flush=True)
    began = time.monotonic()
    done = subprocess.run(
        [Path(sys.executable).parent / "raysys", *words], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return time.monotonic() - began


def run(name: str, folder: Path, steps: int, chains: int, more: list[str]) -> None:
    """All commands of one image; what is there already is not made again, if it was asked for in the same way."""
    folder.mkdir(parents=True, exist_ok=True)
    asked = json.dumps({"steps": steps, "chains": chains, "set": more})
    if (folder / "asked.json").exists() and (folder / "asked.json").read_text() != asked:
        raise SystemExit(f"{folder} holds results of {(folder / 'asked.json').read_text()}; give another -o")
    (folder / "asked.json").write_text(asked)
    fields = [field.replace("images=", f"images={DATA}/") for field in IMAGES[name]]
    fields += [*PLAIN, f"name={name}", f"training.steps={steps}", *more]
    data = [field.removeprefix("data.") for field in fields if field.startswith("data.")]
    sets = [word for field in fields for word in ("--set", field)]
    picture = next(field.removeprefix("images=") for field in data if field.startswith("images="))
    if not (folder / "train.npy").exists():
        chosen = [word for field in data if not field.startswith("images=") for word in ("--set", field)]
        raysys(folder, "data", "tile", picture, "--recipe", RECIPE, *chosen, "-o", "train.npy",
               "--held-out-output", "held-out.npy")  # fmt: skip
    begun = [json.loads(path.read_text()) for path in (folder / "runs" / name).glob("train-*/run.json")]
    if not any("model" in run for run in begun):
        print(f"  {raysys(folder, 'train', RECIPE, *sets, *(['--resume'] if begun else [])):.0f} s")
    for target, asked in TARGETS.items():
        taken = raysys(folder, "anneal", "train.npy", "--chains", chains, "--shape", 64, 64, "--target", asked,
                       "--out", f"annealed-{target}")  # fmt: skip
        print(f"  {taken:.0f} s")
    raysys(folder, "compare", picture, "--model", name,
           *(f"--annealed={target}=annealed-{target}" for target in TARGETS), "-o", "comparison",
           "--report", "report.html")  # fmt: skip


def table(folder: Path) -> None:
    """Errors of every set by descriptor, with the band of real against real."""
    with (folder / "comparison" / "errors.csv").open() as file:
        rows = list(csv.DictReader(file))
    sets = list(dict.fromkeys(row["set"] for row in rows))
    print(f"\n  {'MSE':10}{'band, 95 %':>24}" + "".join(f"{one:>22}" for one in sets) + "   S2-annealed / GAN")
    for descriptor in dict.fromkeys(row["descriptor"] for row in rows):
        of = {row["set"]: row for row in rows if row["descriptor"] == descriptor}
        band = "{:.2g} to {:.2g}".format(*(float(of[sets[0]][f"band_{end}"]) for end in ("low", "high")))
        cells = "".join(f"{float(of[one]['mse']):14.2e}, {float(of[one]['times_band']):5.2g}x" for one in sets)
        ratio = float(of["S2"]["mse"]) / float(of[sets[0]]["mse"])
        print(f"  {descriptor:10}{band:>24}{cells}   {ratio:.3g}")
    with (folder / "comparison" / "verdicts.csv").open() as file:
        for row in csv.DictReader(file):
            print(f"  {row['subject']}: {row['verdict']}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", nargs="+", choices=IMAGES, default=list(IMAGES))
    parser.add_argument("--steps", type=int, default=2500)
    parser.add_argument("--chains", type=int, default=64)
    parser.add_argument("--set", action="append", default=[], help="further fields of the recipe")
    parser.add_argument("-o", "--output", type=Path, default=Path("verdict"))
    options = parser.parse_args()
    if not DATA.is_dir():
        raise SystemExit(f"there is no folder {DATA}")
    print(machine("torch", "ray"))
    for name in options.image:
        print(f"\n{name}")
        run(name, options.output / name, options.steps, options.chains, options.set)
        table(options.output / name)


if __name__ == "__main__":
    main()
