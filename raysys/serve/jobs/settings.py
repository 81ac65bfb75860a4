"""Where an endpoint keeps its jobs, and how much they may ask for."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

DAY = 24 * 3600.0


class JobSettings(BaseModel):
    """Folder and bounds of jobs; every refusal names the number."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path = Field(
        description="Where jobs and their files are kept; every node that may run the endpoint sees it."
    )
    max_waiting: int = Field(64, ge=1, description="Jobs that may wait; more are answered 503.")
    max_per_caller: int = Field(8, ge=1, description="Jobs of one caller that may wait or be worked at.")
    max_results: int = Field(64, ge=1, description="Chains, pictures or images of one job.")
    max_pixels: int = Field(2**31, ge=1, description="Pixels of all images of a job, times their channels.")
    max_made: int = Field(2**24, ge=1, description="Pixels of one reconstruction or synthesis, which are in memory.")
    max_work: int = Field(
        2 * 10**11, ge=1, description="Trial moves, or pixels times steps, of all results of a job together."
    )
    max_bytes: float = Field(4e9, gt=0, description="Memory that a picture of a synthesis may take of its worker.")
    keep_s: float = Field(7 * DAY, gt=0, description="Seconds that files are kept after a job has ended.")
    lease_s: float = Field(10.0, gt=0, description="Seconds after which a job whose worker is silent goes to another.")
    max_deaths: int = Field(5, ge=1, description="Times that a job may take the endpoint down before it counts failed.")
    cpus: float = Field(1.0, gt=0, description="CPUs of a worker, where the cluster has no whole one to spare.")
