from .assessment import Assessment, Measure, Row
from .measures import MEASURES, assess
from .verdicts import verdict

__all__ = ["MEASURES", "Assessment", "Measure", "Row", "assess", "verdict"]
