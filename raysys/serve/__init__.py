"""Models as an HTTP endpoint on Ray Serve: samples of any size and seed in any format, each with its statistics.

Stateless, because noise has coordinates: whatever replica answers, the same request gives the same bytes.
`raysys.serve.client` asks such an endpoint, and needs neither Ray nor torch: so nothing is imported here before it is
wanted.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from raysys.serve.application import Settings, build
    from raysys.serve.endpoint import RunningEndpoint, serve_until_stopped, start
    from raysys.serve.limits import Limits

__all__ = ["Limits", "RunningEndpoint", "Settings", "build", "serve_until_stopped", "start"]

_FILES = {
    "Limits": "limits",
    "RunningEndpoint": "endpoint",
    "Settings": "application",
    "build": "application",
    "serve_until_stopped": "endpoint",
    "start": "endpoint",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name in _FILES:
            return getattr(import_module(f"raysys.serve.{_FILES[name]}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
