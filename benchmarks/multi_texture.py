"""Processor seconds of one step of the multi-texture GAN and its baselines, in turn: borders, switches, pairs in space.

Ratios are to the first variant of a group. In space the published pair critic compares 343 x 343 places.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from raysys.form import Form
from raysys.method_folders import settings_class, system_class
from raysys.train.batches import Batch, Draws
from raysys.train.system import System

FLAT, SPACE = Form("colour", (64, 64)), Form("binary", (40, 40, 40))
ROCKS: dict[str, object] = {"waves": 0, "code": 3, "positions": 64}
VARIANTS: dict[str, tuple[Form, int, dict[str, object]]] = {
    "64 x 64, as published": (FLAT, 12, {"border": "published"}),
    "64 x 64, interior": (FLAT, 12, {}),
    "64 x 64, interior, Gram": (FLAT, 12, {"gram": 100.0}),
    "64 x 64, interior, projection": (FLAT, 12, {"projection": True}),
    "64 x 64, interior, Gram, R1 for spectral norm": (FLAT, 12, {"gram": 100.0, "r1": 1.0, "spectral_norm": False}),
    "40^3, all pairs": (SPACE, 6, {"waves": 0, "code": 3}),
    "40^3, 64 places each": (SPACE, 6, ROCKS),
    "40^3, 64 places each, S2": (SPACE, 6, ROCKS | {"statistics": 10.0}),
    "40^3, 64 places each, as published": (SPACE, 6, ROCKS | {"border": "published"}),
    "64 x 64, PSGAN": (FLAT, 12, {"method": "psgan"}),
    "64 x 64, PSGAN, networks in turns": (FLAT, 12, {"method": "psgan", "order": "alternating"}),
    "40^3, Porous Media GAN": (SPACE, 6, {"method": "porous-media-gan", "local": 19}),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="Steps of each variant, after one that does not count.")
    parser.add_argument("--width", type=int, default=16, help="Channels nearest to the image.")
    given = parser.parse_args()
    torch.set_num_threads(1)
    systems = {name: _system(form, given.width, more) for name, (form, _, more) in VARIANTS.items()}
    taken: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for run in range(given.runs + 1):
        for name, (form, count, _) in VARIANTS.items():
            began = time.process_time()
            systems[name].step([_batch(form, count)], Draws(0, run, 0, 1, torch.device("cpu")), lambda parameters: None)
            if run:
                taken[name].append(time.process_time() - began)
    first: dict[Form, float] = {}
    for name, (form, _, _) in VARIANTS.items():
        middle = statistics.median(taken[name])
        ratio = middle / first.setdefault(form, middle)
        print(f"{name:48} {middle:7.3f} s a step, {ratio:5.2f} times the first of its group")


def _system(form: Form, width: int, more: dict[str, object]) -> System:
    torch.manual_seed(0)
    method = str(more.get("method", "multi-texture"))
    waves = {} if method == "porous-media-gan" else {"waves": 4}
    settings = settings_class(method).model_validate({"width": width, **waves, **more})
    system: System = system_class(method)(settings, form=form, device=torch.device("cpu"))
    return system


def _batch(form: Form, count: int) -> Batch:
    one, other = (torch.rand(count, form.channels, *form.shape) * 2 - 1 for _ in range(2))
    return Batch(one, None, {"others": other})


if __name__ == "__main__":
    main()
