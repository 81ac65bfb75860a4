"""Pages that a scientist would show: images, descriptors with their bands, errors with their verdicts, sweeps.

Self-contained HTML; numbers in, one file out, no Ray and no network.
"""

from raysys.report.annealing import annealing_page
from raysys.report.page import comparison_page, describe_page
from raysys.report.trials import Trial

__all__ = ["Trial", "annealing_page", "comparison_page", "describe_page"]
