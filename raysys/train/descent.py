"""One step of gradient descent, the same for every network of every system."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_
from torch.optim import Optimizer

Average = Callable[[Iterable[nn.Parameter]], None]


def descend(loss: Tensor, network: nn.Module, optimizer: Optimizer, average: Average) -> None:
    """Change a network's weights along the gradient of a loss.

    Parameters
    ----------
    loss
        Scalar, of this worker's share of the batch.
    network, optimizer
        Whose weights are changed, and how.
    average
        Makes the gradients those of the whole batch, see `raysys.train.averaging`.
    """
    _differentiate(loss, network, optimizer, average)
    optimizer.step()


def descend_within(loss: Tensor, network: nn.Module, optimizer: Optimizer, average: Average, limit: float) -> Tensor:
    """Do as `descend`, with a gradient that is shortened to the norm `limit` where it is longer.

    Returns
    -------
    Scalar, the norm of the averaged gradient before it was shortened; a limit of infinity measures it only.
    """
    _differentiate(loss, network, optimizer, average)
    norm = clip_grad_norm_(network.parameters(), limit)  # after averaging, so that every worker shortens alike
    optimizer.step()
    return norm


def _differentiate(loss: Tensor, network: nn.Module, optimizer: Optimizer, average: Average) -> None:
    # None and not zero: what took no part in a loss must not be moved by an optimiser's momentum.
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    average(network.parameters())
