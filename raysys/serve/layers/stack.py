"""The layers in their order."""

from fastapi import FastAPI

from raysys.serve.access import Access
from raysys.serve.layers.admission import Admission
from raysys.serve.layers.bearer import BearerToken
from raysys.serve.layers.body import BodyLimit
from raysys.serve.layers.compression import Compression
from raysys.serve.layers.head import Head
from raysys.serve.layers.hosts import Hosts
from raysys.serve.layers.mounted import Mounted
from raysys.serve.layers.record import Record
from raysys.serve.limits import Limits
from raysys.serve.meters import Meters
from raysys.serve.tokens import Keyring


def add_layers(app: FastAPI, limits: Limits, access: Access, meters: Meters) -> None:
    """Put the layers around the routes of `app`; what is added later is asked first."""
    app.add_middleware(Compression)
    # Nobody without a token makes the endpoint read a body.
    app.add_middleware(BodyLimit, max_bytes=limits.max_upload_bytes, seconds=limits.body_s)
    app.add_middleware(BearerToken, keys=Keyring(access.token_sha256, access.tokens))
    app.add_middleware(Admission, at_once=limits.max_requests, of_one_caller=limits.max_requests_per_caller)
    app.add_middleware(Head)
    app.add_middleware(Hosts, hosts=access.hosts, origins=access.origins)
    app.add_middleware(Record, meters=meters, log=access.log)
    app.add_middleware(Mounted, prefix=access.prefix)
