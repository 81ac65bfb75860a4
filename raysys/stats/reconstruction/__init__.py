"""Reconstructions of an autoencoder against their originals, in numbers: the errors, and what the eye would say.

Every qualitative statement of the published assessment (sharp, merged, hallucinated, rounded, ...) has its measure in
`MEASURES`; `verdict` says them in words again. Images are periodic, as MICRO2D's are.
"""

from raysys.stats.reconstruction.assessment import Assessment, Measure, Row, published_window
from raysys.stats.reconstruction.edges import sharpness
from raysys.stats.reconstruction.measures import MEASURES, assess
from raysys.stats.reconstruction.scoring import score, score_parts
from raysys.stats.reconstruction.spatial import spatial_errors
from raysys.stats.reconstruction.verdicts import verdict

__all__ = [
    "MEASURES",
    "Assessment",
    "Measure",
    "Row",
    "assess",
    "published_window",
    "score",
    "score_parts",
    "sharpness",
    "spatial_errors",
    "verdict",
]
