"""What MLflow installs before it loads a model in an environment of its own (`mlflow models serve`, `predict`)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import yaml

import raysys

__all__ = ["FILES", "write_environment"]

CONDA, PYTHON, REQUIREMENTS = "conda.yaml", "python_env.yaml", "requirements.txt"
FILES = (CONDA, PYTHON, REQUIREMENTS)


def write_environment(folder: Path) -> dict[str, str]:
    """Write the three files that MLflow reads into a model's folder, and say which are for whom, as MLmodel does."""
    version = ".".join(map(str, sys.version_info[:3]))
    needed = f"raysys=={raysys.__version__}"  # which itself asks for torch and the rest
    (folder / REQUIREMENTS).write_text(f"{needed}\n")
    python: dict[str, Any] = {
        "python": version,
        "build_dependencies": ["pip", "setuptools", "wheel"],
        "dependencies": [f"-r {REQUIREMENTS}"],
    }
    conda: dict[str, Any] = {
        "name": "mlflow-env",
        "channels": ["conda-forge"],
        "dependencies": [f"python={version}", "pip", {"pip": [needed]}],
    }
    for name, content in ((PYTHON, python), (CONDA, conda)):
        (folder / name).write_text(yaml.safe_dump(content, sort_keys=False))
    return {"conda": CONDA, "virtualenv": PYTHON}
