"""Parts of files."""

import pytest

from raysys.serve.jobs.ranges import Part, part_of
from raysys.serve.refused import RefusedError


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=-", None),
        ("lines=1-2", None),
        ("bytes=0-0,5-6", None),
        ("bytes=0-", (0, 10)),
        ("bytes=2-4", (2, 5)),
        ("bytes=2-400", (2, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-30", (0, 10)),
    ],
)
def test_a_range_is_a_part(header: str | None, part: tuple[int, int] | None):
    assert part_of(header, 10) == (None if part is None else Part(*part, 10))


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=5-4", "bytes=-0"])
def test_what_a_file_does_not_have_is_refused(header: str):
    with pytest.raises(RefusedError) as refused:
        part_of(header, 10)
    assert refused.value.status == 416
