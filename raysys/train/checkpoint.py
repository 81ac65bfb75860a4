"""A training checkpoint: safetensors for every tensor, JSON for the rest; reading one runs no code.

state.safetensors   "modules/<name>/<key>", "optimizers/<name>/<parameter>/<key>"
state.json          {"sha256" of the tensors, "optimizers": {name: {"param_groups", "scalars"}}, "progress": {...}}
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import nn

from raysys.errors import RaysysError
from raysys.files import sha256
from raysys.models.tensor_files import write_tensors

TENSORS, DESCRIPTION = "state.safetensors", "state.json"
LACKS = "it has no "


@dataclass
class Progress:
    """How far a run has come.

    Attributes
    ----------
    step
        Steps done.
    best_objective, best_step
        The best value so far of the metric that the recipe's `training.best_by` names, and where it was met.
    metrics
        Of the last validation.
    validations_inside
        How many validations in a row lay inside the band, where the recipe has `training.stop_inside_band`.
    ended
        Why training ended before its last step; empty if it did not.
    record
        What the system has recorded beside its settings, such as which pretrained features served.
    """

    step: int = 0
    best_objective: float | None = None
    best_step: int | None = None
    metrics: dict[str, float] = field(default_factory=dict)
    validations_inside: int = 0
    ended: str = ""
    record: dict[str, Any] = field(default_factory=dict)

    def described(self) -> dict[str, Any]:
        """Ready for JSON; of what was added to the first four fields only what is set, for older programs to read."""
        added = {"validations_inside": self.validations_inside, "ended": self.ended, "record": self.record}
        return {name: value for name, value in self.__dict__.items() if added.get(name, True)}

    def reported(self) -> dict[str, Any]:
        """What Ray is told at a checkpoint."""
        return {"step": self.step, **self.metrics} | ({"ended": self.ended} if self.ended else {})


def save_checkpoint(
    folder: Path, modules: dict[str, nn.Module], optimizers: dict[str, torch.optim.Optimizer], progress: Progress
) -> None:
    """Write a checkpoint into `folder` (made if absent). The caller makes it appear whole (rename or Ray's commit)."""
    folder.mkdir(parents=True, exist_ok=True)
    # As they lie on the CPU: a checkpoint of a GPU is read where there is none.
    tensors = {
        f"modules/{name}/{key}": value.detach().cpu().contiguous()
        for name, module in modules.items()
        for key, value in module.state_dict().items()
    }
    described: dict[str, Any] = {}
    for name, optimizer in optimizers.items():
        state = optimizer.state_dict()
        described[name] = {"param_groups": state["param_groups"], "scalars": {}}
        for index, entries in state["state"].items():
            for key, value in entries.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimizers/{name}/{index}/{key}"] = value.detach().cpu().contiguous()
                else:
                    described[name]["scalars"][f"{index}/{key}"] = value
    write_tensors(folder / TENSORS, tensors)
    # After the tensors: a folder counts as a checkpoint once it has its state.json.
    whole = {"sha256": sha256(folder / TENSORS), "optimizers": described, "progress": progress.described()}
    (folder / DESCRIPTION).write_text(json.dumps(whole, indent=1))


def read_progress(folder: Path) -> Progress:
    """How far the run of a checkpoint folder had come when it was written."""
    return Progress(**json.loads((folder / DESCRIPTION).read_text())["progress"])


def damage(folder: Path, *, bytes_too: bool = True) -> str:
    """What is wrong with a checkpoint, in words; empty if it is whole.

    Parameters
    ----------
    folder
        Of the checkpoint.
    bytes_too
        Compare every byte of the tensors with their checksum, and not only their number with what was announced.
    """
    try:
        described = json.loads((folder / DESCRIPTION).read_text())
        Progress(**described["progress"])
        with safe_open(folder / TENSORS, "pt"):  # which holds the length against its head
            pass
    except FileNotFoundError as error:
        return LACKS + Path(error.filename or TENSORS).name
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        return str(error).splitlines()[0]
    noted = described.get("sha256")  # not of checkpoints from before
    if bytes_too and noted is not None and noted != sha256(folder / TENSORS):
        return f"{TENSORS} is not what was written: its sha256 differs from the one in {DESCRIPTION}"
    return ""


def load_checkpoint(
    folder: Path,
    modules: dict[str, nn.Module],
    optimizers: dict[str, torch.optim.Optimizer] | None = None,
) -> Progress:
    """Read a checkpoint into `modules` (and `optimizers`, where given) and return how far it had come.

    Raises
    ------
    RaysysError
        If the folder holds no readable checkpoint, or one of other networks.
    """
    if found := damage(folder):
        raise RaysysError(f"{folder}: no readable training checkpoint ({found})")
    tensors = load_file(folder / TENSORS)
    described = json.loads((folder / DESCRIPTION).read_text())
    progress = Progress(**described["progress"])
    try:
        for name, module in modules.items():
            module.load_state_dict(_below(tensors, f"modules/{name}/"))
        for name, optimizer in (optimizers or {}).items():
            optimizer.load_state_dict(
                _optimizer_state(described["optimizers"][name], _below(tensors, f"optimizers/{name}/"))
            )
    except (RuntimeError, KeyError, ValueError) as error:
        # torch lists every key and shape that differs, for pages.
        first = str(error).strip().splitlines()[0]
        raise RaysysError(
            f"{folder}: the checkpoint was written by other networks than this recipe's ({first})"
        ) from error
    return progress


def _below(tensors: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _optimizer_state(described: dict[str, Any], tensors: dict[str, torch.Tensor]) -> dict[str, Any]:
    state: dict[int, dict[str, Any]] = {}
    for path, value in (tensors | described["scalars"]).items():
        index, key = path.split("/", 1)
        state.setdefault(int(index), {})[key] = value
    return {"state": state, "param_groups": described["param_groups"]}
