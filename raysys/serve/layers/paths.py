"""Paths that several layers know: probes, and what everybody may see."""

from starlette.types import Scope

PROBES = frozenset({"/healthz", "/readyz"})
# Probes carry no secrets, and the explorer page must load before it can ask its reader for the token.
OPEN = PROBES | {"/"}


def path_of(scope: Scope) -> str:
    """The path below the prefix that a proxy or Serve has mounted the endpoint at."""
    path: str = scope["path"]
    return path.removeprefix(scope.get("root_path", ""))
