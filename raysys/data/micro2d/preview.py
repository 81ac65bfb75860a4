"""A sheet of a few images of each class, one row a class."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from raysys.data.micro2d.loading import Micro2D
from raysys.files import written_aside

MARGIN, GAP, LINE, GREY = 8, 4, 20, 128  # pixels, and the sheet's ground


def write_sheet(path: str | Path, data: Micro2D, columns: int = 8) -> int:
    """Write the first images of each class as a PNG file, phase 1 in white; returns how many a row has at most."""
    columns = min(columns, max(data.counts.values()))
    height, width = data.shape
    rows = len(data.classes)
    sheet = Image.new("L", (2 * MARGIN + columns * (width + GAP), 2 * MARGIN + rows * (height + GAP + LINE)), GREY)
    pen = ImageDraw.Draw(sheet)
    for row, name in enumerate(data.classes):
        top = MARGIN + row * (height + GAP + LINE)
        pen.text((MARGIN, top), name, fill=255)
        for column, image in enumerate(data[name, : min(columns, data.counts[name])]):
            sheet.paste(Image.fromarray(image * np.uint8(255)), (MARGIN + column * (width + GAP), top + LINE))
    with written_aside(path) as aside:
        sheet.save(aside, "png")
    return columns
