"""The one error that a user's mistake raises; the command line prints it as one sentence, without a traceback."""


class RaysysError(Exception):
    """What was found, where, and what is allowed, in one sentence that a user can act on."""
