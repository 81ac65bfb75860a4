"""Asking an ASGI application in this process, without a server."""

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def _told(request: Request) -> JSONResponse:
    body = await request.body()
    return JSONResponse({"length": len(body), "method": request.method, "caller": request.scope.get("raysys.caller")})


def echo() -> Starlette:
    """An application that says how long the body was, and who is said to have sent it."""
    paths = ("/", "/healthz", "/v1/models", "/v1/models/{name}/samples", "/v1/descriptors", "/v1/jobs", "/metrics")
    return Starlette(routes=[Route(path, _told, methods=["GET", "POST"]) for path in paths])


def ask(layer: object, path: str, method: str = "POST", **options: object) -> httpx.Response:
    """One request."""
    return asyncio.run(asking(layer, path, method, **options))


async def asking(layer: object, path: str, method: str = "POST", **options: object) -> httpx.Response:
    """One request among others."""
    transport = httpx.ASGITransport(app=layer, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        return await client.request(method, path, **options)
