"""Which model answers, and the tag of an answer: the same request of the same model has the same bytes."""

import hashlib
import json
from dataclasses import dataclass

import numpy as np

import raysys
from raysys.models import Model
from raysys.serve.schemas import SampleRequest


@dataclass(frozen=True)
class Unchanged:
    """What is asked for is what the caller has: an answer of this tag."""

    etag: str


def version_of(model: Model) -> str:
    """Sixteen letters that stand for the weights of a model, its card, and the raysys that computes with them."""
    seen = hashlib.sha256(f"{raysys.__version__} {model.device.type} {model.card.model_dump_json()}".encode())
    for name, value in sorted(model.network.state_dict().items()):
        seen.update(name.encode() + value.detach().cpu().contiguous().numpy().tobytes())
    return seen.hexdigest()[:16]


def tag_of(version: str, request: SampleRequest, *more: object) -> str | None:
    """The tag of an answer; None where no seed is given, and every answer is another."""
    if request.seed is None:
        return None
    asked = json.dumps([version, request.model_dump(), *more], sort_keys=True, default=_spelled)
    return f'"{hashlib.sha256(asked.encode()).hexdigest()[:32]}"'


def _spelled(value: object) -> object:
    """What JSON has no form for: arrays, of maps that were uploaded."""
    if isinstance(value, np.ndarray):
        return [value.dtype.str, value.shape, hashlib.sha256(np.ascontiguousarray(value).tobytes()).hexdigest()]
    return str(value)
