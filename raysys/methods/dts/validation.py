"""Pictures of each texture that the network was told, compared with the texture."""

from __future__ import annotations

from typing import Any

import numpy as np

from raysys.methods.multi_texture.validation import EACH, TexturesValidator
from raysys.train.validation import VALIDATION_SEED


class SelectedValidator(TexturesValidator):
    """As `TexturesValidator`, with pictures that are asked for by name; there are no codes that could lie apart."""

    def _made(self, model: Any, place: int) -> np.ndarray:
        seed = VALIDATION_SEED + EACH * place
        images: np.ndarray = model.sample(EACH, seed=seed, condition=self.names[place], grey=self.form.kind == "binary")
        return images

    def _of_codes(self, model: Any) -> dict[str, float]:
        return {}
