"""The generators that come with raysys: trained, held against the tiles held out of their training, and put in place.

    python benchmarks/shipped.py [NAME ...] [-o shipped] [--table]

Trains what has not been trained to its end (checkpoints below -o; the same command goes on), writes raysys/trained/NAME
with float16 weights, and prints the tables of RESULTS.md. --table only prints them, of the models that are there.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from timing import machine

from raysys.data.sources import training_data
from raysys.models import GenerativeModel, load
from raysys.models.card import ModelCard, read_card
from raysys.models.held_out_words import held_out_words
from raysys.models.shipped import trained_models
from raysys.train.loop import run_training
from raysys.train.metrics import EULER, PARTS
from raysys.train.publish import save_best
from raysys.train.recipe_files import load_recipe
from raysys.train.session import LocalSession
from raysys.train.topology import topology
from raysys.train.validation import VALIDATION_SEED

# The demo's recipe is short; here the same photograph is trained on for longer, in all positions, by a wider network.
LONGER = ["training.steps=4000", "system.decay_steps=4000", "system.critic_updates=3", "system.width=24",
          "system.average=0.99", "system.critic_learning_rate=1.0e-3", "system.flips=[left-right,up-down]",
          "system.rotations=true", "training.best_by=whole_error", "training.validate_every=200"]  # fmt: skip
SAMPLES = 64
MODELS: dict[str, list[str]] = {"gravel": LONGER, "pores": [], "oriented-pores": [], "wgan-gp-porosity": []}


def train(name: str, folder: Path) -> None:
    """Train to the end, noting processor seconds, and put the model in place."""
    recipe = load_recipe(name, MODELS[name])
    spent = folder / "seconds.json"
    before = json.loads(spent.read_text()) if spent.is_file() else 0.0

    def note(metrics: dict[str, float]) -> None:
        spent.write_text(json.dumps(before + time.process_time() - began))
        told = {key: round(value, 3) for key, value in metrics.items() if key in ("step", "whole_error", "objective")}
        print(name, told, flush=True)

    began = time.process_time()
    run_training(recipe, LocalSession(folder, note))
    begun = folder / "begun.txt"  # where the first steps come from, if they are of another run
    target = Path(__file__).parent.parent / "raysys" / "trained" / name
    words = begun.read_text().strip() if begun.is_file() else ""
    save_best(recipe, folder, training_data(recipe.data), target, begun=words, small=True)


def row(name: str, card: ModelCard, seconds: float | None) -> str:
    """A line of the table."""
    data, held = card.provenance["data"], card.held_out
    bands = ", ".join(f"{key[5:]} {value:.2f}" for key, value in held.items() if key.startswith("band/"))
    topology = f"{held.get('euler_error', float('nan')):.2f} | {held.get('parts_error', float('nan')):.2f}"
    spent = "" if seconds is None else f"{seconds:.0f}"
    return (
        f"| {name} | {data['source']} | {card.licence} | {card.provenance['step']} | {spent} | {bands} | {topology} |"
    )


def pieces(name: str) -> str:
    """A line on what the cleaning of samples does: 64 of them before and after it, and the real tiles of both parts."""
    model = load(f"trained:{name}", kind=GenerativeModel)
    drawn = [model.sample(SAMPLES, seed=VALIDATION_SEED, raw=raw) for raw in (True, False)]
    recipes = [load_recipe(one, values) for one, values in MODELS.items()]
    source = model.card.provenance["data"]["source"]  # which is not that of the recipe, where a model is older
    data = training_data(next(one.data for one in recipes if one.data.images == source))
    found = [topology(images) for images in (*drawn, data.held_out, data.train[:])]
    numbers = [f"{one[what].mean():.1f}" for what in (EULER, PARTS) for one in found]
    return f"| {name} | {' | '.join(numbers)} |"


def main() -> None:
    """Train, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(MODELS), metavar="NAME")
    parser.add_argument("-o", "--output", type=Path, default=Path("shipped"))
    parser.add_argument("--table", action="store_true", help="print the tables only")
    options = parser.parse_args()
    for name in [] if options.table else options.names:
        (options.output / name).mkdir(parents=True, exist_ok=True)
        train(name, options.output / name)
    print(machine())
    print("| model | data | licence | step | processor seconds | error / band | Euler, sd | parts, sd |")
    print("|---|---|---|---|---|---|---|---|")
    cards = {name: read_card(folder / "model.json") for name, folder in trained_models().items()}
    for name, card in cards.items():
        spent = options.output / name / "seconds.json"
        print(row(name, card, json.loads(spent.read_text()) if spent.is_file() else None))
    for name, card in cards.items():
        print(f"{name}: {held_out_words(card)}")
    print("| model | Euler raw | cleaned | held out | trained on | parts raw | cleaned | held out | trained on |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in cards:
        print(pieces(name))


if __name__ == "__main__":
    main()
