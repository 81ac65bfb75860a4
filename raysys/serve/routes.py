"""The HTTP routes: each turns a request into one call to a sampler, and its answer into bytes."""

import asyncio
import json
from typing import Annotated, Any, Literal

from fastapi import FastAPI, File, Form, Header, Query, Response, UploadFile
from fastapi.responses import HTMLResponse, PlainTextResponse
from fastapi_offline import FastAPIOffline

import raysys
from raysys.data.files.formats import UPLOADS
from raysys.data.files.source import Choice
from raysys.serve.access import Access
from raysys.serve.answers import answer_samples, known_tags, sample_headers, unchanged
from raysys.serve.autoencoders.routes import add_autoencoder_routes
from raysys.serve.catalogue import Catalogue
from raysys.serve.classes.routes import add_class_routes
from raysys.serve.conditions.routes import add_condition_routes
from raysys.serve.decoding.apart import Decoder
from raysys.serve.encoding import BYTES, as_png
from raysys.serve.explorer.page import explorer_page
from raysys.serve.jobs.routes import add_job_routes
from raysys.serve.layers.stack import add_layers
from raysys.serve.measuring import measure_upload, upload_kind
from raysys.serve.meters import MEDIA, Meters
from raysys.serve.negotiation import negotiated
from raysys.serve.problems import install_handlers
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import (
    MAX_SEED,
    Descriptor,
    DescriptorResponse,
    ModelDescription,
    ModelList,
    ModelSummary,
    Problem,
    SampleRequest,
    SampleResponse,
    Status,
    curves_of,
    scalars_of,
)
from raysys.serve.stopwatch import Clock
from raysys.serve.streaming import answer_large, as_large, may_be_large
from raysys.serve.versions import Unchanged

ABOUT = (
    "Statistically equivalent microstructures and textures: the same model, seed and request give the same bytes, "
    'whichever replica answers. Every error is `{"error": {"code", "message"}}`.'
)
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "No HTTP or multipart that can be read."},
    401: {"model": Problem, "description": "The token is missing or wrong."},
    403: {"model": Problem, "description": "The token is not for this, or the page asks from elsewhere."},
    404: {"model": Problem, "description": "No such model or route."},
    408: {"model": Problem, "description": "The body has not arrived in time."},
    413: {"model": Problem, "description": "The body is too large."},
    421: {"model": Problem, "description": "Another host is meant."},
    422: {"model": Problem, "description": "The request cannot be granted; the message says what is allowed."},
    429: {"model": Problem, "description": "Too many requests; Retry-After says when."},
    500: {"model": Problem, "description": "A fault of the endpoint."},
    503: {"model": Problem, "description": "Busy; try again."},
    504: {"model": Problem, "description": "It took too long."},
}
FromHeader = Annotated[str | None, Header(include_in_schema=False)]


def build_app(catalogue: Catalogue, access: Access = Access()) -> FastAPI:
    """Assemble the endpoint's ASGI application.

    Parameters
    ----------
    catalogue
        The models and the limits.
    access
        Who may ask; by default everybody.
    """
    # /docs and /redoc bring their own scripts: those that are usually fetched from afar are blank on an inner network.
    app = FastAPIOffline(title="raysys", version=raysys.__version__, description=ABOUT, responses=PROBLEMS)
    install_handlers(app)
    meters = Meters()
    add_layers(app, catalogue.limits, access, meters)
    _add_state_routes(app, catalogue, meters)
    _add_model_routes(app, catalogue, meters)
    add_autoencoder_routes(app, catalogue)
    add_class_routes(app, catalogue)
    add_condition_routes(app, catalogue)
    add_job_routes(app, catalogue)
    _add_descriptor_route(app, catalogue)
    return app


def _add_state_routes(app: FastAPI, catalogue: Catalogue, meters: Meters) -> None:
    page, policy = explorer_page()

    @app.get("/", response_class=HTMLResponse, summary="Explorer page")
    async def explorer() -> HTMLResponse:
        return HTMLResponse(page, headers={"Content-Security-Policy": policy})

    # Asks no model: who restarts what does not answer must not restart an endpoint that is loading.
    @app.get("/healthz", summary="The endpoint's process answers")
    async def healthz() -> Status:
        return Status(status="ok")

    @app.get("/readyz", summary="Every model is loaded and answers")
    async def readyz() -> Status:
        await asyncio.gather(*(catalogue.describe(name) for name in catalogue.names))
        return Status(status="ok")

    @app.get(
        "/metrics",
        summary="What was asked and drawn, for Prometheus",
        response_class=PlainTextResponse,
        responses={200: {"content": {"text/plain": {}}, "description": "Series in Prometheus' format."}},
    )
    async def metrics() -> Response:
        return Response(meters.page(), headers={"Content-Type": MEDIA})


def _add_model_routes(app: FastAPI, catalogue: Catalogue, meters: Meters) -> None:
    @app.get("/v1/models", summary="The models served here")
    async def list_models() -> ModelList:
        # Asked each time, since a swap may have put another model behind a name.
        found = await asyncio.gather(*(catalogue.describe(name) for name in catalogue.names))
        return ModelList(
            models=[ModelSummary(**one.model_dump(include=set(ModelSummary.model_fields))) for one in found]
        )

    @app.get("/v1/models/{name}", summary="One model: its card and its reference statistics")
    async def describe_model(name: str) -> ModelDescription:
        return await catalogue.describe(name)

    @app.post(
        "/v1/models/{name}/samples",
        summary="Draw samples",
        response_class=Response,
        responses={
            200: {"model": SampleResponse, "content": BYTES, "description": "Samples as asked."},
            304: {"description": "They are those of the tag in If-None-Match."},
            406: {"model": Problem, "description": "Accept leaves the format out, or all."},
            409: {"model": Problem, "description": "The model makes none of a seed, or too few pass the gate."},
        },
    )
    async def draw_samples(
        name: str, request: SampleRequest, accept: FromHeader = None, if_none_match: FromHeader = None
    ) -> Response:
        request = negotiated(request, accept)
        if may_be_large(request, catalogue.limits):
            large = as_large(request, await catalogue.describe(name), catalogue.limits)
            if large is not None:
                return await answer_large(catalogue, name, large)
        drawn = await catalogue.ask(name, "sample", request, known_tags(if_none_match))
        if isinstance(drawn, Unchanged):
            meters.unchanged.labels(name).inc()
            return unchanged(drawn.etag)
        clock = Clock()
        # Encoding takes as long as drawing for large images; the event loop answers others meanwhile.
        answer = await asyncio.to_thread(answer_samples, name, request, drawn)
        clock.lap("encode")
        meters.count_drawn(name, drawn.images.shape[0], drawn.form.shape, drawn.tries, drawn.seconds | clock.seconds)
        return answer

    @app.get(
        "/v1/models/{name}/tiles/{z}/{x}/{y}.png",
        summary="One 256 x 256 tile of a seed's endless image",
        response_class=Response,
        responses={
            200: {"content": {"image/png": {}}, "description": "An 8-bit PNG, grey, in colours or of labels."},
            304: {"description": "It is that of the tag in If-None-Match."},
            409: {"model": Problem, "description": "The model makes none of a seed."},
        },
    )
    async def draw_tile(
        name: str,
        z: int,
        x: int,
        y: int,
        seed: Annotated[int, Query(ge=0, le=MAX_SEED)] = 0,
        phase_fraction: Annotated[
            float | None, Query(description="Short for a condition of that name, of conditional models.")
        ] = None,
        condition: Annotated[str | None, Query(description="JSON, as `condition` of a request for samples.")] = None,
        if_none_match: FromHeader = None,
    ) -> Response:
        request = _tile_request(seed, phase_fraction, condition)
        drawn = await catalogue.ask(name, "tile", z, x, y, request, known_tags(if_none_match))
        if isinstance(drawn, Unchanged):
            meters.unchanged.labels(name).inc()
            return unchanged(drawn.etag)
        meters.count_drawn(name, 1, drawn.images.shape[1:3], None, drawn.seconds)
        content = as_png(drawn.images[0], drawn.form)
        return Response(content, media_type="image/png", headers=sample_headers(name, drawn))


def _tile_request(seed: int, phase_fraction: float | None, condition: str | None) -> SampleRequest:
    """What a tile's query asks for; FastAPI reads no JSON from a query."""
    asked = {} if phase_fraction is None else {"phase_fraction": phase_fraction}
    try:
        asked |= {} if condition is None else json.loads(condition)
        return SampleRequest.model_validate({"seed": seed, "condition": asked or None})
    except (ValueError, TypeError):
        raise RefusedError(
            f'the condition {condition!r:.80} was asked for; allowed: JSON such as {{"phase_fraction": 0.2}}, see '
            "`condition` at /v1/models"
        ) from None


def _add_descriptor_route(app: FastAPI, catalogue: Catalogue) -> None:
    decoder = Decoder(catalogue.limits)
    one_at_a_time = asyncio.Semaphore(1)  # numba and FFT work of several uploads would only slow each other

    @app.post("/v1/descriptors", summary="Measure an uploaded image")
    async def measure_image(
        image: Annotated[UploadFile, File(description=f"One of {UPLOADS}; pages are images.")],
        descriptors: Annotated[
            list[Descriptor] | None, Form(description="Repeat the field; S2 and L if absent.")
        ] = None,
        phase: Annotated[
            str | None,
            Form(
                description="Phase of interest: bright (if absent) or dark, or the number of one of a label image; to "
                "be said of images of a few values."
            ),
        ] = None,
        threshold: Annotated[
            float | None,
            Form(
                allow_inf_nan=False,
                description="Value as the file stores it, above which a pixel is bright; Otsu's if absent.",
            ),
        ] = None,
        boundary: Annotated[Literal["open", "periodic"], Form()] = "open",
        r_max: Annotated[int | None, Form(ge=1, description="Largest lag in pixels.")] = None,
        series: Annotated[int | None, Form(ge=0, description="Which image of a file of several, from 0.")] = None,
        channel: Annotated[int | None, Form(ge=0, description="Which channel of several, from 0.")] = None,
        time: Annotated[int | None, Form(ge=0, description="Which time of several, from 0.")] = None,
    ) -> DescriptorResponse:
        data = await image.read()
        names = tuple(descriptors or ("S2", "L"))
        kind, choice = upload_kind(phase, threshold), Choice(series=series, channel=channel, time=time)
        images = await asyncio.to_thread(decoder.decode, data, choice=choice, kind=kind)
        async with one_at_a_time:
            work = asyncio.to_thread(measure_upload, images, names, phase, threshold, boundary, r_max)
            found, by = await catalogue.within_time(work)
        return DescriptorResponse(
            n=found.n,
            shape=list(images.shape[1:]),
            phase=by.phase,
            method=by.method,
            threshold=by.threshold,
            phase_fraction=found.phase_fraction,
            boundary=boundary,
            descriptors=curves_of(found),
            scalars=scalars_of(found),
        )
