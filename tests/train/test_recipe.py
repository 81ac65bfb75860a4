"""Recipes: the shipped ones load, overrides reach their field, and a sweep's space is checked before it is used."""

import os
from pathlib import Path

import pytest
from support.kinds import data_of
from support.walking import WALKS

from raysys.data.files.reading import read_images
from raysys.errors import RaysysError
from raysys.farm import holdings
from raysys.train import load_recipe, recipe_names
from raysys.train.folders import interrupted_folder, new_folder, note, write_recipe
from raysys.train.loop import run_training
from raysys.train.metrics import HOPELESS, OBJECTIVE
from raysys.train.session import LocalSession


@pytest.mark.parametrize("name", recipe_names())
def test_a_shipped_recipe_loads_and_its_space_fits_it(name: str):
    recipe = load_recipe(name)
    for field, dimension in recipe.sweep.space.items():
        values = dimension.values if dimension.kind == "choice" else [dimension.low, dimension.high]
        for value in values:
            assert recipe.with_values({field: value}).name == recipe.name
    for point in recipe.sweep.start:
        recipe.with_values(point)


SMALL = ["data.tile=16", "data.downscale=1", "system.width=4", "training.steps=2", "training.batch=4"]
# Recipes of colours, phases and volumes; of what kind the images in the file are where a user gives her own.
OF_KINDS = {
    "wgan-gp-colour": None,
    "autoencoder-colour": None,
    "wgan-gp-volume": "volume",
    "autoencoder-volume": "volume",
    "wgan-gp-phases": "phases",
}


@pytest.mark.parametrize("name", OF_KINDS)
def test_a_shipped_recipe_of_colours_phases_or_volumes_trains(name: str, tmp_path: Path):
    kind = OF_KINDS[name]
    fields = {"stride": 64} if kind is None else data_of(kind, tmp_path) | {"stride": 16}
    fields = {field: value for field, value in fields.items() if field != "tile"} | (
        {"phase": 1} if kind == "volume" else {}
    )
    more = [f"data.{field}={value}" for field, value in fields.items()] + ["training.validation_images=8"]
    progress = run_training(load_recipe(name, SMALL + more), LocalSession(tmp_path / "run"))
    assert progress.step == 2
    assert 0 < progress.metrics[OBJECTIVE] <= HOPELESS


def test_a_recipe_survives_being_written(tmp_path: Path):
    recipe = load_recipe("gravel", ["training.steps=7"])
    write_recipe(recipe, tmp_path / "again.yaml")
    assert load_recipe(tmp_path / "again.yaml") == recipe


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("system.learning_rate=1e-4", ("system", "learning_rate"), 1e-4),
        ("data.downscale=4", ("data", "downscale"), 4),
        ("sweep.launch=ray-train", ("sweep", "launch"), "ray-train"),
        ("tracking.uri=null", ("tracking", "uri"), None),
    ],
)
def test_an_override_reaches_its_field(override: str, path: tuple[str, str], value: object):
    assert getattr(getattr(load_recipe("gravel", [override]), path[0]), path[1]) == value


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["sweep.space={system.width: {kind: integer, low: 8, high: 4}}", "sweep.start=[]"], "low .8.* must be below"),
        (["sweep.space={system.width: {kind: sometimes}}"], "sweep.space.*sometimes"),
        (["sweep.space={a: {kind: uniform, low: 0, high: 1, when: {b: 1}}}", "sweep.start=[]"], "must come before it"),
        (["sweep.start=[{system.tile: 3}]"], "is not in the space"),
        (["training.batch=5", "scaling.workers=2"], "must be a multiple of scaling.workers"),
        (["name=../elsewhere"], "field name"),
    ],
)
def test_a_contradictory_recipe_is_refused(overrides: list[str], expected: str):
    with pytest.raises(RaysysError, match=expected):
        load_recipe("gravel", overrides)


def test_a_run_is_resumed_with_the_same_recipe_only(tiny):
    recipe = tiny()
    folder = new_folder(recipe, "train")
    note(folder, run_id="abc")
    longer = recipe.with_values({"training.steps": 99})
    assert interrupted_folder(longer, "train", may_differ=("training.steps",)) == folder
    other = recipe.with_values({"system.width": 8})
    with pytest.raises(RaysysError, match=r"system.width was 4 when .* and is 8 now"):
        interrupted_folder(other, "train", may_differ=("training.steps",))


def test_a_section_that_stands_twice_is_refused_with_both_lines(tmp_path: Path):
    path = tmp_path / "twice.yaml"
    path.write_text("name: twice\nextends: gravel\nsystem:\n  learning_rate: 5e-4\n# later\nsystem:\n  width: 8\n")
    with pytest.raises(RaysysError, match=r"twice.yaml: .*system stands in line 3 and again in line 6"):
        load_recipe(path)
    with pytest.raises(RaysysError, match="not valid YAML"):
        load_recipe("gravel", ["sweep.space={a: 1, a: 2}"])


def test_a_key_may_be_that_of_another_mapping(tmp_path: Path):
    path = tmp_path / "shared.yaml"
    path.write_text("extends: gravel\nsystem: &one {width: 8}\nname: shared\ntraining:\n  steps: 3\n")
    assert load_recipe(path).system.width == 8


@pytest.mark.parametrize(
    ("field", "value"),
    [("storage", "s3://bucket/runs"), ("data.images", "file:///data/a.tif"), ("data.images", "https://a.org/b.png")],
)
def test_an_address_is_no_path(field: str, value: str):
    with pytest.raises(RaysysError, match=f"field {field}: {value} is an address.*; allowed: "):
        load_recipe("gravel", [f"{field}={value}"])


def test_masks_and_files_of_classes_are_paths_too():
    with pytest.raises(RaysysError, match=r"field data.masks: s3://b/m is an address"):
        load_recipe("unet-small", ["data.images=scans", "data.masks=s3://b/m"])
    with pytest.raises(RaysysError, match=r"field data.images: gs://b/d.h5 is an address"):
        load_recipe("cess-mse", ["data.images=gs://b/d.h5"])


def test_what_unfolds_without_end_is_refused_at_once(tmp_path: Path):
    for number in range(30):
        (tmp_path / f"{number}.yaml").write_text(f"extends: {number + 1}.yaml\n")
    with pytest.raises(
        RaysysError, match=r"0\.yaml: extends more than 20 recipes, one upon the other; put some together"
    ):
        load_recipe(tmp_path / "0.yaml")
    bomb = tmp_path / "bomb.yaml"
    bomb.write_text("name: a\ndata: " + "[" * 100 + "]" * 100)
    with pytest.raises(RaysysError, match=r"bomb\.yaml: not valid YAML \(line 2: nested more than 50 deep\)"):
        load_recipe(bomb)


def test_a_pipe_is_no_recipe_and_no_image(tmp_path: Path):
    """Nobody ever writes to it: who opened it would wait for ever."""
    for name in ("recipe.yaml", "image.png", "farm.npz"):
        os.mkfifo(tmp_path / name)
    for read in (
        lambda: load_recipe(tmp_path / "recipe.yaml"),
        lambda: read_images(tmp_path / "image.png"),
        lambda: holdings(tmp_path, WALKS),
    ):
        with pytest.raises(RaysysError, match="is a pipe, a socket or a device; allowed: a file on a disk"):
            read()
