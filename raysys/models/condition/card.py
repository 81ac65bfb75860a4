"""What a conditional model's images can be asked to have, as its card says it: a number, a code, an index or a map.

`kind` tells them apart; a card without it is from before there were others, and tells of a number. Every kind knows
how many `channels` of the lattice carry it.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, model_validator

# Standard deviations of a normal prior beyond which a code is noticed: 99.7 % of each value lie within them.
USUAL = 3.0
MOST_VALUES = 4096

Numbers = tuple[float, ...]
NAME = "As requests call it, such as {}."


class _Card(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class NumberCard(_Card):
    """A number within a range."""

    kind: Literal["number"] = "number"
    name: str = Field(description=NAME.format("phase_fraction"))
    low: float = Field(description="Lowest value that can be asked for: the first percentile of the training images.")
    high: float = Field(description="Highest value: their 99th percentile.")
    mean: float = Field(description="Of the training images; what images have where nothing is asked.")

    @property
    def channels(self) -> int:
        """One, the number."""
        return 1


class CodeCard(_Card):
    """A vector without a meaning of its own, which the network has learned to read; where none is asked, one is drawn.

    Its prior is normal, with `mean` and `std`, or uniform, from `low` to `high`.
    """

    kind: Literal["code"]
    name: str = Field(description=NAME.format("texture"))
    length: int = Field(ge=1, le=MOST_VALUES, description="Values of a code.")
    mean: Numbers | None = Field(None, description="Of a normal prior, one for each value.")
    std: Numbers | None = Field(None, description="Standard deviations of a normal prior.")
    low: Numbers | None = Field(None, description="Lower ends of a uniform prior.")
    high: Numbers | None = Field(None, description="Upper ends of a uniform prior.")
    named: dict[str, Numbers] = Field(
        default_factory=dict, max_length=MOST_VALUES, description="Codes that can be asked for by a name."
    )

    @model_validator(mode="after")
    def _of_one_length(self) -> Self:
        wrong = next((name for name, code in self.named.items() if len(code) != self.length), None)
        if wrong is not None:
            raise ValueError(f"named code {wrong!r} has {len(self.named[wrong])} values; allowed: {self.length}")
        return self

    @model_validator(mode="after")
    def _one_prior(self) -> Self:
        priors = {"mean and std": (self.mean, self.std), "low and high": (self.low, self.high)}
        complete = [name for name, pair in priors.items() if all(part is not None for part in pair)]
        stated = sum(part is not None for pair in priors.values() for part in pair)
        if len(complete) != 1 or stated != 2:
            raise ValueError("a code has a prior by mean and std, or one by low and high")
        first, second = (np.array(part) for part in priors[complete[0]])
        if first.shape != (self.length,) or second.shape != (self.length,):
            raise ValueError(f"{complete[0]} of a code of length {self.length} have as many numbers")
        if not (second > (0 if self.mean is not None else first)).all():
            raise ValueError("std is above 0, and high is above low")
        return self

    @property
    def channels(self) -> int:
        """One for each value of the code."""
        return self.length

    @property
    def usual(self) -> tuple[np.ndarray, np.ndarray]:
        """Lowest and highest values (length,) that the prior has, all but three in a thousand of a normal one's."""
        if self.mean is not None:
            spread = USUAL * np.array(self.std)
            return np.array(self.mean) - spread, np.array(self.mean) + spread
        return np.array(self.low), np.array(self.high)


class IndexCard(_Card):
    """One of several named things; the network sees one channel for each, 1 for the one asked for and 0 elsewhere."""

    kind: Literal["index"]
    name: str = Field(description=NAME.format("texture"))
    names: tuple[str, ...] = Field(min_length=1, max_length=MOST_VALUES, description="What can be asked for.")

    @model_validator(mode="after")
    def _different(self) -> Self:
        if len(set(self.names)) < len(self.names):
            raise ValueError("the names of an index are different")
        return self

    @property
    def channels(self) -> int:
        """One for each name."""
        return len(self.names)


class MapCard(_Card):
    """Values that vary over space, such as a local porosity or the two components of a direction."""

    kind: Literal["map"]
    name: str = Field(description=NAME.format("orientation"))
    channels: int = Field(ge=1, le=MOST_VALUES, description="Values at each place.")
    low: float = Field(description="Lowest value that can be asked for.")
    high: float = Field(description="Highest value.")
    mean: Numbers = Field(description="What every place has where nothing is asked, one number for each channel.")

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if not self.low < self.high or len(self.mean) != self.channels:
            raise ValueError("low of a map is below high, and mean has one number for each channel")
        return self


def _kind(card: Any) -> str | None:
    return card.get("kind", "number") if isinstance(card, dict) else getattr(card, "kind", None)


ConditionCard = Annotated[
    Annotated[NumberCard, Tag("number")]
    | Annotated[CodeCard, Tag("code")]
    | Annotated[IndexCard, Tag("index")]
    | Annotated[MapCard, Tag("map")],
    Discriminator(_kind),
]
