"""Judging: generators, annealing and autoencoders against real images, with verdicts in numbers and words.

Each kind of judgement is one call that returns an object with tables and sentences; what it needs is imported when it
is first asked for.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raysys.assess.methods.claim import Claim as Claim
    from raysys.assess.methods.compare import compare_methods as compare_methods
    from raysys.assess.methods.comparison import Comparison as Comparison
    from raysys.assess.methods.method import Method as Method
    from raysys.assess.methods.verdicts import Verdict as Verdict

# Where what is public is kept: one line each.
PLACES = {
    "Claim": "raysys.assess.methods.claim",
    "Comparison": "raysys.assess.methods.comparison",
    "Method": "raysys.assess.methods.method",
    "Verdict": "raysys.assess.methods.verdicts",
    "compare_methods": "raysys.assess.methods.compare",
}

__all__ = list(PLACES)


def __getattr__(name: str) -> Any:
    if name not in PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(PLACES[name]), name)
