"""Methods: one folder for each published method that is trained, found by name and imported when asked for.

`names()` lists them; `settings(name)`, `system(name)` and `model(name)` import one file of a folder and give its class.
`raysys.method_folders` says what a folder holds, and how somebody else's method joins them.
"""

from raysys.method_folders import method_names as names
from raysys.method_folders import model_class as model
from raysys.method_folders import settings_class as settings
from raysys.method_folders import system_class as system

__all__ = ["model", "names", "settings", "system"]
