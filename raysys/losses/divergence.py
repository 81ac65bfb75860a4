"""How far a variational encoder's latents are from the normal distribution that they are sampled from."""

from __future__ import annotations

from torch import Tensor


def normal_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of N(mean, variance) from N(0, 1), summed over latents, averaged over the batch.

    Summed like the pixel error beside it, as in the published code of arXiv:2402.11103.

    Parameters
    ----------
    mean, log_variance
        (B, ...) of the encoder, the logarithm to base e.

    Returns
    -------
    Tensor
        Scalar in nats; 0 for mean 0 and variance 1 only.

    References
    ----------
    Kingma and Welling 2014, arXiv:1312.6114, appendix B.
    """
    each = mean.square() + log_variance.exp() - 1 - log_variance
    return each.flatten(1).sum(dim=1).mean() / 2
