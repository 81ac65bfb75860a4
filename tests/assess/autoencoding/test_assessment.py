"""Assessments: saved, loaded, joined, summarised."""

import numpy as np
import pytest

from raysys import RaysysError
from raysys.assess.autoencoding import Assessment, Row


@pytest.fixture
def measured():
    values = {"grains": np.array([2.0, 4.0, np.nan]), "hallucinated": np.array([0.0, 1.0, 3.0])}
    original = {"grains": np.array([4.0, 4.0, 5.0]), "hallucinated": np.full(3, np.nan)}
    return Assessment(values, original, window=12)


def test_rows_are_medians_of_what_has_a_value(measured):
    rows = measured.summary()
    assert rows["grains"] == Row(3.0, 4.0, 0.75)
    assert (rows["hallucinated"].autoencoding, measured.n) == (1.0, 3)
    assert np.isnan([rows["hallucinated"].original, rows["hallucinated"].ratio]).all()


def test_a_ratio_to_nothing_has_no_value():
    row = Assessment({"grains": np.array([3.0])}, {"grains": np.array([0.0])}).summary()["grains"]
    assert np.isnan(row.ratio)


def test_parts_make_the_whole(measured):
    again = measured.subset([0]).joined([measured.subset([1]), measured.subset(np.array([2]))])
    assert (again.n, again.window) == (3, 12)
    for name in measured.values:
        np.testing.assert_array_equal(again.values[name], measured.values[name])
        np.testing.assert_array_equal(again.original[name], measured.original[name])


def test_what_was_measured_otherwise_is_not_joined(measured):
    other = Assessment(measured.values, measured.original, window=50)
    with pytest.raises(RaysysError, match="threshold or window"):
        measured.joined([other])


def test_a_file_gives_it_back(measured, tmp_path):
    measured.save(tmp_path / "a.npz")
    again = Assessment.load(tmp_path / "a.npz")
    assert (list(again.values), again.threshold, again.window) == (list(measured.values), 0.5, 12)
    for name in measured.values:
        np.testing.assert_array_equal(again.values[name], measured.values[name])
        np.testing.assert_array_equal(again.original[name], measured.original[name])


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04 nothing", "another"])
def test_another_file_is_refused(content, tmp_path):
    path = tmp_path / "a.npz"
    if content == "another":
        np.savez(path, description=np.array('{"format": "else"}'))
    elif content is not None:
        path.write_bytes(content)
    with pytest.raises(RaysysError, match=r"a\.npz: (no such file|not an assessment)"):
        Assessment.load(path)
