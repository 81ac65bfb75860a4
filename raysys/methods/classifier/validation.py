"""How well a classifier recognises held-out images."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from raysys.stats.paired import confusion_table
from raysys.train.metrics import HOPELESS, OBJECTIVE


class ClassificationValidator:
    """Compares the classes found in held-out images with their own.

    The objective, `classification_error`, is the share of images that are not recognised plus the cross-entropy, both
    averaged over classes, so that rare ones count as much as others. The share is never below that of half an image:
    less is not seen. The cross-entropy tells two networks apart that recognise everything.

    Parameters
    ----------
    images
        (M, H, W).
    targets
        (M,) int64, an index into `classes`.
    classes
        Names.
    logits
        Images to float32 (M, classes), by the system as it is.
    """

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        *,
        classes: Sequence[str],
        logits: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self.images, self.targets, self.classes, self.logits = images, targets, tuple(classes), logits

    def __call__(self) -> dict[str, float]:
        """Metrics of the system as it is now."""
        return self.measure(self.logits(self.images))

    def measure(self, logits: np.ndarray) -> dict[str, float]:
        """Metrics of logits (M, classes): the objective and its parts, accuracies, and the largest confusion."""
        if not np.isfinite(logits).all():
            return {"classification_error": HOPELESS, OBJECTIVE: HOPELESS}
        table = confusion_table(self.targets, logits.argmax(1), len(self.classes))
        present = np.flatnonzero(table.sum(1))
        shares = table[present] / table[present].sum(1, keepdims=True)
        accuracies = dict(zip(present.tolist(), shares[np.arange(len(present)), present].tolist(), strict=True))
        balanced = float(np.mean(list(accuracies.values())))
        surprise = _negative_log_likelihood(logits, self.targets)
        entropy = float(np.mean([surprise[self.targets == number].mean() for number in present]))
        error = max(1 - balanced, 0.5 / len(self.targets)) + entropy
        metrics = {f"accuracy_{self.classes[number]}": share for number, share in accuracies.items()}
        metrics |= {"balanced_accuracy": balanced, "cross_entropy": entropy} | _largest_confusion(shares, present)
        return metrics | {"classification_error": error, OBJECTIVE: error}


def _negative_log_likelihood(logits: np.ndarray, targets: np.ndarray) -> np.ndarray:
    values = logits.astype(np.float64)
    highest = values.max(1)
    total = np.log(np.exp(values - highest[:, None]).sum(1)) + highest
    surprise: np.ndarray = total - values[np.arange(len(targets)), targets]
    return surprise


def _largest_confusion(shares: np.ndarray, present: np.ndarray) -> dict[str, float]:
    """Which share of which class is taken for which other; their numbers, since metrics are numbers."""
    wrong = shares.copy()
    wrong[np.arange(len(present)), present] = 0
    row, found = np.unravel_index(wrong.argmax(), wrong.shape)
    return {
        "largest_confusion": float(wrong[row, found]),
        "largest_confusion_of": float(present[row]),
        "largest_confusion_with": float(found),
    }
