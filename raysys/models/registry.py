"""Models in MLflow: where its store is, which models it has, how one gets in and out again.

MLflow is imported when a function needs it, and its global settings are left alone: every call names its store.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from raysys.cache import is_writable
from raysys.errors import RaysysError
from raysys.files import alone_in
from raysys.local_paths import local_path
from raysys.models.card import check_name, read_card
from raysys.models.naming import model_uri
from raysys.models.patience import PatientClient, patiently
from raysys.models.saved import CARD, check_folder
from raysys.models.shipped import SCHEME, SCHEMES, trained_folder

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

DATABASE, ARTIFACTS, EXPERIMENT = "mlflow.db", "mlartifacts", "models"
SQLITE = "sqlite:///"
SECONDS_TO_ANSWER = 5
ANSWERED: set[str] = set()  # servers that this process has reached; it waits for them where another is refused at once
PIXEL_SIZE = "pixel_size"  # tag of a version: how far apart the pixels of its images are, in words
# `raysys.models.patience` tries again, and not MLflow, whose retries make runs twice; its bars would cross ours.
ENVIRONMENT = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "30",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}
MODEL_URI = re.compile(r"models:/(?P<name>[^/@]+)(?:@(?P<alias>[^/@]+)|/(?P<version>\d+))")
RUN_URI = re.compile(r"runs:/(?P<run>[^/]+)/(?P<path>.+)")
MEANS_MORE = re.compile(r"\?|%[0-9A-Fa-f]{2}")  # in a database's address: what follows are options; a coded letter


@dataclass(frozen=True)
class Version:
    """One version of a registered model."""

    version: int
    created: str
    run_id: str | None
    tags: dict[str, str]


@dataclass(frozen=True)
class Registered:
    """A registered model: its aliases and its versions, the newest first."""

    name: str
    aliases: dict[str, int]
    versions: tuple[Version, ...]


def tracking_location(tracking_uri: str | None = None) -> str:
    """Where MLflow keeps its records.

    Parameters
    ----------
    tracking_uri
        None takes the environment variable MLFLOW_TRACKING_URI, or else `mlflow.db` in the working directory.

    Returns
    -------
    str
        The same from whatever working directory: paths of SQLite databases are made absolute.

    Raises
    ------
    RaysysError
        If the working directory has a name that cannot stand in such an address.
    """
    uri = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI") or SQLITE + DATABASE
    if not uri.startswith(SQLITE):
        return uri
    if not Path(uri.removeprefix(SQLITE)).is_absolute() and (sign := MEANS_MORE.search(str(Path.cwd()))):
        raise RaysysError(
            f"the folder {Path.cwd()} has {sign[0]!r} in its name, which means something else in the address of "
            "MLflow's database; rename it, work in another, or name another place for MLflow (tracking.uri in a "
            "recipe, --tracking-uri, or MLFLOW_TRACKING_URI)"
        )
    return SQLITE + str(_database(uri))


def nothing_tracked(tracking_uri: str | None = None) -> bool:
    """Whether nothing was ever tracked here: no location is named, and the embedded database is not there yet."""
    named = tracking_uri or os.environ.get("MLFLOW_TRACKING_URI")
    return not named and not _database(SQLITE + DATABASE).is_file()


def tracking_client(
    tracking_uri: str | None = None, *, existing: bool = False, begun: bool = False, seconds: float | None = None
) -> MlflowClient:
    """MLflow's client for a tracking location, after a look whether anything answers there.

    Parameters
    ----------
    tracking_uri
        See `tracking_location`.
    existing
        Refuse a SQLite database that is not there yet, rather than make it.
    begun
        Something is under way that a server has known of: one that does not answer now is waited for.
    seconds
        How long each call waits for a store that is away; ten minutes by default.

    Raises
    ------
    RaysysError
        If no server answers within seconds, or the location cannot be opened.
    """
    uri = tracking_location(tracking_uri)
    if uri.startswith(("http://", "https://")) and not begun and uri not in ANSWERED:
        _look_for_server(uri)
        ANSWERED.add(uri)
    elif uri.startswith(SQLITE):
        _look_for_database(_database(uri), existing)
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    from mlflow.tracking import MlflowClient

    logging.getLogger("alembic").setLevel(logging.WARNING)  # dozens of lines when a database is made
    logging.getLogger("mlflow.store.db.utils").setLevel(logging.CRITICAL)  # the traces of errors that it raises too
    with _in_our_words(f"MLflow cannot open {uri}"), ExitStack() as stack:
        if uri.startswith(SQLITE):  # several processes at once would each make the tables
            stack.enter_context(alone_in(_database(uri).parent))
        return cast("MlflowClient", PatientClient(patiently(MlflowClient, tracking_uri=uri, registry_uri=uri), seconds))


def experiment_named(client: MlflowClient, name: str) -> str:
    """The id of the experiment of that name, made if it is new.

    An embedded database keeps its artifacts in the folder `mlartifacts` beside it.

    Raises
    ------
    RaysysError
        If the experiment was deleted; its name stays taken until it is restored or removed for good.
    """
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        uri = client.tracking_uri
        location = (_database(uri).parent / ARTIFACTS).as_uri() if uri.startswith(SQLITE) else None
        try:
            return str(client.create_experiment(name, artifact_location=location))
        except MlflowException:  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        raise RaysysError(
            f"the MLflow experiment {name!r} lies in MLflow's trash; restore it (MLFLOW_TRACKING_URI="
            f"{client.tracking_uri} mlflow experiments restore --experiment-id {found.experiment_id}), or name another "
            "(tracking.experiment in a recipe, or --experiment)"
        )
    return str(found.experiment_id)


def list_models(tracking_uri: str | None = None) -> list[Registered]:
    """All registered models, by name."""
    client = tracking_client(tracking_uri, existing=True)
    with _in_our_words("MLflow cannot list its models"):
        models = _all_pages(client.search_registered_models)
        return [_registered(client, model) for model in sorted(models, key=lambda model: str(model.name))]


def describe(name: str, *, tracking_uri: str | None = None) -> Registered:
    """One registered model; RaysysError if there is none of that name."""
    check_name(name)
    client = tracking_client(tracking_uri, existing=True)
    with _in_our_words(f"MLflow has no model {name!r}"):
        return _registered(client, client.get_registered_model(name))


def register(
    folder: str | Path,
    name: str,
    *,
    run_id: str | None = None,
    tracking_uri: str | None = None,
    alias: str | None = "champion",
    tags: dict[str, str] | None = None,
) -> int:
    """Add a saved model to a run's artifacts and make it a version of a registered model.

    Parameters
    ----------
    folder
        Of a saved model.
    name
        Of the registered model, made if it is new.
    run_id
        Run that receives the folder as `model` (`model-2`, ... if it has one already); by default a new run.
    tracking_uri
        See `tracking_location`.
    alias
        Moved to the new version; None leaves aliases alone.
    tags
        Of the new version.

    Returns
    -------
    int
        The version: the model is now `models:/NAME/VERSION` and `models:/NAME@ALIAS`.

    Raises
    ------
    RaysysError
        If the folder is no model of ours, a name is not allowed, or MLflow refuses.
    """
    folder = Path(folder)
    check_name(name)
    if alias is not None:
        check_name(alias, "alias")
    check_folder(folder)
    card = read_card(folder / CARD)
    client = tracking_client(tracking_uri)
    with _in_our_words(f"MLflow cannot register {folder} as {name!r}"):
        own = run_id is None
        run_id = run_id or str(client.create_run(experiment_named(client, EXPERIMENT), run_name=name).info.run_id)
        path = _free_path(client, run_id)
        client.log_artifacts(run_id, str(folder), path)
        if own:
            client.set_terminated(run_id)
        _make_registered_model(client, name)
        size = card.images.pixel_size
        sized = {} if size is None else {PIXEL_SIZE: str(size)}
        tags = {"architecture": card.architecture, "raysys_version": card.raysys_version, **sized, **(tags or {})}
        made = client.create_model_version(name, f"runs:/{run_id}/{path}", run_id=run_id, tags=tags)
        if alias is not None:
            client.set_registered_model_alias(name, alias, made.version)
        return int(made.version)


def resolve(uri: str, *, tracking_uri: str | None = None) -> Path:
    """Local folder of `models:/NAME@ALIAS`, `models:/NAME/VERSION`, `runs:/RUN/PATH` or `trained:NAME`, downloaded if
    need be.
    """
    return fetch(uri, tracking_uri=tracking_uri)[0]


def located_model(path_or_uri: str, *, tracking_uri: str | None = None) -> str:
    """A folder with its whole path, an alias or a bare name as the version that it stands for now; others as they are.

    Raises
    ------
    RaysysError
        If MLflow has no such alias.
    """
    uri = model_uri(path_or_uri)
    if not uri.startswith(SCHEMES):
        try:
            return str(Path(local_path(uri)).expanduser().resolve())
        except ValueError as error:
            raise RaysysError(f"model {error}; or models:/NAME/VERSION, models:/NAME@ALIAS, {SCHEME}NAME") from None
    model = MODEL_URI.fullmatch(uri)
    if model is None or model["version"] is not None:
        return uri
    client = tracking_client(tracking_uri, existing=True)
    with _in_our_words(f"MLflow has no model {uri}"):
        return f"models:/{model['name']}/{_version(client, model)}"


def fetch(uri: str, *, tracking_uri: str | None = None) -> tuple[Path, Path | None]:
    """Do what `resolve` does, and name the temporary folder that the caller removes (None if there is none).

    Raises
    ------
    RaysysError
        If the URI is misspelt, or MLflow has nothing under it.
    """
    if uri.startswith(SCHEME):
        return trained_folder(uri), None
    model, run = MODEL_URI.fullmatch(uri), RUN_URI.fullmatch(uri)
    if model is None and run is None:
        raise RaysysError(f"{uri!r} names no model; allowed: models:/NAME@ALIAS, models:/NAME/VERSION, runs:/RUN/model")
    client = tracking_client(tracking_uri, existing=True)
    with _in_our_words(f"MLflow has no model {uri}"):
        location = _location(client, _source(client, model)) if model else _location(client, uri)
        if urlsplit(location).scheme in ("", "file"):
            return Path(unquote(urlsplit(location).path)), None
        return _downloaded(client, location)


def _source(client: MlflowClient, uri: re.Match[str]) -> str:
    return str(client.get_model_version_download_uri(check_name(uri["name"]), _version(client, uri)))


def _version(client: MlflowClient, uri: re.Match[str]) -> str:
    if uri["version"] is not None:
        return uri["version"]
    return str(client.get_model_version_by_alias(check_name(uri["name"]), check_name(uri["alias"], "alias")).version)


def _location(client: MlflowClient, uri: str) -> str:
    """Expand a run's URI. MLflow's own way of doing it asks the global tracking URI in places."""
    run = RUN_URI.fullmatch(uri)
    if run is None:
        return uri
    path = "/".join(check_name(part, "artifact path") for part in run["path"].strip("/").split("/"))
    return f"{client.get_run(check_name(run['run'], 'run id')).info.artifact_uri}/{path}"


def _downloaded(client: MlflowClient, location: str) -> tuple[Path, Path]:
    from mlflow.artifacts import download_artifacts

    uri = client.tracking_uri
    temporary = Path(tempfile.mkdtemp(prefix="raysys-model-"))
    try:
        folder = patiently(download_artifacts, location, dst_path=str(temporary), tracking_uri=uri, registry_uri=uri)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return Path(folder), temporary


def _free_path(client: MlflowClient, run_id: str) -> str:
    """A name that the run has not used: an earlier version's files are never overwritten."""
    taken = {artifact.path for artifact in client.list_artifacts(run_id)}
    number = 1
    while (path := "model" if number == 1 else f"model-{number}") in taken:
        number += 1
    return path


def _make_registered_model(client: MlflowClient, name: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise


def _registered(client: MlflowClient, model: Any) -> Registered:
    found = _all_pages(client.search_model_versions, filter_string=f"name = '{model.name}'")
    versions = [
        Version(int(each.version), _date(each.creation_timestamp), each.run_id, dict(each.tags)) for each in found
    ]
    aliases = {alias: int(version) for alias, version in model.aliases.items()}
    return Registered(model.name, aliases, tuple(sorted(versions, key=lambda each: -each.version)))


def _all_pages(search: Any, **arguments: Any) -> list[Any]:
    found: list[Any] = []
    token = None
    while True:
        page = search(**arguments, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


def _date(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")


def _database(uri: str) -> Path:
    """File of a SQLite URI; a relative one lies in the working directory."""
    return Path(uri.removeprefix(SQLITE)).absolute()


def _look_for_database(path: Path, existing: bool) -> None:
    """Find out at once what MLflow itself would try for minutes."""
    if path.is_file():
        return
    if existing:
        raise RaysysError(f"there is no MLflow database {path}; train a model first, or name the tracking URI")
    if not is_writable(path.parent):
        raise RaysysError(
            f"MLflow's database {path} cannot be made, since its folder cannot be written to; name another place "
            "(tracking.uri in a recipe, --tracking-uri, or MLFLOW_TRACKING_URI)"
        )


def _look_for_server(uri: str) -> None:
    try:
        urllib.request.urlopen(f"{uri.rstrip('/')}/health", timeout=SECONDS_TO_ANSWER).close()
    except urllib.error.HTTPError as error:
        if error.code >= 500:
            raise RaysysError(f"the MLflow server at {uri} answers with error {error.code}; is it up?") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise RaysysError(
            f"no MLflow server answers at {uri} ({reason}); start it, or name another tracking URI"
        ) from error


@contextmanager
def _in_our_words(what: str) -> Iterator[None]:
    """MLflow's refusals as one sentence."""
    from mlflow.exceptions import MlflowException

    try:
        yield
    except (MlflowException, OSError) as error:
        raise RaysysError(f"{what}: {str(error).splitlines()[0]}") from error
