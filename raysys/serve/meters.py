"""What the endpoint counts, in Prometheus' format at `/metrics`: requests, images, pixels, and where time goes.

Serve's own series (queues, replicas, latencies of handles) are at each node's metrics port, as Ray's are.
"""

import math
from collections.abc import Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 120)
MEDIA = "text/plain; version=0.0.4; charset=utf-8"


class Meters:
    """The counters of one gate; a scraper adds up those of several."""

    def __init__(self) -> None:
        # Of our own: the library's global one would have the series of Ray's processes among ours.
        self.registry = CollectorRegistry()
        asked = ("route", "method", "status", "model")
        self.requests = self._counter("requests", "Requests answered, by route and status.", *asked)
        self.seconds = Histogram(
            "raysys_request_seconds", "From the first byte to the last.", ["route"], registry=self.registry,
            buckets=SECONDS,
        )  # fmt: skip
        self.images = self._counter("images_drawn", "Images that answers hold.", "model")
        self.pixels = self._counter("pixels_drawn", "Their pixels or voxels.", "model")
        self.stages = self._counter("stage_seconds", "Where time goes: draw, measure, encode.", "model", "stage")
        self.tries = self._counter("gate_tries", "Images drawn to pass a gate, passed or not.", "model")
        self.unchanged = self._counter("not_modified", "Answers that the caller had already (304).", "model")

    def page(self) -> bytes:
        """All series, as a scraper reads them."""
        return generate_latest(self.registry)

    def count_drawn(
        self, model: str, images: int, shape: Sequence[int], tries: int | None, seconds: Mapping[str, float]
    ) -> None:
        """Count an answer of so many images of a shape, and the seconds of its stages."""
        self.images.labels(model).inc(images)
        self.pixels.labels(model).inc(images * math.prod(shape))
        if tries is not None:
            self.tries.labels(model).inc(tries)
        for stage, time in seconds.items():
            self.stages.labels(model, stage).inc(time)

    def _counter(self, name: str, about: str, *labels: str) -> Counter:
        return Counter(f"raysys_{name}_total", about, labels, registry=self.registry)
