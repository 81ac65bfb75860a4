"""What users call models, and what models are called where no other name was given."""

from pathlib import Path

import pytest

from raysys.models.naming import called, current, is_folder, model_uri
from raysys.models.registry import Registered, Version


@pytest.mark.parametrize(
    ("uri", "name"),
    [
        ("trained:gravel", "gravel"),
        ("models:/rock/3", "rock"),
        ("models:/rock@champion", "rock"),
        ("rock", "rock"),
        ("runs/gravel/train-001/model", "model"),
        ("/data/out/", "out"),
    ],
)
def test_a_model_is_called_by_its_own_name(uri: str, name: str):
    assert called(uri) == name


@pytest.mark.parametrize("name", ["models:/rock/3", "runs:/5f2/model", "trained:pores", "runs/rock/model", "./rock"])
def test_what_says_where_it_is_stays_as_it_is(name: str):
    assert model_uri(name) == name


def test_a_bare_name_is_a_champion_unless_a_folder_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert model_uri("rock") == "models:/rock@champion"
    assert not is_folder("rock")
    (tmp_path / "rock").mkdir()
    assert model_uri("rock") == "rock"
    assert is_folder("rock")


def test_a_file_is_no_models_folder_and_no_scheme_is_a_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rock").write_text("")
    assert not is_folder("rock")
    assert not is_folder("models:/rock/3")
    assert is_folder("other/rock")  # which is then said to be missing, and not looked for in the registry


def test_the_current_version_is_the_champion_or_else_the_newest():
    versions = tuple(Version(number, "2026-11-30", None, {}) for number in (4, 3))
    assert current(Registered("rock", {"champion": 3}, versions)) == "models:/rock@champion"
    assert current(Registered("rock", {"retired": 3}, versions)) == "models:/rock/4"
