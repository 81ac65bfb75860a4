"""`python -m raysys` is the command `raysys`."""

from raysys.cli import main

main()
