"""Tensors in safetensors files; a place that takes no more is told as the operating system tells it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor

__all__ = ["write_tensors"]

NUMBER = re.compile(r"\(os error (\d+)\)")


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write tensors, which must be contiguous, into a file.

    Raises
    ------
    OSError
        If the file cannot be written, with its name: safetensors says so in an error of its own, which is none of the
        system's.
    """
    try:
        save_file(dict(tensors), path)
    except SafetensorError as error:
        found = NUMBER.search(str(error))
        if found is None:
            raise
        raise OSError(int(found[1]), os.strerror(int(found[1])), str(path)) from error
