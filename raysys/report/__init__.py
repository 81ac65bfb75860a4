"""Pages that a scientist would show: images, descriptors with their bands, errors with their verdicts, sweeps.

Self-contained HTML; numbers in, one file out, no Ray and no network.
"""

from raysys.report.annealing.page import annealing_page
from raysys.report.comparison.page import comparison_page, describe_page
from raysys.report.sweeps.trials import Trial

__all__ = ["Trial", "annealing_page", "comparison_page", "describe_page"]
