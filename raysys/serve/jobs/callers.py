"""Who has asked for a job: whoever bears a token is known by its name, others by the address that they come from."""

from fastapi import Request

from raysys.serve.layers.bearer import CALLER

NAMED, ADDRESSED = "token:", "host:"


def caller_of(request: Request) -> str:
    """ "token:NAME" or "host:ADDRESS"."""
    name = request.scope.get(CALLER)
    if name:
        return f"{NAMED}{name}"
    return f"{ADDRESSED}{request.client.host if request.client else 'unknown'}"


def owner_of(caller: str) -> str | None:
    """Whose jobs a caller sees: its own, or everybody's where nobody is asked for a token."""
    return caller if caller.startswith(NAMED) else None
