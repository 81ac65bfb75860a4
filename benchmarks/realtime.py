"""Textures in real time: milliseconds a picture of texture networks and of SPADE, beside a quilt of the same size.

Networks have random weights, which take as long as learned ones. A picture is what `raysys sample` draws: blocks of the
model's own size with what they need around them, so that windows fit together; `pass` is one pass of the network over
the whole, whose edges see nothing. `--train STEPS` also trains texture networks of the recipe's size under each of
their losses on one texture, from one seed, and prints seconds a step and how near the pictures come (appearance_error:
1 is as near as real ones). VGG-19's weights are those of `RAYSYS_VGG19`, or of the shared data beside the repository.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from timing import DATA, machine, one_thread, seconds, show

if TYPE_CHECKING:
    from raysys.models import GenerativeModel

one_thread()

SIZES = (256, 512)
LOSSES = ("guided-correspondence", "sliced-wasserstein", "gram")


def texture_network(tile: int) -> GenerativeModel:
    """Of the published size, which is that of the recipes."""
    from raysys.methods.texture_nets.model import TextureNetModel
    from raysys.methods.texture_nets.network import TextureNet
    from raysys.models import ModelCard

    network = TextureNet()
    card = ModelCard(
        name="texture-net",
        architecture="texture-nets",
        hyperparameters=network.hyperparameters,
        images={"kind": "colour", "shape": (tile, tile)},
    )
    return TextureNetModel(card, network)


def spade(tile: int, **options: int) -> GenerativeModel:
    """A SPADE under progressions."""
    from raysys.methods.spade.generator import Generator
    from raysys.methods.spade.model import SpadeModel, condition_card
    from raysys.models import ModelCard

    network = Generator(spectral=False, **options)
    card = ModelCard(
        name="spade",
        architecture="spade",
        hyperparameters=network.hyperparameters,
        images={"kind": "colour", "shape": (tile, tile)},
        condition=condition_card(network),
    )
    return SpadeModel(card, network)


def passes(model: GenerativeModel, size: int) -> Callable[[], object]:
    """One pass over a picture, without what windows need."""
    import torch

    network = model.network
    if model.card.condition is None:
        inputs = [[torch.rand(1, *shape) for shape in network.shapes((size, size))]]
    else:
        points = size // network.cell
        inputs = [torch.rand(1, network.told, size, size), torch.randn(1, network.noise, points, points)]

    def once() -> object:
        with torch.inference_mode():
            return network(*inputs)

    return once


def pictures(sizes: tuple[int, ...], repeats: int) -> None:
    """Milliseconds a picture."""
    from raysys.data import read_images
    from raysys.synthesis import quilt

    models = {
        "texture-net": texture_network(256),
        "spade, CPU recipe (width 16, 3 levels)": spade(64, width=16, levels=3, hidden=32, noise=8),
        "spade, width 16 (10.5 M)": spade(256, width=16),
        "spade, width 32 (29.3 M)": spade(256, width=32),
        "spade, width 64 (92.0 M)": spade(256, width=64),
    }
    source = read_images("skimage:immunohistochemistry", kind="colour")[:256, :256]
    for size in sizes:
        work: dict[str, Callable[[], object]] = {}
        for name, model in models.items():
            work[name] = partial(model.sample, 1, seed=1, size=size)
            work[f"{name}: pass"] = passes(model, size)
        work["a quilt of 256^2"] = partial(quilt, source, (size, size), seed=1)
        show(f"a colour picture of {size}^2, one thread", seconds(work, repeats), 1, "pictures")


def trainings(steps: int) -> None:
    """Texture networks under each loss, of one seed."""
    from raysys.data.sources import training_data
    from raysys.train import load_recipe
    from raysys.train.loop import run_training
    from raysys.train.session import LocalSession

    photo = DATA / "texture" / "pebbles" / "gcl_129.jpg"
    weights = os.environ.get("RAYSYS_VGG19") or str(DATA / "weights" / "vgg19_normalized_conv_rgb_fp16.npz")
    if not photo.is_file() or not os.path.isfile(weights):
        print(f"\nno trainings: {photo} or {weights} is absent")
        return
    print(f"\ntexture networks of {photo.name}, {steps} steps of two pictures of 128^2")
    for loss in LOSSES:
        fields = [f"data.images={photo}", f"system.loss={loss}", f"system.features=[{weights}]"]
        fields += [f"training.steps={steps}", f"training.validate_every={steps}"]
        recipe = load_recipe("texture-net", fields)
        training_data(recipe.data)  # nothing but a look, so that reading is not what the first is timed for
        begun = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            progress = run_training(recipe, LocalSession(Path(folder)))
        taken = (time.process_time() - begun) / steps
        print(f"  {loss:22} {taken:6.3f} s of the processor a step, error {progress.metrics['appearance_error']:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--train", type=int, metavar="STEPS", default=0)
    asked = parser.parse_args()
    print(machine("torch", "numpy"))
    pictures(tuple(asked.sizes), asked.repeats)
    if asked.train:
        trainings(asked.train)
