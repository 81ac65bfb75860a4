"""The routes of autoencoder models: uploads in, one call to the replica that holds the model, answers out."""

import asyncio
from typing import Annotated, Any

from fastapi import FastAPI, Form, Response
from pydantic import BaseModel

from raysys.serve.autoencoders.answers import answer_autoencoded, answer_encoded, answer_interpolated
from raysys.serve.autoencoders.schemas import (
    AutoencodeForm,
    AutoencodeRequest,
    AutoencodeResponse,
    EncodeForm,
    EncodeRequest,
    EncodeResponse,
    InterpolateForm,
    InterpolateRequest,
    InterpolateResponse,
)
from raysys.serve.catalogue import Catalogue
from raysys.serve.encoding import BYTES, MEDIA_TYPES
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import Problem

MULTIPART = Form(media_type="multipart/form-data")
NPZ: dict[str, Any] = {MEDIA_TYPES["npz"]: BYTES[MEDIA_TYPES["npz"]]}


def add_autoencoder_routes(app: FastAPI, catalogue: Catalogue) -> None:
    """Let uploads be encoded, autoencoded and interpolated."""

    @app.post(
        "/v1/models/{name}/encode",
        summary="Latents of an uploaded image",
        response_class=Response,
        responses=_answers(EncodeResponse, NPZ, "Latents with their channels' statistics."),
    )
    async def encode_image(name: str, form: Annotated[EncodeForm, MULTIPART]) -> Response:
        request, upload = EncodeRequest(**_settings(form)), await form.image.read()
        found = await catalogue.ask(name, "encode", upload, request)
        return await asyncio.to_thread(answer_encoded, name, request, found)

    @app.post(
        "/v1/models/{name}/autoencode",
        summary="An uploaded image encoded and decoded, with statistics of both",
        response_class=Response,
        responses=_answers(AutoencodeResponse, BYTES, "Autoencodings as asked."),
    )
    async def autoencode_image(name: str, form: Annotated[AutoencodeForm, MULTIPART]) -> Response:
        request, upload = AutoencodeRequest(**_settings(form)), await form.image.read()
        found = await catalogue.ask(name, "autoencode", upload, request)
        return await asyncio.to_thread(answer_autoencoded, name, request, found)

    # Programs may ask by the earlier name still; 410 says that it is gone for good.
    @app.post("/v1/models/{name}/reconstruct", include_in_schema=False)
    async def refuse_earlier_name(name: str) -> Response:
        raise RefusedError(
            "/v1/models/NAME/reconstruct is called /v1/models/NAME/autoencode now, and its answer's field "
            "`reconstruction` is `autoencoding`; a reconstruction is an image made from statistics",
            410,
            "renamed",
        )

    @app.post(
        "/v1/models/{name}/interpolate",
        summary="Images on the line between the latents of two uploads",
        response_class=Response,
        responses=_answers(InterpolateResponse, BYTES, "Images in order, as asked."),
    )
    async def interpolate_images(name: str, form: Annotated[InterpolateForm, MULTIPART]) -> Response:
        request, uploads = InterpolateRequest(**_settings(form)), [await form.first.read(), await form.second.read()]
        found = await catalogue.ask(name, "interpolate", uploads, request)
        return await asyncio.to_thread(answer_interpolated, name, request, found)


def _settings(form: BaseModel) -> dict[str, Any]:
    """The fields of a form that are no files."""
    return form.model_dump(exclude={"image", "first", "second"})


def _answers(model: type[BaseModel], content: dict[str, Any], description: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"model": model, "content": content, "description": description},
        409: {"model": Problem, "description": "The model makes images but encodes none."},
    }
