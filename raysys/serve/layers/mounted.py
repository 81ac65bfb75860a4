"""Where the endpoint stands below a path of a proxy's: pages and descriptions then give addresses below it."""

from starlette.types import ASGIApp, Receive, Scope, Send


class Mounted:
    """ASGI layer that says where the application is mounted, whether the proxy has taken the path off or left it.

    Parameters
    ----------
    app
        What is mounted.
    prefix
        As `/lab`; empty for nowhere.
    """

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self.prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if self.prefix and scope["type"] == "http":
            path = scope["path"]
            whole = path if path.startswith(f"{self.prefix}/") else self.prefix + path
            scope = {**scope, "root_path": self.prefix + scope.get("root_path", ""), "path": whole}
        await self.app(scope, receive, send)
