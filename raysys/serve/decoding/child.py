"""The process that decodes uploads, one after the other, until its endpoint is gone."""

import os
import resource
import signal
import sys
from typing import BinaryIO

import numpy as np

from raysys.data.files.source import Choice
from raysys.serve.decoding.frames import read_frame, write_frame
from raysys.serve.limits import Limits
from raysys.serve.refused import RefusedError
from raysys.serve.uploads import decode_upload

BYTES_PER_PIXEL = 32  # of the largest image: as it is stored, as floats in three channels, and once more on the way
BESIDE = 2**30  # bytes for all else


def main() -> None:
    """Answer questions on standard input."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not come between answers
    write_frame(answers, {"ready": True})
    while True:
        try:
            _answer(questions, answers)
        except EOFError:
            return


def _answer(questions: BinaryIO, answers: BinaryIO) -> None:
    asked, data = read_frame(questions)
    limits, choice = Limits(**asked.pop("limits")), Choice(**asked.pop("choice"))
    largest = limits.max_pixels_per_request * BYTES_PER_PIXEL + BESIDE
    resource.setrlimit(resource.RLIMIT_DATA, (largest, resource.RLIM_INFINITY))
    # Were the endpoint killed while a decoder hangs, nobody would be left to end it.
    signal.setitimer(signal.ITIMER_REAL, 2 * limits.decode_s)
    try:
        images = np.ascontiguousarray(decode_upload(data, limits, choice=choice, **asked))
    except RefusedError as error:
        signal.setitimer(signal.ITIMER_REAL, 0)
        write_frame(answers, {"refused": list(error.args)})
        return
    signal.setitimer(signal.ITIMER_REAL, 0)
    write_frame(answers, {"dtype": images.dtype.str, "shape": images.shape}, images.data.cast("B"))


if __name__ == "__main__":
    main()
