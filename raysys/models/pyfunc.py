"""What `mlflow.pyfunc.load_model` calls: a saved model behind MLflow's `predict`."""

from pathlib import Path
from typing import Any

import numpy as np

from raysys.errors import RaysysError
from raysys.models.generative import GenerativeModel
from raysys.models.loading import load

ALLOWED = ("n", "seed", "size", "origin", "condition", "periodic", "grey", "raw", "start")


class Predictor:
    """Requests in, images out.

    A request is a row of a table, or a dictionary, with some of the arguments of `GenerativeModel.sample`; `n` is 1 by
    default.
    """

    def __init__(self, model: GenerativeModel) -> None:
        self.model = model

    def predict(self, model_input: Any, params: dict[str, Any] | None = None) -> np.ndarray:
        """Images of all requests, one after the other: (sum of n, *size), hence of one size.

        Parameters
        ----------
        model_input
            A pandas table, a dictionary, or a list of dictionaries.
        params
            Arguments for every request that does not name them itself.

        Raises
        ------
        RaysysError
            If a request names an unknown argument, or sizes differ.
        """
        drawn = [self._draw({**(params or {}), **request}) for request in _requests(model_input)]
        if len({images.shape[1:] for images in drawn}) != 1:
            raise RaysysError("requests of one prediction must ask for one size; predict different sizes one by one")
        return np.concatenate(drawn)

    def _draw(self, request: dict[str, Any]) -> np.ndarray:
        unknown = [key for key in request if key not in ALLOWED]
        if unknown:
            raise RaysysError(f"a request names {', '.join(unknown)}; allowed: {', '.join(ALLOWED)}")
        return self.model.sample(**{"n": 1, **request})


def _requests(model_input: Any) -> list[dict[str, Any]]:
    if hasattr(model_input, "to_dict"):
        model_input = model_input.to_dict("records")
    requests = [model_input] if isinstance(model_input, dict) else list(model_input)
    # Cells that a table leaves empty are NaN.
    return [{key: _plain(value) for key, value in request.items() if not _missing(value)} for request in requests]


def _missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _plain(value: Any) -> Any:
    value = value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _load_pyfunc(path: str) -> Predictor:
    """MLflow's entry point, by the name that it looks for."""
    return Predictor(load(Path(path), kind=GenerativeModel))
