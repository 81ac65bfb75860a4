"""Results as data frames, as xarray's arrays, in one line and as HTML."""

import sys

import numpy as np
import pytest

from raysys import RaysysError
from raysys.data import gaussian_random_field
from raysys.models import load
from raysys.models.shipped import trained_folder
from raysys.stats import Characterisation, characterise


@pytest.fixture(scope="module")
def measured() -> Characterisation:
    images = gaussian_random_field((24, 32), correlation_length=2.0, phase_fraction=0.4, seed=0, n=3)
    return characterise(images, ("S2", "P4", "specific_surface"), r_max=9)


def test_a_frame_has_the_numbers_of_the_rows(measured: Characterisation):
    curve = measured.curves["S2"]
    frame = curve.to_frame()
    assert list(frame.index) == list(curve.r)
    np.testing.assert_array_equal(frame["mean"], curve.mean)
    np.testing.assert_array_equal(frame[["lower", "upper"]].T, curve.band)
    whole = measured.to_frame()
    for column in ("descriptor", "mean", "upper", "unit", "protocol"):
        assert list(whole[column]) == [row[column] for row in measured.rows()]
    surface = whole[whole.descriptor == "specific_surface"]
    assert list(surface["mean"]) == [measured.scalars["specific_surface"].mean]


def test_an_array_has_every_image(measured: Characterisation):
    curve = measured.curves["P4"]
    array = curve.to_xarray()
    np.testing.assert_array_equal(array.sel(r=2, image=1), curve.values[1, list(curve.r).index(2)])
    found = measured.to_xarray()
    assert set(found.data_vars) == {"S2", "P4", "specific_surface", "phase_fraction"}
    for name, one in measured.curves.items():
        np.testing.assert_array_equal(found[name].sel(r=one.r), one.values)
    assert found["specific_surface"].attrs["units"] == "1/pixel"
    np.testing.assert_array_equal(found["phase_fraction"], measured.phase_fractions)


def test_without_the_package_one_sentence_says_so(measured: Characterisation, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "xarray", None)  # what Python does for a package that cannot be imported
    monkeypatch.setitem(sys.modules, "pandas", None)
    for asked, package in ((measured.to_xarray, "xarray"), (measured.curves["S2"].to_frame, "pandas")):
        with pytest.raises(RaysysError, match=rf"needs the package {package}, which is not installed: pip install"):
            asked()


def test_one_line_says_what_it_is(measured: Characterisation):
    assert repr(measured.curves["S2"]) == "<Curve S2: 3 images, 10 lags, 0 to 9 pixels, phase 1, open>"
    assert repr(measured) == "<Characterisation of 3 images of 24 x 32, fraction 0.3997: S2, P4, specific_surface>"
    for one in (measured, measured.curves["S2"]):
        html = one._repr_html_()
        assert html.count("<table>") == html.count("</table>") == 1
    assert f"{measured.scalars['specific_surface'].mean:.4g}" in measured._repr_html_()


def test_a_model_tells_of_its_images():
    model = load(trained_folder("trained:gravel"))
    assert repr(model).startswith("<GanModel gravel: wgan-gp of binary images of 64 x 64 pixels, ")
    assert "descriptor_error" in model._repr_html_()
    reference = model.reference
    assert reference is not None
    assert list(model.to_frame()["mean"]) == [row["mean"] for row in reference.rows()]
