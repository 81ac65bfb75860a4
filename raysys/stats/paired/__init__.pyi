from .confusion import confusion_table
from .edges import sharpness
from .scoring import score, score_parts
from .spatial import published_window, spatial_errors

__all__ = ["confusion_table", "published_window", "score", "score_parts", "sharpness", "spatial_errors"]
