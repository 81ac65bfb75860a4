"""What images can be asked to have: cards that say it, requests that ask for it, and codes that are it at a place.

A condition is a number, a code, an index with names, or a map over space; the first three may vary over space too.
"""

from raysys.models.condition.card import CodeCard, ConditionCard, IndexCard, MapCard, NumberCard
from raysys.models.condition.code import Code, CodeMap, Constant
from raysys.models.condition.reading import Asked, asked_values, read_condition

__all__ = [
    "Asked",
    "Code",
    "CodeCard",
    "CodeMap",
    "ConditionCard",
    "Constant",
    "IndexCard",
    "MapCard",
    "NumberCard",
    "asked_values",
    "read_condition",
]
