"""Recipes: the shipped ones load, overrides reach their field, and a sweep's space is checked before it is used."""

from pathlib import Path

import pytest

from raysys.errors import RaysysError
from raysys.train import load_recipe, recipe_names
from raysys.train.folders import interrupted_folder, new_folder, note, write_recipe


@pytest.mark.parametrize("name", recipe_names())
def test_a_shipped_recipe_loads_and_its_space_fits_it(name: str):
    recipe = load_recipe(name)
    for field, dimension in recipe.sweep.space.items():
        values = dimension.values if dimension.kind == "choice" else [dimension.low, dimension.high]
        for value in values:
            assert recipe.with_values({field: value}).name == recipe.name
    for point in recipe.sweep.start:
        recipe.with_values(point)


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
