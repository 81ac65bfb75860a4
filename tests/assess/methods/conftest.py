"""A synthetic rock with a generator and annealed images of it, small blobs, and a database of MLflow."""

import pytest
from support.blobs import baseline, characterisations, images
from support.phases import alloy, alloy_model, alloy_tiles, anode, cathode
from support.rock import rock, rock_farms, rock_model, rock_tiles

__all__ = [
    "alloy", "alloy_model", "alloy_tiles", "anode", "baseline", "cathode", "characterisations", "images", "rock",
    "rock_farms", "rock_model", "rock_tiles",
]  # fmt: skip


@pytest.fixture(scope="session")
def tracking_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where MLflow keeps runs and models; making a database takes seconds, so that all tests share one."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/mlflow.db"
