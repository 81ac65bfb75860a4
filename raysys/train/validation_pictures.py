"""Pictures of a validation: images in a grid, and a set's curves over those of real images with their band."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from raysys.form import Form
from raysys.label_colours import label_colours
from raysys.stats import Characterisation, Curve, compare

LARGEST = 1024  # pixels of a grid along an axis; larger images are shown at every second, third, ... pixel
GAP = 2
PANEL = (300, 220)  # width and height of one descriptor's curves, pixels
MARGIN = (12, 26)  # of a panel: left and right, top and bottom
PAPER, INK, BAND, REAL, FOUND = (255, 255, 255), (60, 60, 60), (222, 222, 222), (110, 110, 110), (196, 60, 40)


def picture_of(form: Form, images: np.ndarray, columns: int) -> np.ndarray:
    """Images of a form in a grid: label images in colours, of volumes the middle slices."""
    if form.dims == 3:
        images = images[:, images.shape[1] // 2]
    if form.kind == "labels":
        images = label_colours(len(form.phases))[images] / np.float32(255)
    return grid(images, columns)


def grid(images: np.ndarray, columns: int) -> np.ndarray:
    """Images (N, H, W) or (N, H, W, 3) in [0, 1] in rows of `columns`: uint8, at most 1024 pixels along an axis."""
    rows = math.ceil(len(images) / columns)
    every = max(
        1, math.ceil(max(rows * images.shape[1], columns * images.shape[2]) / (LARGEST - GAP * max(rows, columns)))
    )
    small = np.round(images[:, ::every, ::every].astype(np.float32).clip(0, 1) * 255).astype(np.uint8)
    height, width = small.shape[1] + GAP, small.shape[2] + GAP
    picture = np.full((rows * height - GAP, columns * width - GAP, *small.shape[3:]), 128, dtype=np.uint8)
    for place, image in enumerate(small):
        top, left = place // columns * height, place % columns * width
        picture[top : top + small.shape[1], left : left + small.shape[2]] = image
    return picture


def curves_picture(reference: Characterisation, found: Characterisation) -> np.ndarray:
    """Mean curves of images over those of real ones with their 95 % band, a panel a descriptor: uint8 (H, W, 3)."""
    names, errors = list(reference.curves), compare(reference, found)
    real, made = reference.scaled(), found.scaled()
    columns = min(3, len(names))
    sheet = Image.new("RGB", (columns * PANEL[0], math.ceil(len(names) / columns) * PANEL[1]), PAPER)
    for place, name in enumerate(names):
        corner = (place % columns * PANEL[0], place // columns * PANEL[1])
        sheet.paste(_panel(f"{real[name].name}   MSE {errors[name]:.2e}", real[name], made[name]), corner)
    return np.asarray(sheet)


def _panel(title: str, real: Curve, made: Curve) -> Image.Image:
    panel = Image.new("RGB", PANEL, PAPER)
    draw = ImageDraw.Draw(panel)
    lower, upper = real.band
    everything = np.concatenate([real.mean, made.mean])
    shown = everything[np.isfinite(everything)]
    if len(shown):
        low, high = min(0.0, float(shown.min())), max(float(shown.max()), 1e-12)
        last = max(float(real.r.max()), 1.0)

        def points(r: np.ndarray, values: np.ndarray) -> list[tuple[float, float]]:
            kept = np.isfinite(values)
            x = MARGIN[0] + r[kept] / last * (PANEL[0] - 2 * MARGIN[0])
            height = (values[kept].clip(low, high) - low) / (high - low)
            return list(
                zip(x.tolist(), (PANEL[1] - MARGIN[1] - height * (PANEL[1] - 2 * MARGIN[1])).tolist(), strict=True)
            )

        outline = points(real.r, lower) + points(real.r, upper)[::-1]
        if len(outline) > 2:
            draw.polygon(outline, fill=BAND)
        _line(draw, points(real.r, np.zeros(len(real.r))), INK)
        _line(draw, points(real.r, real.mean), REAL)
        _line(draw, points(made.r, made.mean), FOUND)
    font = ImageFont.load_default()
    draw.text((MARGIN[0], 6), title, fill=INK, font=font)
    draw.text((MARGIN[0], PANEL[1] - 18), f"0 to {real.r.max():.0f} pixels; grey real, red made", fill=INK, font=font)
    return panel


def _line(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], colour: tuple[int, int, int]) -> None:
    for one, two in pairwise(points):
        draw.line([one, two], fill=colour, width=2)
