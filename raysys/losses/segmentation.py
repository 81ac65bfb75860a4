"""Losses of labels: cross-entropy with class weights, and Dice, which does not drown a rare class."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

UNLABELLED = 255  # of targets; such pixels count in no loss


def dice_loss(probabilities: Tensor, targets: Tensor) -> Tensor:
    """1 - Dice coefficient, the mean over the classes that occur in the targets.

    Milletari, Navab and Ahmadi 2016, equation 1, with sums of p and t instead of their squares, over all pixels of the
    batch together: an image without a class then says nothing of it. A class that is in no target has no gradient
    here, and the cross-entropy alone keeps it away.

    Parameters
    ----------
    probabilities
        (B, K, *spatial), adding up to 1 over the classes.
    targets
        Class numbers int64 (B, *spatial); 255 where nobody has labelled.

    Returns
    -------
    scalar from 0 (the targets) to 1 (disjoint); 0 without labels
    """
    labelled = targets != UNLABELLED
    classes = probabilities.shape[1]
    truth = functional.one_hot(targets.where(labelled, 0), classes).movedim(-1, 1).to(probabilities) * labelled[:, None]
    axes = (0, *range(2, probabilities.dim()))
    inside = (probabilities * truth).sum(axes)
    both = (probabilities * labelled[:, None]).sum(axes) + truth.sum(axes)
    occurs = truth.sum(axes) > 0
    losses = (1 - 2 * inside / both.clamp(min=torch.finfo(both.dtype).tiny)) * occurs
    return losses.sum() / occurs.sum().clamp(min=1)


def weighted_cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy in nats, the mean over the labelled pixels, each as heavy as its class.

    Parameters
    ----------
    logits
        (B, K, *spatial).
    targets
        As of `dice_loss`.
    weights
        (K,), whose scale does not matter; all alike if not given.

    Returns
    -------
    scalar; 0 without labels
    """
    heavy = torch.ones(logits.shape[1], dtype=logits.dtype, device=logits.device) if weights is None else weights
    labelled = targets != UNLABELLED
    total = functional.cross_entropy(logits, targets, weight=heavy, ignore_index=UNLABELLED, reduction="sum")
    mass = (heavy[targets.where(labelled, 0)] * labelled).sum()
    return total / mass.clamp(min=torch.finfo(mass.dtype).tiny)


def class_weights(shares: Tensor, balance: float) -> Tensor:
    """Weights (K,) of classes with these shares of all pixels, such that the mean weight of a pixel is 1.

    share ** -balance: 0 weighs all pixels alike, 1 gives every class the same total weight.
    """
    weights = shares**-balance
    return weights / (shares * weights).sum()
