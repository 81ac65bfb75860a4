"""How much one request may ask for; an endpoint's operator sets it, and every refusal names the number."""

import math
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from raysys.serve.refused import RefusedError


class Limits(BaseModel):
    """Upper bounds per request; voxels count as pixels, and so does every channel of a colour or label image."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    max_n: int = Field(64, ge=1, description="Images per request.")
    max_tries: int = Field(256, ge=1, description="How often an image may be drawn until it passes a gate.")
    max_side: int = Field(4096, ge=1, description="Pixels along one axis of one image.")
    max_pixels: int = Field(2**22, ge=1, description="Pixels of one image, times its channels.")
    max_pixels_per_request: int = Field(
        2**24, ge=1, description="Pixels of all images of a request, times their channels."
    )
    max_pixels_streamed: int = Field(
        2**26, ge=1, description="Pixels of an npy that is drawn and sent in parts, times their channels."
    )
    max_upload_bytes: int = Field(16 * 2**20, ge=1, description="Bytes of a request's body.")
    max_upload_pages: int = Field(2**13, ge=1, description="Pages of an uploaded TIFF file.")
    max_queued: int = Field(64, ge=1, description="Requests that may wait for one model; more are answered 503.")
    max_requests: int = Field(256, ge=1, description="Requests on their way in all; more are answered 503.")
    max_requests_per_caller: int = Field(128, ge=1, description="Of one address on the network; more are answered 429.")
    body_s: float = Field(60.0, gt=0, description="Seconds until a body must have arrived; then 408 is answered.")
    decode_s: float = Field(20.0, gt=0, description="Seconds until an upload must be decoded.")
    timeout_s: float = Field(120.0, gt=0, description="Seconds until a request is answered 504.")

    def check(self, n: int, shape: Sequence[int], *, channels: int = 1, count: str = "n") -> int:
        """Return the pixels that `n` images of `shape` hold, times their channels.

        Parameters
        ----------
        n, shape
            Number of images, and pixels of each along every axis.
        channels
            In which networks see a pixel: 3 for colour, one for each phase of label images.
        count
            What sentences call the number of images.

        Raises
        ------
        RefusedError
            If the count, a side, one image or the request as a whole is over its limit.
        """
        # A network computes every channel, and memory and time go with them: a label image of 8 phases is 8 images.
        pixels = math.prod(shape) * channels
        size = " x ".join(map(str, shape))
        each = "pixels" if channels == 1 else f"pixels in {channels} channels"
        if n > self.max_n:
            raise RefusedError(f"{count} = {n} images were asked for; allowed here: 1 to {self.max_n} per request")
        if max(shape) > self.max_side:
            raise RefusedError(f"size {size} was asked for; allowed here: up to {self.max_side} pixels per side")
        if pixels > self.max_pixels:
            raise RefusedError(
                f"size {size} has {pixels // channels} {each}; allowed here: up to {self.max_pixels // channels} per "
                "image"
            )
        if n * pixels > self.max_pixels_per_request:
            raise RefusedError(
                f"{n} images of {size} have {n * pixels // channels} {each}; allowed here: up to "
                f"{self.max_pixels_per_request // channels} per request, that is {count} = "
                f"{self.max_pixels_per_request // pixels}"
            )
        return n * pixels

    def check_streamed(self, n: int, shape: Sequence[int], *, channels: int) -> None:
        """Let pass what is drawn and sent in parts; arguments and errors as of `check`."""
        whole = self.max_pixels_streamed
        self.model_copy(update={"max_pixels": whole, "max_pixels_per_request": whole}).check(
            n, shape, channels=channels
        )
