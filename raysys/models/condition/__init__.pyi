from .card import CodeCard, ConditionCard, IndexCard, MapCard, NumberCard
from .code import Code, CodeMap, Constant
from .reading import Asked, asked_values, read_condition
from .way import way_between

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
    "way_between",
]
