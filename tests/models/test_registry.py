"""Models in an MLflow store of their own: in, out by alias, version and run, and refusals."""

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest

from raysys import RaysysError
from raysys.models import load, registry, save_model
from raysys.models.pyfunc import Predictor
from raysys.stats import characterise


@pytest.fixture(scope="module")
def store(tmp_path_factory, two_models):
    """A database with two versions of the model "rock": the tests below read it."""
    folder = tmp_path_factory.mktemp("store")
    uri = f"sqlite:///{folder}/mlflow.db"
    for number, model in enumerate(two_models, 1):
        saved = save_model(folder / f"saved-{number}", model)
        version = registry.register(saved, "rock", tracking_uri=uri, tags={"number": str(number)})
        assert version == number
    return uri, two_models, folder


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)


def same(one, other):
    return np.array_equal(one.sample(2, seed=1, grey=True), other.sample(2, seed=1, grey=True))


@pytest.mark.parametrize(("reference", "number"), [("rock/1", 1), ("rock/2", 2), ("rock@champion", 2)])
def test_models_are_loaded_by_version_and_alias(store, reference, number):
    uri, models, _ = store
    assert same(load(f"models:/{reference}", tracking_uri=uri), models[number - 1])


def test_a_bare_name_is_the_champion_unless_a_folder_has_it(store, tmp_path):
    uri, models, _ = store
    assert same(load("rock", tracking_uri=uri), models[1])
    save_model(tmp_path / "rock", models[0])
    assert same(load("rock", tracking_uri=uri), models[0])
    with pytest.raises(RaysysError, match="MLflow has no model models:/stone@champion"):
        load("stone", tracking_uri=uri)


def test_an_alias_becomes_the_version_that_it_stands_for(store, tmp_path):
    uri, _, _ = store
    names = ("models:/rock@champion", "rock", "models:/rock/1", "runs:/1/model", "./here", "trained:gravel")
    located = [registry.located_model(name, tracking_uri=uri) for name in names]
    there = ["models:/rock/2", "models:/rock/2", "models:/rock/1", "runs:/1/model", str(tmp_path / "here"), names[-1]]
    assert located == there
    with pytest.raises(RaysysError, match="MLflow has no model models:/rock@best"):
        registry.located_model("models:/rock@best", tracking_uri=uri)


def test_models_are_loaded_from_their_run(store):
    uri, models, _ = store
    run_id = registry.describe("rock", tracking_uri=uri).versions[-1].run_id
    assert same(load(f"runs:/{run_id}/model", tracking_uri=uri), models[0])


def test_the_list_shows_aliases_and_versions(store):
    uri, _, _ = store
    (rock,) = registry.list_models(uri)
    assert rock == registry.describe("rock", tracking_uri=uri)
    assert (rock.name, rock.aliases) == ("rock", {"champion": 2})
    assert [version.version for version in rock.versions] == [2, 1]
    assert rock.versions[0].tags["number"] == "2"
    assert rock.versions[0].tags["architecture"] == "wgan-gp"


def test_artifacts_lie_beside_the_database_and_are_read_in_place(store):
    uri, _, folder = store
    assert registry.resolve("models:/rock/1", tracking_uri=uri).is_relative_to(folder / "mlartifacts")


def test_mlflow_itself_resolves_and_predicts(store, monkeypatch):
    uri, models, _ = store
    import mlflow
    import pandas as pd

    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    model = mlflow.pyfunc.load_model("models:/rock/1")
    np.testing.assert_array_equal(model.predict({"n": 2, "seed": 3}), models[0].sample(2, seed=3))
    requests = pd.DataFrame({"n": [2, 1], "seed": [3, 8], "size": [40, 40]})
    expected = np.concatenate([models[0].sample(2, seed=3, size=40), models[0].sample(1, seed=8, size=40)])
    np.testing.assert_array_equal(model.predict(requests), expected)
    assert (Path(mlflow.artifacts.download_artifacts("models:/rock@champion")) / "model.json").is_file()


def test_a_second_model_of_a_run_does_not_overwrite_the_first(tmp_path, store):
    _, models, _ = store
    uri = f"sqlite:///{tmp_path}/other.db"
    for model in models:
        saved = save_model(tmp_path / "saved", model)
        runs = registry.list_models(uri)[0].versions if model is models[1] else ()
        registry.register(saved, "rock", run_id=runs[0].run_id if runs else None, tracking_uri=uri)
    one, two = (registry.resolve(f"models:/rock/{version}", tracking_uri=uri) for version in (1, 2))
    assert (one.name, two.name) == ("model", "model-2")
    assert one.parent == two.parent
    assert same(load("models:/rock/1", tracking_uri=uri), models[0])


def test_the_alias_is_chosen_by_the_caller(tmp_path, store):
    _, models, _ = store
    uri = f"sqlite:///{tmp_path}/other.db"
    saved = save_model(tmp_path / "saved", models[0])
    for alias in ("challenger", None):
        registry.register(saved, "rock", tracking_uri=uri, alias=alias)
    assert registry.describe("rock", tracking_uri=uri).aliases == {"challenger": 1}


def test_default_location_is_a_database_in_the_working_directory(tmp_path, monkeypatch):
    assert registry.tracking_location() == f"sqlite:///{tmp_path}/mlflow.db"
    assert registry.tracking_location("sqlite:///a/b.db") == f"sqlite:///{tmp_path}/a/b.db"
    assert registry.tracking_location("sqlite:////a/b.db") == "sqlite:////a/b.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://host:5000")
    assert registry.tracking_location() == "http://host:5000"
    assert registry.tracking_location("postgresql://x/y") == "postgresql://x/y"


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("models:/nobody@champion", "nobody"),
        ("models:/rock@nobody", "nobody"),
        ("models:/rock/99", "99"),
        ("runs:/0123/model", "0123"),
        ("runs:/0123/../../etc", "artifact path '..' is not allowed"),
        ("models:/../../etc/1", "names no model"),
        ("models:/rock", "names no model"),
        ("models:/ro ck/1", "'ro ck' is not allowed"),
    ],
)
def test_unknown_names_are_one_sentence(store, uri, words):
    with pytest.raises(RaysysError, match=words) as caught:
        load(uri, tracking_uri=store[0])
    assert "\n" not in str(caught.value)


def test_nothing_is_made_where_nothing_is(tmp_path):
    for ask in (registry.list_models, lambda: load("models:/rock/1"), lambda: registry.describe("rock")):
        with pytest.raises(RaysysError, match=r"there is no MLflow database .*mlflow\.db"):
            ask()
    assert not list(tmp_path.iterdir())


def test_bad_registrations_are_refused(tmp_path, store):
    uri, _, folder = store
    for arguments, words in [
        ((folder / "saved-1", "../rock"), "model name '../rock' is not allowed"),
        ((tmp_path / "nothing", "rock"), "there is no model folder"),
        ((folder, "rock"), "no saved model"),
    ]:
        with pytest.raises(RaysysError, match=words):
            registry.register(*arguments, tracking_uri=uri)
    with pytest.raises(RaysysError, match="alias 'a b' is not allowed"):
        registry.register(folder / "saved-1", "rock", tracking_uri=uri, alias="a b")
    with pytest.raises(RaysysError, match="nonsense"):
        registry.register(folder / "saved-1", "rock", tracking_uri=uri, run_id="nonsense")
    assert len(registry.describe("rock", tracking_uri=uri).versions) == 2


@pytest.mark.parametrize("kind", ["closed", "silent", "broken"])
def test_a_server_that_is_down_is_told_within_seconds(kind, monkeypatch):
    monkeypatch.setattr(registry, "SECONDS_TO_ANSWER", 0.5)

    class Broken(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(503)

        def log_message(self, *_):
            pass

    if kind == "broken":
        server = HTTPServer(("127.0.0.1", 0), Broken)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        port, stop = server.server_port, lambda: (server.shutdown(), server.server_close())
    else:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        if kind == "silent":
            listener.listen()
        port, stop = listener.getsockname()[1], listener.close
    begin = time.monotonic()
    try:
        with pytest.raises(RaysysError, match=f"MLflow server.* at http://127.0.0.1:{port}"):
            load("models:/rock@champion", tracking_uri=f"http://127.0.0.1:{port}")
    finally:
        stop()
    assert time.monotonic() - begin < 30  # and not the minutes that MLflow itself would wait


@pytest.mark.parametrize("uri", ["./mlruns", "nonsense://x", "http://", "http://127.0.0.1:99999"])
def test_locations_that_mlflow_cannot_open_are_one_sentence(uri):
    with pytest.raises(RaysysError, match="MLflow"):
        registry.list_models(uri)


def test_opening_a_store_leaves_mlflows_globals_and_the_terminal_alone(tmp_path, caplog):
    import mlflow

    before = mlflow.get_tracking_uri()
    with caplog.at_level(logging.INFO):
        registry.tracking_client(f"sqlite:///{tmp_path}/new.db")
    assert mlflow.get_tracking_uri() == before
    assert not [record for record in caplog.records if record.name.startswith("alembic")]


def test_predictions_refuse_what_they_do_not_know(lattice_gan):
    predictor = Predictor(lattice_gan)
    with pytest.raises(RaysysError, match="names colour; allowed: n, seed"):
        predictor.predict({"colour": 1})
    with pytest.raises(RaysysError, match="one size"):
        predictor.predict([{"size": 16}, {"size": 24}])
    np.testing.assert_array_equal(predictor.predict([{}, {"seed": None}]), lattice_gan.sample(1).repeat(2, axis=0))
    with pytest.raises(RaysysError, match="not conditional"):
        predictor.predict({"condition": 0.2})
    assert predictor.predict({"size": np.array([16, 24])}, params={"n": 2}).shape == (2, 16, 24)


@pytest.fixture
def server(tmp_path):
    """An MLflow server that keeps artifacts to itself: clients see neither its disk nor its database."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += [
        "--backend-store-uri",
        f"sqlite:///{tmp_path}/server.db",
        "--artifacts-destination",
        str(tmp_path / "kept"),
    ]
    environment = os.environ | {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        uri = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 120
        while True:
            try:
                registry.tracking_client(uri)
                break
            except RaysysError:
                assert time.monotonic() < deadline, (tmp_path / "log").read_text()
                time.sleep(0.5)
        yield uri
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.mark.slow
def test_models_go_through_a_server(server, tmp_path, two_models):
    saved = save_model(tmp_path / "saved", two_models[0], reference=characterise(two_models[0].sample(4), ("S2",)))
    assert registry.register(saved, "rock", tracking_uri=server) == 1
    assert registry.register(saved, "rock", tracking_uri=server) == 2
    loaded = load("models:/rock@champion", tracking_uri=server)
    assert same(loaded, two_models[0])
    temporary = loaded._reference.parent
    assert loaded.reference.n == 4
    del loaded
    assert not temporary.exists()  # downloaded files go with their model
    with pytest.raises(RaysysError, match="nobody"):
        load("models:/nobody@champion", tracking_uri=server)
