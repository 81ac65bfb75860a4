"""Training: one system per published method, the loop, the engine (Ray Train), the sweep (Ray Tune), tracking (MLflow).

`train(recipe)` and `sweep(recipe)` return a `Run`; everything that decides them stands in the `Recipe`. Reading a
recipe loads neither Ray nor MLflow, nor any network.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
