from .autoencoding.comparison import AutoencoderComparison
from .autoencoding.judge import autoencoders

__all__ = ["AutoencoderComparison", "autoencoders"]
