from . import differentiable

__all__ = ["differentiable"]
