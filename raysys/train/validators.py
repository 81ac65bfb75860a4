"""Which statistic images of a kind are validated by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from raysys.data.sources import TrainingData
from raysys.form import Form
from raysys.train.appearance import AppearanceValidator
from raysys.train.validation import DescriptorValidator

SampleValidator = DescriptorValidator | AppearanceValidator


def validator_of_samples(data: TrainingData, draw: Callable[[], np.ndarray], form: Form) -> SampleValidator:
    """What compares the images that a system makes with the training images.

    Parameters
    ----------
    data
        Training images.
    draw
        Makes images of that form, by the system as it is.
    form
        Binary and label images, flat or in space, are compared by descriptors, others by their appearance.
    """
    if form.kind in ("binary", "labels"):
        return DescriptorValidator(data, draw, form)
    return AppearanceValidator(data, draw, form)
