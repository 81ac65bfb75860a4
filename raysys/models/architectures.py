"""A model built again from its card and its weights; the card names the method whose network it is."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from raysys.errors import RaysysError
from raysys.method_folders import method_names, model_class
from raysys.models.card import ModelCard
from raysys.models.model import Model, References


def new_model(card: ModelCard, weights: dict[str, Tensor], *, reference: References | None = None) -> Model:
    """Build the network that a card describes and give it its weights.

    Raises
    ------
    RaysysError
        If the architecture is unknown, or hyper-parameters or weights do not fit it.
    """
    if card.architecture not in method_names():
        known = ", ".join(method_names())
        raise RaysysError(f"model {card.name!r} has the architecture {card.architecture!r}; allowed: {known}")
    kind: type[Model] = model_class(card.architecture)
    try:
        with torch.device("meta"):  # weights are given, so none are drawn
            network = kind.Network(**card.hyperparameters)
    except (TypeError, ValueError, RuntimeError, OverflowError, RaysysError) as error:
        reason = str(error).splitlines()[0]
        raise RaysysError(
            f"hyper-parameters of model {card.name!r} do not fit {card.architecture}: {reason}"
        ) from error
    _check_weights(card, network, weights)
    network.load_state_dict(weights, assign=True)
    return kind(card, network, reference=reference)


def _check_weights(card: ModelCard, network: nn.Module, weights: dict[str, Tensor]) -> None:
    expected: dict[str, Any] = {key: (tuple(value.shape), value.dtype) for key, value in network.state_dict().items()}
    found = {key: (tuple(value.shape), value.dtype) for key, value in weights.items()}
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            raise RaysysError(
                f"weights of model {card.name!r} do not fit its card: {key} is {_words(found.get(key))}, "
                f"but {card.architecture} with its hyper-parameters has {_words(expected.get(key))}"
            )


def _words(tensor: tuple[tuple[int, ...], torch.dtype] | None) -> str:
    return "absent" if tensor is None else f"{str(tensor[1]).removeprefix('torch.')} {tensor[0]}"
