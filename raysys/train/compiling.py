"""Compiled forward passes: `torch.compile` behind one function, with one sentence where it cannot work."""

from __future__ import annotations

import os
import shutil
import sys
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import nn

from raysys.errors import RaysysError

WAY_OUT = "or set training.compile=false"


def compiled(network: nn.Module) -> Callable[..., Any]:
    """The forward pass of a network, compiled at its first call for the shape that it is given.

    The network itself stays as it is: it shares its parameters and buffers with the compiled code, so that checkpoints
    have the same keys, and can be called beside it. What is compiled can be differentiated once only; a second
    derivative, such as a gradient penalty's, must go through the network itself.

    Raises
    ------
    RaysysError
        At the first call, if there is no compiler or it fails.

    References
    ----------
    Double backward: https://github.com/pytorch/pytorch/issues/91469 (an error of torch 2.13 still).
    """
    with warnings.catch_warnings():
        # The compiler's own modules use what torch has deprecated.
        warnings.simplefilter("ignore", DeprecationWarning)
        forward = torch.compile(network, dynamic=False)

    def call(*inputs: Any) -> Any:
        try:
            return forward(*inputs)
        except RuntimeError as error:
            if not type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
                raise
            first = str(error).strip().splitlines()[0]
            raise RaysysError(
                f"training.compile: torch could not compile {type(network).__name__} ({first}); mend it, {WAY_OUT}"
            ) from error

    return call


def check_compiler() -> None:
    """Refuse what this machine's processor cannot be compiled for.

    Raises
    ------
    RaysysError
        If there is no C++ compiler.
    """
    compiler = os.environ.get("CXX", "clang++" if sys.platform == "darwin" else "g++")
    if shutil.which(compiler) is None:
        raise RaysysError(
            f"training.compile: needs a C++ compiler, and {compiler} is not on this machine; install it, name another "
            f"in the variable CXX, {WAY_OUT}"
        )
