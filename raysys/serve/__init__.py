"""Models as an HTTP endpoint on Ray Serve: samples of any size and seed in any format, each with its statistics.

Stateless, because noise has coordinates: whatever replica answers, the same request gives the same bytes.
"""

from raysys.serve.application import Settings, build
from raysys.serve.endpoint import Endpoint, serve_until_stopped, start
from raysys.serve.limits import Limits

__all__ = ["Endpoint", "Limits", "Settings", "build", "serve_until_stopped", "start"]
