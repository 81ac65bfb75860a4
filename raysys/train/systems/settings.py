"""What the hyper-parameters of all systems have in common."""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class SystemSettings(BaseModel):
    """Hyper-parameters of a method: a field each, with unit, range and one sentence; unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def completed(self, data: Any) -> Self:
        """With what a recipe's data section says about them, such as the names of classes; most take nothing of it."""
        return self

    def located(self, tracking_uri: str) -> dict[str, Any]:
        """{field: value} of files with their whole paths and of models with their versions; most name none."""
        return {}
