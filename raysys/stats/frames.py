"""What is measured as tables of other packages: pandas' data frames, xarray's arrays, HTML for notebooks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from raysys.errors import RaysysError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

__all__ = ["array", "dataset", "frame", "html_table", "numbers_of"]


def frame(columns: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, index: str | None = None) -> pd.DataFrame:
    """A data frame of columns, or of rows of the same columns; `index` names the column that becomes its index.

    Raises
    ------
    RaysysError
        If pandas is not installed.
    """
    pandas = _installed("pandas", "to_frame")
    found = pandas.DataFrame(columns if isinstance(columns, Mapping) else list(columns))
    return found if index is None else found.set_index(index)


def array(
    name: str, values: np.ndarray, r: np.ndarray | None, attributes: Mapping[str, Any], unit: str = ""
) -> xr.DataArray:
    """Values (N,) of images, or (N, R) of images and lags.

    Raises
    ------
    RaysysError
        If xarray is not installed.
    """
    xarray = _installed("xarray", "to_xarray")
    dims = ("image",) if r is None else ("image", "r")
    coords = {"image": np.arange(len(values))} | ({} if r is None else {"r": ("r", r, {"units": "pixel"})})
    told = {**attributes, **({"units": unit} if unit else {})}
    return xarray.DataArray(values, dims=dims, coords=coords, name=name, attrs=told)


def dataset(arrays: Sequence[xr.DataArray], attributes: Mapping[str, Any]) -> xr.Dataset:
    """Arrays by name on all lags that any of them has, NaN where one has none."""
    xarray = _installed("xarray", "to_xarray")
    aligned = xarray.align(*arrays, join="outer")
    return xarray.Dataset({one.name: one for one in aligned}, attrs=dict(attributes))


def numbers_of(values: Sequence[float] | np.ndarray) -> str:
    """The first and the last of several numbers: "0 to 31"."""
    held = np.asarray(values)
    return f"{held[0]:g} to {held[-1]:g}" if len(held) > 1 else ", ".join(f"{one:g}" for one in held)


def html_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A small table for notebooks."""
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(f'<td>{_cell(one)}</td>' for one in row)}</tr>" for row in rows)
    return f"<b>{escape(title)}</b><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


def _installed(package: str, asked: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(package)
    except ImportError:
        raise RaysysError(
            f"{asked}() needs the package {package}, which is not installed: pip install {package}"
        ) from None
