"""Several workers as real processes that talk by gloo, without Ray."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from raysys.train.session import newest_checkpoint

JOIN = """
import json, os, sys
from pathlib import Path
import torch
import torch.distributed as dist
rank, count, meeting, *given = sys.argv[1:]
rank, count = int(rank), int(count)
dist.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=count)
torch.set_num_threads(1)
"""

TRAIN = """
from raysys.train import load_recipe
from raysys.train.loop import run_training
from raysys.train.session import LocalSession

class Recorder:
    told = {}
    def log(self, step, metrics): self.told.setdefault(step, {}).update(metrics)
    def picture(self, *what): ...
    def note(self, **tags): ...
    def flush(self, seconds=None): Path("told.json").write_text(json.dumps(self.told))

session = LocalSession(Path(f"rank-{rank}"))
session.rank, session.world_size = rank, count
run_training(load_recipe(given[0]), session, tracker=Recorder() if rank == 0 else None)
"""


def run_together(script: str, *given: object, count: int = 2) -> None:
    """Run a script as `count` joined processes in the present folder; it finds `rank`, `count` and `given`."""
    meeting = Path(f"meeting-{len(list(Path().glob('meeting-*')))}").resolve()
    # At the interpreter's own end gloo's threads sometimes abort the process, when all is done.
    text = f"{JOIN}{script}\ndist.destroy_process_group()\nsys.stdout.flush()\nos._exit(0)\n"
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", text, str(rank), str(count), str(meeting), *map(str, given)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for rank in range(count)
    ]
    try:
        for worker in workers:
            said, _ = worker.communicate(timeout=240)
            assert worker.returncode == 0, said
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


def trained_together(
    recipe: Path, *, count: int = 2
) -> tuple[dict[int, dict[str, float]], list[dict[str, torch.Tensor]]]:
    """Train a recipe file; what rank 0 told its tracker by step, and the last checkpoint of every rank."""
    run_together(TRAIN, recipe, count=count)
    told = {int(step): metrics for step, metrics in json.loads(Path("told.json").read_text()).items()}
    states = []
    for rank in range(count):
        newest = newest_checkpoint(Path(f"rank-{rank}"))
        assert newest is not None
        states.append(load_file(newest / "state.safetensors"))
    return told, states
