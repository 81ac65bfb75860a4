"""`raysys serve`: registered models as an HTTP endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from raysys.cli.parts import completion
from raysys.cli.parts.interruption import again, keeping
from raysys.cli.parts.named import name_and_value
from raysys.cli.parts.options import AddressOption, TrackingOption
from raysys.cli.parts.terminal import notice
from raysys.errors import RaysysError
from raysys.models.naming import called, current, is_folder, model_uri
from raysys.models.shipped import SCHEME, SCHEMES, trained_models

if TYPE_CHECKING:
    from raysys.models.registry import Registered
    from raysys.serve import RunningEndpoint

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    context: typer.Context,
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            autocompletion=completion.models,
            help="NAME of a registered model, trained:NAME, or NAME=URI with models:/NAME/VERSION, runs:/RUN/model, "
            "trained:NAME or a model's folder. By default all registered models, or those that come with raysys "
            "where there are none.",
        ),
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on; 0.0.0.0 for all of this machine's.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="RAYSYS_TOKEN",
            show_envvar=True,
            help="Ask every request for this bearer token. Others on this machine see options, so set the variable.",
        ),
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option(help="Ask for one of this file's tokens, which raysys tokens add makes.")
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="A further name that requests may give, such as that of a proxy; * for all. Allowed are --host, this "
            "machine's names, and addresses in numbers.",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="URL", help="A site elsewhere whose pages may ask, as https://lab.example; * for all."),
    ] = None,
    prefix: Annotated[
        str, typer.Option(metavar="PATH", help="Path below which a proxy shows the endpoint and which it takes off.")
    ] = "",
    log: Annotated[
        Path | None,
        typer.Option(help="Add a line of JSON for every request to this file; - for standard output."),
    ] = None,
    replicas: Annotated[int, typer.Option(min=1, help="Replicas of each model.")] = 1,
    max_replicas: Annotated[
        int | None, typer.Option(min=1, help="Start more replicas while many ask, up to so many of each model.")
    ] = None,
    follow: Annotated[
        str | None,
        typer.Option(
            metavar="ALIAS",
            help="Serve the version that is given this alias in MLflow, such as champion, as soon as it is.",
        ),
    ] = None,
    jobs: Annotated[
        Path,
        typer.Option(
            metavar="FOLDER",
            help="Where jobs (reconstructions, syntheses, large samples) are kept; the same folder goes on with them.",
        ),
    ] = Path("raysys-jobs"),
    no_jobs: Annotated[bool, typer.Option("--no-jobs", help="Take no jobs.")] = False,
    tracking_uri: TrackingOption = None,
    address: AddressOption = None,
) -> None:
    """Serve models over HTTP until Ctrl-C: samples of any size, seed and format, and whatever else they can do."""
    wanted = wanted_models(models, tracking_uri)
    _notice_access(context, host, token, tokens)
    from raysys.cluster import connected

    with keeping(lambda: f"the endpoint stops, the models stay; to serve them again: {again()}"), connected(address):
        # Imported here: Ray reads variables that `connected` sets when it is first imported.
        from raysys.serve import serve_until_stopped

        serve_until_stopped(
            wanted,
            announce=lambda endpoint: _announce(endpoint, sorted(wanted), token or tokens),
            host=host,
            port=port,
            token=token,
            tokens=tokens,
            hosts=allow_host or (),
            origins=allow_origin or (),
            prefix=prefix,
            log=log,
            tracking_uri=tracking_uri,
            replicas=replicas,
            max_replicas=max_replicas,
            follow=follow,
            say=typer.echo,
            jobs=None if no_jobs else jobs,
        )
    typer.echo("stopped")


def _notice_access(context: typer.Context, host: str, token: str | None, tokens: Path | None) -> None:
    """Say what a user may not know of who can ask, and who can read the token."""
    # On this machine alone nobody else hears it.
    if token is None and tokens is None and host not in LOOPBACK:
        notice(f"everybody who reaches {host} may ask for samples; --tokens asks for bearer tokens")
    # By its name, as typer brings its own copy of click in some versions.
    source = context.get_parameter_source("token")
    if token is not None and getattr(source, "name", "") == "COMMANDLINE":
        notice("others on this machine can read --token in the list of processes; set RAYSYS_TOKEN, or use --tokens")


def wanted_models(models: list[str] | None, tracking_uri: str | None) -> dict[str, str]:
    """Served names and where their models are; every registered model that can do something if none is named.

    Raises
    ------
    RaysysError
        If there is nothing of the kind, or a folder or URI comes without the name to serve it by.
    """
    if models:
        return dict(_named(model) for model in models)
    from raysys.models.registry import list_models, nothing_tracked

    listed = [] if nothing_tracked(tracking_uri) else list_models(tracking_uri)
    registered = [model for model in listed if model.versions]
    served = {model.name: current(model) for model in registered if _is_able(model, tracking_uri)}
    # Only where nothing at all is registered: own models that cannot be served are a mistake to be told.
    if not listed and (trained := trained_models()):
        notice("no model is registered; those that come with raysys are served (raysys train RECIPE registers one)")
        return {name: f"{SCHEME}{name}" for name in trained}
    if not served:
        raise RaysysError("no model is registered; raysys train RECIPE registers one, or name one as NAME=FOLDER")
    return served


def _is_able(model: Registered, tracking_uri: str | None) -> bool:
    """Whether a registered model declares anything that an endpoint can be asked for; what it is instead is said."""
    from raysys.models import load
    from raysys.models.abilities import abilities

    loaded = load(current(model), tracking_uri=tracking_uri)
    if not abilities(loaded):
        notice(f"{model.name} {loaded.purpose}; it is not served")
    return bool(abilities(loaded))


def _named(model: str) -> tuple[str, str]:
    if "=" in model:
        example = "gravel=models:/gravel@champion"
        name, uri = name_and_value(model, refused=f"{model}: write it as NAME=URI, for example {example}")
        return name, model_uri(uri)
    if model.startswith(SCHEME):
        return called(model), model
    if model.startswith(SCHEMES) or is_folder(model):
        # The name is part of addresses that others keep; a run's id or a folder's is none to keep.
        raise RaysysError(f"{model}: say under which name it is to be served, as NAME={model}")
    return model, model_uri(model)


def _announce(endpoint: RunningEndpoint, names: list[str], token: str | Path | None) -> None:
    header = ' -H "Authorization: Bearer $RAYSYS_TOKEN"' if token else ""
    typer.echo(f"serving {', '.join(names)} at {endpoint.url} (explorer page; API at {endpoint.url}/docs)")
    body = '\'{"n": 1, "seed": 7}\''
    typer.echo(
        f"try: curl{header} -H 'Content-Type: application/json' -d {body} "
        f"{endpoint.url}/v1/models/{names[0]}/samples -o sample.png"
    )
    typer.echo("Ctrl-C stops it")
