"""Several trainings compared: studies of recipes, the demo's journey, the losses' landscape.

`load_study(name)` reads a study, `run_study(study, folder)` trains its models, and `end_study(study, done, folder)`
judges them.
"""

from raysys.public import attach

# What is public stands in `__init__.pyi`; each name is imported when it is first asked for.
__getattr__, __dir__, __all__ = attach(__name__, __file__)
