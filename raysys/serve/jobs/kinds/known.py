"""The kinds of jobs by name."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from raysys.serve.jobs.kinds.large_samples import large_samples
from raysys.serve.jobs.kinds.reconstructions import reconstruction
from raysys.serve.jobs.kinds.syntheses import synthesis
from raysys.serve.jobs.work import Surroundings, Work

# Kind -> its work, from a request and the folder with its uploads; raises RaysysError for one that cannot be granted.
KINDS: dict[str, Callable[[dict[str, Any], Path, Surroundings], Work]] = {
    "reconstructions": reconstruction,
    "syntheses": synthesis,
    "samples": large_samples,
}
