"""The routes of jobs: a request in, a number out; and what is asked of a number."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import FastAPI, Form, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from raysys.serve.catalogue import Catalogue
from raysys.serve.jobs.callers import caller_of
from raysys.serve.jobs.events import events
from raysys.serve.jobs.ranges import part_of
from raysys.serve.jobs.schemas import (
    JobBody,
    JobList,
    LargeSampleRequest,
    ReconstructionForm,
    SynthesisForm,
)
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import Problem

MULTIPART = Form(media_type="multipart/form-data")
CHUNK = 2**20  # bytes of a file in memory at a time
TAKEN: dict[int | str, dict[str, Any]] = {
    202: {"model": JobBody, "description": "It waits; `url` tells how it stands, and is the Location."},
    409: {"model": Problem, "description": "This endpoint keeps no jobs, or the model makes no samples."},
    429: {"model": Problem, "description": "Too many of the caller's jobs are not over."},
}
MEDIA_TYPES = {".png": "image/png", ".tif": "image/tiff", ".json": "application/json", ".zip": "application/zip"}
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="A request that is sent again with the same key is the same job.",
    ),
]


def add_job_routes(app: FastAPI, catalogue: Catalogue) -> None:
    """Let jobs be asked for, looked at, and cancelled."""
    _add_submissions(app, catalogue)
    _add_looks(app, catalogue)
    _add_results(app, catalogue)


def _add_submissions(app: FastAPI, catalogue: Catalogue) -> None:
    async def submit(kind: str, form: BaseModel, request: Request, response: Response, key: str | None) -> JobBody:
        given = {name: value for name, value in form if _is_upload(value)}
        fields = form.model_dump(mode="json", exclude=set(given))
        # Maps that are not sent are no fields of the request, as its file names are none.
        fields = {name: value for name, value in fields.items() if name not in _uploads_of(form)}
        uploads = {name: await value.read() for name, value in given.items()}
        # With a key the second is the same job.
        asked = (kind, fields, uploads, caller_of(request), key)
        body: JobBody = await catalogue.ask_desk("submit", *asked, again=key is not None)
        response.headers["Location"] = f"{request.scope.get('root_path', '')}/{body.url}"
        return body

    @app.post("/v1/reconstructions", status_code=202, summary="Reconstruct an image by annealing", responses=TAKEN)
    async def reconstruct(
        form: Annotated[ReconstructionForm, MULTIPART], request: Request, response: Response, key: Key = None
    ) -> JobBody:
        if (form.image is None) == (form.characterisation is None):
            raise RefusedError("send one file: `image`, or `characterisation` of raysys stats --save")
        return await submit("reconstructions", form, request, response, key)

    @app.post("/v1/syntheses", status_code=202, summary="Make more of a texture", responses=TAKEN)
    async def synthesise(
        form: Annotated[SynthesisForm, MULTIPART], request: Request, response: Response, key: Key = None
    ) -> JobBody:
        return await submit("syntheses", form, request, response, key)

    @app.post("/v1/jobs/samples", status_code=202, summary="Draw samples larger than a request", responses=TAKEN)
    async def draw_large(form: LargeSampleRequest, request: Request, response: Response, key: Key = None) -> JobBody:
        return await submit("samples", form, request, response, key)


def _add_looks(app: FastAPI, catalogue: Catalogue) -> None:
    @app.get("/v1/jobs", summary="Jobs, the newest first")
    async def list_jobs(request: Request) -> JobList:
        return JobList(jobs=await catalogue.ask_desk("jobs", caller_of(request)))

    @app.get("/v1/jobs/{job}", summary="How a job stands")
    async def look(job: str, request: Request) -> JobBody:
        return await catalogue.ask_desk("job", job, caller_of(request))

    @app.delete("/v1/jobs/{job}", summary="Cancel a job; one that is over is removed with its files")
    async def cancel(job: str, request: Request) -> JobBody:
        return await catalogue.ask_desk("cancel", job, caller_of(request))

    @app.get(
        "/v1/jobs/{job}/events",
        summary="A job as it moves on, as server-sent events",
        response_class=StreamingResponse,
        responses={200: {"content": {"text/event-stream": {}}, "description": "See `events`."}},
    )
    async def follow(job: str, request: Request) -> StreamingResponse:
        caller = caller_of(request)

        async def ask() -> JobBody:
            return await catalogue.ask_desk("job", job, caller)

        await ask()  # refused before the answer begins
        # Serve cuts longer answers; who reads on asks anew.
        told = events(ask, catalogue.limits.timeout_s)
        # Buffers on the way would hold events back.
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(told, media_type="text/event-stream", headers=headers)


def _add_results(app: FastAPI, catalogue: Catalogue) -> None:
    @app.get(
        "/v1/jobs/{job}/picture.png",
        summary="What a job looks like so far",
        response_class=Response,
        responses={200: {"content": {"image/png": {}}, "description": "A PNG of at most 512 pixels a side."}},
    )
    async def picture(job: str, request: Request) -> Response:
        content = await catalogue.ask_desk("picture", job, caller_of(request))
        return Response(content, media_type="image/png", headers={"Cache-Control": "no-store"})

    @app.get(
        "/v1/jobs/{job}/files/{name}",
        summary="A file of a job",
        response_class=Response,
        responses={
            200: {"content": {"application/octet-stream": {}}, "description": "The file."},
            206: {"content": {"application/octet-stream": {}}, "description": "The part that Range asks for."},
            304: {"description": "The file with the checksum of If-None-Match."},
            416: {"model": Problem, "description": "The file ends before the part."},
        },
    )
    async def download(
        job: str,
        name: str,
        request: Request,
        asked: Annotated[str | None, Header(alias="Range")] = None,
        known: Annotated[str | None, Header(alias="If-None-Match")] = None,
        unless: Annotated[str | None, Header(alias="If-Range")] = None,
    ) -> Response:
        file = await catalogue.ask_desk("file", job, name, caller_of(request))
        tag = f'"{file["sha256"]}"'
        headers = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "private"}
        if known in (tag, "*"):
            return Response(status_code=304, headers=headers)
        part = part_of(asked if unless in (None, tag) else None, file["bytes"])
        start, stop = (0, file["bytes"]) if part is None else (part.start, part.stop)
        headers |= {"Content-Length": str(stop - start), "Content-Disposition": f'attachment; filename="{name}"'}
        if part is not None:
            headers["Content-Range"] = part.content_range
        suffix = name[name.rfind(".") :]
        media = MEDIA_TYPES.get(suffix, "application/octet-stream")
        content = _chunks(catalogue, job, name, start, stop)
        return StreamingResponse(content, 206 if part else 200, headers=headers, media_type=media)


async def _chunks(catalogue: Catalogue, job: str, name: str, start: int, stop: int) -> AsyncIterator[bytes]:
    """Part of a file, a piece in memory at a time."""
    while start < stop:
        length = min(CHUNK, stop - start)
        yield await catalogue.ask_desk("read", job, name, start, length)
        start += length


def _is_upload(value: object) -> bool:
    # Starlette's own class, which FastAPI's is one of.
    return hasattr(value, "filename") and hasattr(value, "read")


def _uploads_of(form: BaseModel) -> set[str]:
    return {name for name, field in type(form).model_fields.items() if "UploadFile" in str(field.annotation)}
