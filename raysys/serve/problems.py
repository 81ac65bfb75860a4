"""Every error leaves the endpoint as `{"error": {"code", "message"}}`, whoever raised it and in whatever process."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from ray.exceptions import RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from starlette.exceptions import HTTPException

from raysys.errors import RaysysError, encodable
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import Problem, ProblemDetail

CODES = {
    401: "unauthorised",
    404: "not_found",
    405: "method_not_allowed",
    408: "timeout",
    413: "too_large",
    503: "busy",
}
# A sentence quotes a request; whoever sends ten megabytes is not sent them back.
LONGEST = 2000
MOST = 10  # fields that are told of
SOON = {"Retry-After": "2"}
_log = logging.getLogger(__name__)


def problem(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """One error as an HTTP answer."""
    # A message may quote a request, and JSON's "\ud800" is a string that has no bytes.
    body = Problem(error=ProblemDetail(code=code, message=encodable(_cut(message, LONGEST))))
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


def install_handlers(app: FastAPI) -> None:
    """Make `app` answer every error with a `Problem`."""
    app.add_exception_handler(HTTPException, _from_http)
    app.add_exception_handler(RequestValidationError, _from_validation)
    for kind in (RaysysError, RayTaskError, TimeoutError, BackPressureError, DeploymentUnavailableError, Exception):
        app.add_exception_handler(kind, _from_error)


async def _from_http(request: Request, error: HTTPException) -> JSONResponse:
    code = CODES.get(error.status_code, "invalid_request" if error.status_code < 500 else "internal")
    message = str(error.detail)
    if error.status_code in (404, 405):
        message = f"{message}: {request.method} {request.url.path}; the routes are listed at /openapi.json"
    return problem(error.status_code, code, message, dict(error.headers or {}))


async def _from_validation(request: Request, error: RequestValidationError) -> JSONResponse:
    # All of them, unlike a recipe's: who writes a program mends it once.
    found = [_told(item) for item in error.errors()]
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return problem(422, "invalid_request", "; ".join(found[:MOST] + more))


def _told(item: dict[str, Any]) -> str:
    field = ".".join(_cut(str(part), 60) for part in item["loc"])
    return f"{field}: {_cut(item['msg'].removeprefix('Value error, '), 400)}"


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}... ({len(text)} characters)"


async def _from_error(request: Request, error: Exception) -> JSONResponse:
    # An error raised in a sampler's replica arrives wrapped, with the remote traceback as its text.
    cause = error.cause if isinstance(error, RayTaskError) else error
    if isinstance(cause, RefusedError):
        return problem(cause.status, cause.code, str(cause), SOON if cause.status == 503 else None)
    if isinstance(cause, RaysysError):
        return problem(422, "invalid_request", str(cause))
    if isinstance(cause, BackPressureError | DeploymentUnavailableError):
        return problem(503, "busy", "all replicas of this model are busy; try again shortly", SOON)
    if isinstance(cause, TimeoutError):
        return problem(504, "timeout", "the answer took longer than this endpoint allows; ask for fewer pixels")
    # Of our own faults the log alone says more: a trace tells a stranger about the machine.
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal", f"{type(cause).__name__} in the endpoint; its log has the details")
