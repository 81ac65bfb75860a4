"""Ray Train once more where a worker has died while its group was being started.

Ray Train replaces workers that die at work; the death of one that still joins the others it takes for an error of its
own, and gives up.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from raysys.errors import RaysysError


def fitted(make: Callable[[], Any], folder: Path, *, failures: int) -> Any:
    """What a trainer of Ray Train's comes to.

    Parameters
    ----------
    make
        Makes the trainer, anew for each attempt; it goes on from the run's last checkpoint.
    folder
        Of the run, for sentences.
    failures
        Deaths at the start that are made good, at most.

    Raises
    ------
    RaysysError
        If the training fails.
    """
    from ray.train.v2.api.exceptions import TrainingFailedError

    while True:
        try:
            return make().fit()
        except TrainingFailedError as error:
            if not (failures and _died_at_the_start(error)):
                raise RaysysError(f"training in {folder} failed: {_cause(error)}") from error
        failures -= 1
        warnings.warn("a worker has died while all were being started; they are started again", stacklevel=2)


def _died_at_the_start(error: BaseException) -> bool:
    from ray.exceptions import RayActorError
    from ray.train.v2.api.exceptions import ControllerError

    return isinstance(error, ControllerError) and isinstance(error.controller_failure, RayActorError)


def _cause(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    ours = [line.split("RaysysError:", 1)[1].strip() for line in lines if "RaysysError:" in line]
    return (ours or lines or [type(error).__name__])[-1]
