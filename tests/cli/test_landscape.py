"""The landscape command: counts, verdicts, twins, the page."""

from collections.abc import Callable
from pathlib import Path

from typer.testing import Result

Run = Callable[..., Result]


def test_it_prints_counts_verdicts_and_twins_and_writes_the_page(raysys: Run, tmp_path: Path):
    page = tmp_path / "landscape.html"
    size = ("--size", "64", "--radius", "5", "--radius", "6", "--steps", "21", "--crop", "16")
    result = raysys("landscape", "--seeds", "3", *size, "--pairing", "index", "--report", str(page))
    assert result.exit_code == 0, result.stderr
    assert "mean over 3 seeds" in result.stdout
    assert "CESS 16x16" in result.stdout
    verdicts = [line.split(":")[0] for line in result.stdout.splitlines() if line.startswith(("CONF", "NOT"))]
    assert len(verdicts) == 6
    assert set(verdicts) <= {"CONFIRMED", "CONFIRMED IN PART", "NOT CONFIRMED"}
    assert result.stdout.count("same statistics, different image") == 3
    written = page.read_text(encoding="utf-8")
    for part in ("What is confirmed and what is not", "idealised fine-tuning", "r = 6, paired by index", "descent"):
        assert part in written


def test_what_cannot_be_placed_is_told(raysys: Run):
    result = raysys("landscape", "--size", "64", "--radius", "30", "--crop", "16")
    assert result.exit_code == 2
    assert "find no place" in result.stderr
