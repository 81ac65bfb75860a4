from .application import Settings, build
from .endpoint import RunningEndpoint, serve_until_stopped, start
from .limits import Limits

__all__ = ["Limits", "RunningEndpoint", "Settings", "build", "serve_until_stopped", "start"]
