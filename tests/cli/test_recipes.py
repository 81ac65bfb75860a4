"""`raysys recipes`, and what the shell offers for a word that is begun."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from typer.testing import Result

from raysys.cli.parts.completion import models
from raysys.cli.parts.completion import recipes as offered
from raysys.train import load_recipe, recipe_names
from raysys.train.recipe_fields import recipe_fields, section_names

Run = Callable[..., Result]


def test_all_recipes_are_listed_with_a_sentence(raysys: Run):
    lines = raysys("recipes", "list").stdout.splitlines()
    for name in recipe_names():
        row = next(line for line in lines if line.startswith(f"│ {name} "))
        assert len(row.split("│")[4].split()) >= 4


def test_what_is_shown_is_a_recipe_with_every_field(raysys: Run, tmp_path: Path):
    shown = raysys("recipes", "show", "gravel", "--set", "training.steps=7").stdout
    (tmp_path / "mine.yaml").write_text(shown)
    assert load_recipe(tmp_path / "mine.yaml") == load_recipe("gravel", ["training.steps=7"])
    assert set(yaml.safe_load(shown)["scaling"]) == {field.name for field in recipe_fields("scaling")}


@pytest.mark.parametrize("section", section_names())
def test_every_field_has_a_meaning_and_says_what_is_allowed(section: str):
    for field in recipe_fields(section):
        assert field.meaning, field.name
        assert field.allowed not in ("", "anything"), field.name


def test_ranges_are_those_of_the_settings(raysys: Run, refused: Callable[..., str]):
    fields = {field.name: field for field in recipe_fields("system.wgan-gp")}
    assert fields["beta1"].allowed == "number, >= 0, < 1"
    assert (fields["width"].allowed, fields["width"].default) == ("whole number, >= 1, <= 512", "32")
    assert fields["latent"].allowed == "lattice, vector"
    assert {field.name for field in recipe_fields("recipe")} == {"name", "storage"}
    assert "by default" in raysys("recipes", "schema", "training").stdout
    assert "allowed: recipe, data.micrograph" in refused("recipes", "schema", "trainning")


def test_recipes_and_models_are_completed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tracking_uri: str):
    (tmp_path / "gravel-mine.yaml").touch()
    (tmp_path / "grains").mkdir()
    monkeypatch.chdir(tmp_path)
    assert offered("gra") == ["gravel", "grains/", "gravel-mine.yaml"]
    assert models("trained:p") == ["trained:pores"]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", tracking_uri)
    assert "tiny" in models("t")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/none.db")
    assert models("ti") == []


def test_the_shell_asks_and_is_answered(tmp_path: Path):
    asked = {"_RAYSYS_COMPLETE": "complete_bash", "COMP_WORDS": "raysys train grav", "COMP_CWORD": "2"}
    code = "from raysys.cli import main; main()"
    ended = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | asked, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout.split() == ["gravel"], ended.stderr
