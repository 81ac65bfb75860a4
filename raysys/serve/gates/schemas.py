"""What a request may want of every image."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from raysys.stats import KNOWN

CurveName = Literal[tuple(name for name, one in KNOWN.items() if one.gives == "curve" and not one.costly)]
Share = Annotated[float, Field(ge=0, le=1)]
Bounds = tuple[float, float]
TRIES = 32


class Gate(BaseModel):
    """Every image of the answer is as this says, or there is no answer."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"phase_fraction": [0.35, 0.4], "tries": 64}]}
    )

    phase_fraction: tuple[Share, Share] | None = Field(None, description="Smallest and largest.")
    max_error: dict[CurveName, Annotated[float, Field(ge=0)]] | None = Field(
        None, description="Largest `error` that an answer with this image alone would tell, by descriptor."
    )
    max_place: dict[CurveName, Share] | None = Field(
        None,
        description="Largest place among the model's reference images, by descriptor: 0.95 lets an image pass that is "
        "nearer to their mean than the farthest twentieth of them.",
    )
    percolates: bool | Annotated[int, Field(ge=0, le=2)] | None = Field(
        None, description="The phase leads through the image along every axis (true), along none (false), or along one."
    )
    numbers: dict[str, Bounds] | None = Field(
        None, description="Smallest and largest of a number such as specific_surface or euler_characteristic."
    )
    phase: str | None = Field(None, description="Of label images: the phase that all this is about.")
    tries: int = Field(TRIES, ge=1, description="How often each image is drawn at most.")

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        wanted = (self.phase_fraction, self.max_error, self.max_place, self.percolates, self.numbers)
        if all(one is None or one == {} for one in wanted):
            raise ValueError(
                "wants nothing; allowed: phase_fraction, max_error, max_place, percolates, numbers, one or several"
            )
        for low, high in (*(self.numbers or {}).values(), *([self.phase_fraction] if self.phase_fraction else [])):
            if not low <= high:
                raise ValueError(f"wants {low:g} to {high:g}; allowed: the smaller one first")
        return self
