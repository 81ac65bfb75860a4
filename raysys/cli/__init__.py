"""The command line: one thin file per sub-command, arguments in, one call out.

`main` is the entry point of `raysys`; a user's mistake ends with one sentence and exit code 2, Ctrl-C with 130.
"""

from raysys.cli.application import app, main

__all__ = ["app", "main"]
