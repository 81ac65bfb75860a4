"""`raysys tokens`: made, listed, revoked; the file never holds a token."""

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import Result

from raysys.serve.tokens import Keyring


def test_a_token_is_printed_once_and_kept_as_a_hash(raysys: Callable[..., Result]):
    token = raysys("tokens", "add", "ann", "--scope", "sample", "--per-minute", 600, "--days", 90).stdout.strip()
    raysys("tokens", "add", "bob")
    assert len(token) == 43
    assert token not in Path("tokens.yaml").read_text()
    found = Keyring(path="tokens.yaml").find(token)
    assert (found.name, found.scopes, found.per_minute, found.is_expired) == ("ann", ("sample",), 600, False)
    listed = raysys("tokens", "list").stdout
    assert "ann" in listed
    assert "sample, upload, jobs" in listed
    assert raysys("tokens", "revoke", "ann").exit_code == 0
    assert Keyring(path="tokens.yaml").find(token) is None


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("add", "ann"), "ann has a token in tokens.yaml; raysys tokens revoke ann takes it back first"),
        (("add", "a b"), "name 'a b' of a token: "),
        (("add", "bob", "--scope", "root"), "scopes 'root' of a token: Input should be 'sample', 'upload', 'jobs'"),
        (("revoke", "eve"), "eve has no token in tokens.yaml; there are those of ann"),
        (("list", "--file", "no.yaml"), "the tokens in no.yaml cannot be read"),
        (("list", "--file", "wrong.yaml"), "wrong.yaml: tokens.0.sha256: "),
    ],
)
def test_mistakes_are_one_sentence(raysys: Callable[..., Result], arguments: tuple[str, ...], sentence: str):
    raysys("tokens", "add", "ann")
    Path("wrong.yaml").write_text("tokens: [{name: ann, sha256: plain}]")
    result = raysys("tokens", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
