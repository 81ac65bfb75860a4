"""Reconstructions of an autoencoder against their originals, in numbers: the errors, and what the eye would say.

Every qualitative statement of the published assessment (sharp, merged, hallucinated, rounded, ...) has its measure in
`MEASURES`; `verdict` says them in words again. Images are periodic, as MICRO2D's are.
"""

from raysys.assess.autoencoding.assessment import Assessment, Measure, Row, published_window
from raysys.assess.autoencoding.edges import sharpness
from raysys.assess.autoencoding.measures import MEASURES, assess
from raysys.assess.autoencoding.scoring import score, score_parts
from raysys.assess.autoencoding.spatial import spatial_errors
from raysys.assess.autoencoding.verdicts import verdict

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
