"""Uploads are decoded in a process of their own: what takes too long, or kills its reader, is ended and told.

`apart.py` is the side of the endpoint, `child.py` that of the process; between them go a line of JSON and bytes, and
nothing that either could be made to run.
"""
