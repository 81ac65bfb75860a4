"""The sweep's section of a recipe: what is varied over which range, for how long, and how points are suggested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

if TYPE_CHECKING:
    from optuna.trial import Trial


class _Dimension(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    when: dict[str, Any] = Field(
        default_factory=dict, description="Vary this field only where earlier fields have these values: {field: value}."
    )


class _Range(_Dimension):
    low: float = Field(description="Smallest value.")
    high: float = Field(description="Largest value.")

    @model_validator(mode="after")
    def _ordered(self) -> _Range:
        if not self.low < self.high:
            raise ValueError(f"low ({self.low}) must be below high ({self.high})")
        return self


class Uniform(_Range):
    """Any number in [low, high]."""

    kind: Literal["uniform"]

    def suggest(self, trial: Trial, field: str) -> float:
        """A number, from Optuna's trial."""
        return trial.suggest_float(field, self.low, self.high)


class LogUniform(_Range):
    """Any number in [low, high], every decade as likely."""

    kind: Literal["log-uniform"]
    low: float = Field(gt=0, description="Smallest value.")

    def suggest(self, trial: Trial, field: str) -> float:
        """A number, from Optuna's trial."""
        return trial.suggest_float(field, self.low, self.high, log=True)


class Integer(_Range):
    """Any whole number in [low, high]."""

    kind: Literal["integer"]
    low: int = Field(description="Smallest value.")
    high: int = Field(description="Largest value.")
    log: bool = Field(False, description="Every doubling as likely.")

    def suggest(self, trial: Trial, field: str) -> int:
        """A whole number, from Optuna's trial."""
        return trial.suggest_int(field, int(self.low), int(self.high), log=self.log)


class Choice(_Dimension):
    """One of some values."""

    kind: Literal["choice"]
    values: list[str | int | float | bool | None] = Field(min_length=1, description="What may be chosen.")

    def suggest(self, trial: Trial, field: str) -> Any:
        """One of the values, from Optuna's trial."""
        return trial.suggest_categorical(field, self.values)


Dimension = Annotated[Uniform | LogUniform | Integer | Choice, Field(discriminator="kind")]


class SweepSettings(BaseModel):
    """A Bayesian search for the values that reproduce the data's statistics best."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trials: int = Field(12, ge=1, description="Trials in all, those of an interrupted sweep included.")
    concurrent: int = Field(2, ge=1, description="Trials at a time.")
    searcher: Literal["gp", "tpe", "random"] = Field(
        "gp", description="Gaussian process, tree of Parzen estimators, or chance."
    )
    startup_trials: int | None = Field(
        None, ge=1, description="Random trials before the model is used; a third of all if not given."
    )
    launch: Literal["auto", "inline", "ray-train"] = Field(
        "auto",
        description="`inline`: a trial trains in its own Tune process; `ray-train`: it starts Ray Train workers; "
        "`auto`: inline where a trial needs one worker and no GPU.",
    )
    stop_hopeless: bool = Field(True, description="Stop trials early that are worse than most at the same step (ASHA).")
    grace: float = Field(
        0.25, gt=0, le=1, description="Share of the steps that every trial may use before it can be stopped."
    )
    reduction: float = Field(3, gt=1, description="At each look the best 1/reduction of the trials go on.")
    space: dict[str, Dimension] = Field(default_factory=dict, description="{dotted field of the recipe: range}.")
    start: list[dict[str, Any]] = Field(default_factory=list, description="Points to try first: {field: value} each.")

    @model_validator(mode="after")
    def _conditions_refer_back(self) -> SweepSettings:
        seen: set[str] = set()
        for field, dimension in self.space.items():
            unknown = set(dimension.when) - seen
            if unknown:
                raise ValueError(
                    f"space.{field}: `when` names {sorted(unknown)}, which must come before it in the space"
                )
            seen.add(field)
        for point in self.start:
            if unknown := set(point) - set(self.space):
                raise ValueError(f"start: {sorted(unknown)} is not in the space ({', '.join(self.space)})")
        return self

    def suggest(self, trial: Trial) -> dict[str, Any]:
        """One point of the space: {dotted field: value}; fields whose condition is not met are left out."""
        point: dict[str, Any] = {}
        for field, dimension in self.space.items():
            if all(point.get(name) == value for name, value in dimension.when.items()):
                point[field] = dimension.suggest(trial, field)
        return point
