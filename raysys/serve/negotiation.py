"""Which format an answer has: what the request names, or what its `Accept` prefers; both must agree."""

from raysys.serve.encoding import MEDIA_TYPES
from raysys.serve.refused import RefusedError
from raysys.serve.schemas import SampleRequest

# Beside the types that answers carry, those that tell formats apart which share one.
NAMED = {"application/x-npy": "npy", "application/x-npz": "npz", "application/x-zarr": "zarr"}
PREFERRED = {**{media: name for name, media in reversed(MEDIA_TYPES.items())}, **NAMED}


def negotiated(request: SampleRequest, accept: str | None) -> SampleRequest:
    """The request with the format that it is answered in.

    Parameters
    ----------
    request
        With or without a format.
    accept
        The header; None takes all.

    Raises
    ------
    RefusedError
        With status 406, if none of the formats is accepted, or not the one that is named.
    """
    ranges = _ranges(accept or "*/*")
    if "format" in request.model_fields_set:
        if not any(_matches(one, request.format) for one in ranges):
            raise RefusedError(
                f"format {request.format} is {MEDIA_TYPES[request.format]}, which Accept: {accept:.200} leaves out; "
                "allowed: a header that accepts it, or none",
                406,
                "not_acceptable",
            )
        return request
    for one in ranges:
        # The first is png, which a request without either has.
        found = next((name for name in MEDIA_TYPES if _matches(one, name)), None)
        if found is not None:
            return request.model_copy(update={"format": PREFERRED.get(one, found)})
    raise RefusedError(
        f"Accept: {accept:.200} leaves all formats out; allowed: {', '.join(PREFERRED)}", 406, "not_acceptable"
    )


def _ranges(accept: str) -> list[str]:
    """Media ranges of a header, the preferred ones first, without those that are refused by q=0."""
    weighted = []
    for part in accept.split(","):
        media, *parameters = (word.strip().lower() for word in part.split(";"))
        quality = next((word[2:] for word in parameters if word.startswith("q=")), "1")
        try:
            weighted.append((float(quality), media))
        except ValueError:
            continue
    # Sorting keeps the order of equal ones.
    return [media for quality, media in sorted(weighted, key=lambda one: -one[0]) if quality > 0]


def _matches(media: str, name: str) -> bool:
    kind, _, rest = MEDIA_TYPES[name].partition("/")
    return media in ("*/*", f"{kind}/*", f"{kind}/{rest}") or NAMED.get(media) == name
