"""Models as an HTTP endpoint on Ray Serve: samples of any size and seed in any format, each with its statistics.

Stateless, because noise has coordinates: whatever replica answers, the same request gives the same bytes. Only jobs are
kept, in a folder, so that they outlive whoever works at them.
`raysys.serve.client` asks such an endpoint, and needs neither Ray nor torch.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
