"""The one error that a user's mistake raises; the command line prints it as one sentence, without a traceback."""


class RaysysError(Exception):
    """What was found, where, and what is allowed, in one sentence that a user can act on."""

    def __init__(self, *told: object) -> None:
        # A sentence may quote a file's name or a request, in which half a character has no bytes: Ray could not carry
        # the error to whoever waits for it, and its worker would die of it.
        super().__init__(*(encodable(part) if isinstance(part, str) else part for part in told))


def encodable(text: str) -> str:
    r"""The text with every half of a character written out, as `\ud800`."""
    return text.encode(errors="backslashreplace").decode()
