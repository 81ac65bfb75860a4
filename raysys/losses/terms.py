"""How strongly each term of a loss pulls, before weights meet and gradients are clipped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import torch
from torch import Tensor


def gradient_norms(terms: Mapping[str, Tensor], inputs: Iterable[Tensor]) -> dict[str, Tensor]:
    """Euclidean norm of each term's own gradient.

    Adam does not see the scale of a lone loss, so published weights are told apart by these norms only: choose weights
    so that weight times norm is alike where two terms are to be balanced.

    Parameters
    ----------
    terms
        {name: scalar}, each with its graph, which is kept. One backward pass a term: for steps that are logged.
    inputs
        What the gradient is with respect to: a network's weights, or its output, which is cheaper.

    Returns
    -------
    dict[str, Tensor]
        {name: scalar}; 0 for a term that does not depend on the inputs.
    """
    held = list(inputs)
    return {name: _norm(term, held) for name, term in terms.items()}


def _norm(term: Tensor, inputs: list[Tensor]) -> Tensor:
    if not term.requires_grad:
        return torch.zeros_like(term)
    gradients = torch.autograd.grad(term, inputs, retain_graph=True, allow_unused=True)
    norms = [gradient.norm() for gradient in gradients if gradient is not None]
    return torch.stack(norms).norm() if norms else torch.zeros_like(term)
