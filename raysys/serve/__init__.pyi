from .application import Settings, build
from .endpoint import RunningEndpoint, serve_until_stopped, start
from .jobs.settings import JobSettings
from .limits import Limits

__all__ = ["JobSettings", "Limits", "RunningEndpoint", "Settings", "build", "serve_until_stopped", "start"]
