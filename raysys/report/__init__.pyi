from .annealing.page import annealing_page
from .comparison.page import comparison_page, describe_page
from .sweeps.trials import Trial

__all__ = [
    "Trial",
    "annealing_page",
    "comparison_page",
    "describe_page",
]
