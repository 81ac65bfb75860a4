"""What runs here and on a cluster, how far it is, how it is ended, and what a machine still lacks.

`status` reads folders and asks Ray, `stop` ends a driver cleanly, `doctor` looks at versions, storage, MLflow, nodes.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
