"""Who may ask an endpoint, under which names, and what is written down of it."""

from pydantic import BaseModel, ConfigDict, Field


class Access(BaseModel):
    """The gate's rules, in the `args` of a Serve configuration file; no token stands in it, only hashes and paths."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_sha256: str | None = Field(
        None, pattern="^[0-9a-f]{64}$", description="SHA-256 of a bearer token that is good for everything."
    )
    tokens: str | None = Field(
        None,
        description="File of `raysys tokens`, which every node can read; without both, and without RAYSYS_TOKEN in the "
        "environment, everybody may come in.",
    )
    hosts: tuple[str, ...] = Field(
        ("localhost",),
        description='Names of the endpoint that requests may give beside addresses in numbers; "*" for all.',
    )
    origins: tuple[str, ...] = Field(
        (), description='Pages elsewhere that may ask through a browser, such as https://lab.example; "*" for all.'
    )
    prefix: str = Field(
        "",
        pattern="^(/[^/?#]+)*$",
        description="Path below which a proxy shows the endpoint, and which it takes off, such as /lab.",
    )
    log: str | None = Field(None, description='File that gets a line of JSON for every request; "-" for the output.')
