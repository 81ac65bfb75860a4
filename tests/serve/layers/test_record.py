import json
from pathlib import Path

from fastapi import FastAPI
from support.asking import ask

from raysys.serve.layers.record import Record
from raysys.serve.meters import Meters
from raysys.serve.refused import RefusedError


def app() -> FastAPI:
    made = FastAPI()

    @made.get("/v1/models/{name}")
    async def one(name: str) -> str:
        if name == "nobody":
            raise RefusedError("no")
        return name

    return made


def test_a_request_has_a_number_a_line_and_is_counted(tmp_path: Path):
    meters, log = Meters(), tmp_path / "requests.jsonl"
    layer = Record(app(), meters, str(log))
    own = ask(layer, "/v1/models/gravel", "GET")
    ask(layer, "/v1/models/gravel", "GET", headers={"X-Request-ID": "abc-1"})
    ask(layer, "/nowhere", "GET", headers={"X-Request-ID": 'x" {' + "y" * 500})
    first, second, third = map(json.loads, log.read_text().splitlines())
    assert own.headers["x-request-id"] == first["id"]
    assert second["id"] == "abc-1"
    assert third["id"] not in ("", first["id"])
    assert [line["status"] for line in (first, second, third)] == [200, 200, 404]
    assert (first["method"], first["path"], first["bytes"]) == ("GET", "/v1/models/gravel", len(own.content))
    assert first["seconds"] >= 0
    page = meters.page().decode()
    series = 'raysys_requests_total{method="GET",model="gravel",route="/v1/models/{name}",status="200"} 2.0'
    assert series in page
    assert 'route="other",status="404"} 1.0' in page
    assert 'raysys_request_seconds_count{route="/v1/models/{name}"} 2.0' in page
