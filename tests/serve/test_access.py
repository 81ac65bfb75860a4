"""The whole application behind its rules: where it is mounted, and what half-sent requests do to others."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from support.in_process import Client, in_process
from support.serving import save_untrained

from raysys.serve import Limits, Settings
from raysys.serve.access import Access
from raysys.serve.application import rules
from raysys.serve.catalogue import Catalogue
from raysys.serve.routes import build_app
from raysys.serve.tokens import digest

LIMITS = Limits(max_requests=8, max_requests_per_caller=4, body_s=1.0)


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = save_untrained(tmp_path_factory.mktemp("open"), "endless")
    with in_process(
        {"endless": folder}, LIMITS, Access(hosts=("localhost",), origins=("https://lab.example",))
    ) as made:
        yield made[0]


def test_every_get_answers_head(client: Client):
    for path in ("/", "/healthz", "/readyz", "/docs", "/openapi.json", "/v1/models", "/v1/models/endless", "/metrics"):
        answer = client.request("HEAD", path)
        assert (answer.status_code, answer.content) == (200, b""), path
        assert int(answer.headers["content-length"]) > 0


def test_the_layers_are_all_there(client: Client):
    assert client.get("/v1/models", headers={"Host": "elsewhere.example"}).status_code == 421
    assert client.get("/v1/models", headers={"Origin": "https://elsewhere.example"}).status_code == 403
    allowed = client.get("/v1/models", headers={"Origin": "https://lab.example"})
    assert allowed.headers["access-control-allow-origin"] == "https://lab.example"
    assert client.get("/openapi.json", headers={"Accept-Encoding": "gzip"}).headers["content-encoding"] == "gzip"
    assert len(client.get("/nowhere").headers["x-request-id"]) == 16


@pytest.mark.parametrize("prefix", ["", "/lab", "/lab/micro"])
def test_docs_work_below_a_prefix_and_without_a_network(prefix: str):
    app = build_app(Catalogue({}, Limits()), Access(hosts=("*",), prefix=prefix))

    async def found() -> None:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asked:
            page = (await asked.get("/docs")).text
            assert f"'{prefix}/openapi.json'" in page
            scripts = [part.split('"')[1] for part in page.split("<script ")[1:] if part.startswith("src=")]
            styles = [part.split('href="')[1].split('"')[0] for part in page.split("<link ")[1:]]
            assert scripts
            for address in (*scripts, *styles):
                assert address.startswith(f"{prefix}/"), address
                assert (await asked.get(address.removeprefix(prefix))).status_code == 200
                assert (await asked.get(address)).status_code == 200
            assert (await asked.get("/openapi.json")).json()["servers" if prefix else "paths"]

    asyncio.run(found())


def test_half_sent_requests_hold_nobody_up(client: Client):
    async def half(address: str) -> int:
        async def body():
            yield b'{"n": 1'
            await asyncio.sleep(30)

        headers = {"Content-Type": "application/json"}
        transport = httpx.ASGITransport(app=client.app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asked:
            return (await asked.post("/v1/models/endless/samples", content=body(), headers=headers)).status_code

    async def crowd() -> tuple[list[int], int, int]:
        halves = [asyncio.create_task(half(f"10.0.0.{number % 4}")) for number in range(40)]
        await asyncio.sleep(0.3)
        transport = httpx.ASGITransport(app=client.app, client=("10.0.0.9", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as asked:
            probe = (await asked.get("/healthz")).status_code
            statuses = await asyncio.gather(*halves)
            after = (await asked.get("/v1/models")).status_code
        return statuses, probe, after

    statuses, probe, after = asyncio.run_coroutine_threadsafe(crowd(), client.loop).result(60)
    assert (probe, after) == (200, 200)
    # Eight are waited for, four of each address at most, until their time is over.
    assert sorted(set(statuses)) in ([408, 503], [408, 429, 503])
    assert statuses.count(408) == 8


def test_a_secret_of_the_cluster_is_the_token_where_the_settings_name_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("RAYSYS_TOKEN", "secret")
    settings = Settings(models={"gravel": "trained:gravel"})
    assert rules(settings).token_sha256 == digest("secret")
    own = settings.model_copy(update={"access": Access(tokens="tokens.yaml")})
    assert rules(own) == own.access
    monkeypatch.delenv("RAYSYS_TOKEN")
    assert rules(settings) == settings.access
