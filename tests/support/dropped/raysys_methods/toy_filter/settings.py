"""What a recipe says of the toy."""

from typing import Literal

from pydantic import Field

from raysys.train.system_settings import SystemSettings


class ToyFilterSettings(SystemSettings):
    """Hyper-parameters of the toy."""

    method: Literal["toy-filter"] = "toy-filter"
    reach: int = Field(2, ge=1, description="Pixels that the filter reaches to each side.")
    learning_rate: float = Field(0.02, gt=0, description="Adam's learning rate.")


SETTINGS = ToyFilterSettings
