"""Every error leaves the endpoint as `{"error": {"code", "message"}}`, whoever raised it and in whatever process."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from ray.exceptions import RayTaskError
from ray.serve.exceptions import BackPressureError, DeploymentUnavailableError
from starlette.exceptions import HTTPException

from raysys.errors import RaysysError
from raysys.serve.schemas import Problem, ProblemDetail

CODES = {401: "unauthorised", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 503: "busy"}
_log = logging.getLogger(__name__)


class RefusedError(RaysysError):
    """A request that cannot be granted, with the HTTP status that says so."""

    def __init__(self, message: str, status: int = 422, code: str = "invalid_request") -> None:
        super().__init__(message, status, code)  # all in `args`: the error is pickled on its way between replicas
        self.status = status
        self.code = code

    def __str__(self) -> str:
        return self.args[0]


def problem(status: int, code: str, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """One error as an HTTP answer."""
    # A message may quote a request, and JSON's "\ud800" is a string that has no bytes.
    text = message.encode(errors="backslashreplace").decode()
    body = Problem(error=ProblemDetail(code=code, message=text))
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
    told = ((".".join(map(str, item["loc"])), item["msg"].removeprefix("Value error, ")) for item in error.errors())
    return problem(422, "invalid_request", "; ".join(f"{field}: {message}" for field, message in told))


async def _from_error(request: Request, error: Exception) -> JSONResponse:
    # An error raised in a sampler's replica arrives wrapped, with the remote traceback as its text.
    cause = error.cause if isinstance(error, RayTaskError) else error
    if isinstance(cause, RefusedError):
        return problem(cause.status, cause.code, str(cause))
    if isinstance(cause, RaysysError):
        return problem(422, "invalid_request", str(cause))
    if isinstance(cause, BackPressureError | DeploymentUnavailableError):
        return problem(503, "busy", "all replicas of this model are busy; try again shortly", {"Retry-After": "2"})
    if isinstance(cause, TimeoutError):
        return problem(504, "timeout", "the answer took longer than this endpoint allows; ask for fewer pixels")
    # Of our own faults the log alone says more: a trace tells a stranger about the machine.
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return problem(500, "internal", f"{type(cause).__name__} in the endpoint; its log has the details")
