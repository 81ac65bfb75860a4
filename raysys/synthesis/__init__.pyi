from .quilting import Quilt, quilt

__all__ = ["Quilt", "quilt"]
