"""The error of a request that cannot be granted; apart from those who answer it, so that it needs no server."""

from raysys.errors import RaysysError


class RefusedError(RaysysError):
    """A request that cannot be granted, with the HTTP status that says so."""

    def __init__(self, message: str, status: int = 422, code: str = "invalid_request") -> None:
        super().__init__(message, status, code)  # all in `args`: the error is pickled on its way between replicas
        self.status = status
        self.code = code

    def __str__(self) -> str:
        return self.args[0]
