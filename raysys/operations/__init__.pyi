from .doctor import Finding, doctor
from .standing import Standing, status
from .stopping import stop

__all__ = ["Finding", "Standing", "doctor", "status", "stop"]
