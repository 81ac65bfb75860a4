"""`raysys anneal` of flat sections: a volume, its pixel size, and its slices beside the sections."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from typer.testing import Result

from raysys.anneal import Schedule, Target, anneal
from raysys.data import read_images, write_images
from raysys.spacing import Spacing

SMALL = ("--r-max", 4, "--stages", 3, "--moves", 100, "--chains", 1, "--no-track")
SCHEDULE = Schedule(stages=3, moves=100)


@pytest.fixture
def sections(raysys: Callable[..., Result], fields: np.ndarray) -> list[np.ndarray]:
    """xy.tif, xz.tif and yz.tif, of pixels half as long along y as along x."""
    sizes = {"xy": (0.5, 1.0), "xz": (2.0, 1.0), "yz": (2.0, 0.5)}
    for number, (name, size) in enumerate(sizes.items()):
        write_images(f"{name}.tif", fields[number][None], spacing=Spacing(size, "um"))
    write_images("section.tif", fields[:1], spacing=Spacing((0.5, 0.5), "um"))
    write_images("bare.png", fields[:1])
    return list(fields[:3])


@pytest.mark.usefixtures("ray")
def test_a_section_becomes_a_volume_of_its_pixel_size(raysys: Callable[..., Result], sections: list[np.ndarray]):
    options = ("--dims", 3, "--shape", 10, 12, 14, *SMALL, "--target", "S2,P4", "--report", "page.html")
    result = raysys("anneal", "section.tif", *options, "--out", "farm")
    assert result.exit_code == 0, result.output
    target = Target.from_sections(sections[:1], ("S2", "P4"), r_max=4)
    expected = anneal(target, (10, 12, 14), seed=0, schedule=SCHEDULE)
    np.testing.assert_array_equal(read_images("farm/volumes/000000.tif") // 255, expected.image)
    assert "pixels of 0.5 um" in raysys("stats", "farm/volumes/000000.tif", "--dims", 3).output
    for axis in range(3):
        assert f"slices across axis {axis}" in " ".join(result.stdout.split())
    page = Path("page.html").read_text()
    assert "slices of the volumes in all three directions" in page
    assert "normal to axis 2" in page
    held = Target.from_csv("farm/target.csv")
    assert [term.label for term in held.terms] == [term.label for term in target.terms]
    assert "go on: 1 ended" in " ".join(raysys("anneal", "section.tif", *options, "--out", "farm").stderr.split())


@pytest.mark.usefixtures("ray")
def test_three_sections_become_a_volume_with_a_pixel_size_for_each_axis(
    raysys: Callable[..., Result], sections: list[np.ndarray]
):
    command = ("anneal", "--sections", "xy.tif", "xz.tif", "yz.tif", "--shape", 8, 10, 12, *SMALL, "--out", "farm")
    result = raysys(*command)
    assert result.exit_code == 0, result.output
    expected = anneal(Target.from_sections(sections, r_max=4), (8, 10, 12), seed=0, schedule=SCHEDULE)
    assert expected.image.shape == (8, 10, 12)
    np.testing.assert_array_equal(read_images("farm/volumes/000000.tif") // 255, expected.image)
    assert "2 x 0.5 x 1 um" in raysys("stats", "farm/volumes/000000.tif", "--dims", 3).output


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (("bare.png", "--dims", 3), "no --shape, and a section does not say how deep its volume is"),
        (("bare.png", "--dims", 3, "--shape", 12, 12), "--shape 12 x 12, and a section does not say how deep"),
        (("bare.png", "--dims", 3, "--shape", 12, 12, 12, "--target", "surface"), "surface of a volume from sections"),
        (("xz.tif", "--dims", 3, "--shape", 12, 12, 12), "the pixels of xz.tif are 2 x 1 um, and a volume that is"),
        (
            ("--sections", "xy.tif", "section.tif", "yz.tif", "--shape", 12, 12, 12),
            "yz.tif, along axis 0 of the volume, has pixels of 2 um, and section.tif, along axis 0",
        ),
        (
            ("--sections", "xy.tif", "xz.tif", "yz.tif", "--shape", 12, 12, 12, "--target", "P4"),
            "P4 takes them for equally long along every axis",
        ),
        (("bare.png", "--sections", "xy.tif", "xz.tif", "yz.tif"), "--sections take the place of IMAGE"),
        (("bare.png", "--dims", 3, "--shape", 8, 8, 8, "--hole", "bare.png"), "--hole is of the image itself"),
    ],
)
@pytest.mark.usefixtures("sections")
def test_what_sections_do_not_say_is_asked_for(refused: Callable[..., str], options: tuple, expected: str):
    assert expected in refused("anneal", "--out", "farm", *options)


@pytest.mark.usefixtures("sections")
def test_sections_of_other_phase_fractions_are_refused(refused: Callable[..., str], tmp_path: Path):
    write_images(tmp_path / "full.png", 1 - read_images("bare.png")[None] // 255)
    said = refused("anneal", "--sections", "bare.png", "full.png", "bare.png", "--shape", 12, 12, 12, "--out", "farm")
    assert "the sections have 0.5996, 0.4004, 0.5996 of phase 0" in said


@pytest.mark.usefixtures("ray")
def test_known_voxels_of_a_volume_from_sections_stay(raysys: Callable[..., Result], sections: list[np.ndarray]):
    known = (np.random.default_rng(0).random((8, 10, 12)) < np.mean(sections)).astype(np.uint8)
    mask = np.zeros_like(known)
    mask[2:6, 3:7, 4:8] = 1
    write_images("known.tif", known[None])
    np.save("mask.npy", mask)
    result = raysys("anneal", "--sections", "xy.tif", "xz.tif", "yz.tif", "--known", "known.tif", "--mask", "mask.npy",
                    *SMALL, "--out", "farm")  # fmt: skip
    assert result.exit_code == 0, result.output
    made = read_images("farm/volumes/000000.tif") // 255
    np.testing.assert_array_equal(made[mask == 0], known[mask == 0])
