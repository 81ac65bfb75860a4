"""Bearer tokens: who has one, for what, how often and until when; kept as hashes in a file.

Ray's own token does not cover Serve's HTTP port.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from raysys.errors import RaysysError
from raysys.files import written_aside

# What a token is for: samples and tiles; uploads that are measured, encoded, segmented; jobs; everything.
Scope = Literal["sample", "upload", "jobs", "admin"]
SCOPES: tuple[Scope, ...] = ("sample", "upload", "jobs")  # of a token of which nothing is said
Name = Annotated[str, StringConstraints(pattern=r"^[\w.@-]{1,64}$")]


def digest(token: str) -> str:
    """SHA-256 of a token: what is kept and travels to replicas, so that no file or Ray table holds the token itself."""
    # Not a slow hash as for passwords: ours have 256 random bits, of which nobody guesses one.
    return hashlib.sha256(token.encode()).hexdigest()


class Token(BaseModel):
    """One caller's token, without the token itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name = Field(description="Whose it is: letters, digits, dots, dashes, @.")
    sha256: str = Field(pattern="^[0-9a-f]{64}$", description="Hash of the token.")
    scopes: tuple[Scope, ...] = Field(SCOPES, min_length=1)
    per_minute: float | None = Field(None, gt=0, description="Requests allowed in a minute; no bound if absent.")
    expires: AwareDatetime | None = Field(None, description="When it stops to be one; never if absent.")

    @property
    def is_expired(self) -> bool:
        """Whether its time is over."""
        return self.expires is not None and self.expires <= datetime.now(UTC)

    def allows(self, scope: Scope | None) -> bool:
        """Whether it is for a scope; None is for whatever needs a token and no scope."""
        return scope is None or scope in self.scopes or "admin" in self.scopes


class TokenFile(BaseModel):
    """The tokens of an endpoint, as a YAML file holds them."""

    model_config = ConfigDict(extra="forbid")

    tokens: list[Token] = []

    def named(self, name: str) -> Token | None:
        """The token of a name."""
        return next((token for token in self.tokens if token.name == name), None)


def read_tokens(path: str | Path) -> TokenFile:
    """Read a file of tokens.

    Raises
    ------
    RaysysError
        If it cannot be read, or something in it is no token.
    """
    try:
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        return TokenFile.model_validate(content or {})
    except (OSError, UnicodeDecodeError) as error:
        raise RaysysError(f"the tokens in {path} cannot be read ({error}); raysys tokens add NAME makes one") from None
    except yaml.YAMLError as error:
        raise RaysysError(f"{path} is no YAML ({' '.join(str(error).split())}); a file of tokens is") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise RaysysError(f"{path}: {where}: {first['msg']}; raysys tokens add NAME writes such a file") from None


def add_token(
    path: Path,
    name: str,
    *,
    scopes: tuple[str, ...] = SCOPES,
    per_minute: float | None = None,
    expires: datetime | None = None,
) -> str:
    """Make a token, keep its hash in a file, and return the token itself, which is nowhere else.

    Raises
    ------
    RaysysError
        If the name has a token already, or the file is none of tokens.
    """
    known = read_tokens(path) if path.exists() else TokenFile()
    if known.named(name):
        raise RaysysError(f"{name} has a token in {path}; raysys tokens revoke {name} takes it back first")
    token = secrets.token_urlsafe(32)
    try:
        fields = {"name": name, "scopes": scopes, "per_minute": per_minute, "expires": expires}
        made = Token.model_validate(fields | {"sha256": digest(token)})
    except ValidationError as error:
        first = error.errors()[0]
        raise RaysysError(f"{first['loc'][0]} {first['input']!r:.80} of a token: {first['msg']}") from None
    _write(path, [*known.tokens, made])
    return token


def revoke_token(path: Path, name: str) -> None:
    """Take a token out of a file; a running endpoint notices within a second.

    Raises
    ------
    RaysysError
        If there is none of that name.
    """
    known = read_tokens(path)
    if not known.named(name):
        names = ", ".join(token.name for token in known.tokens) or "nobody"
        raise RaysysError(f"{name} has no token in {path}; there are those of {names}")
    _write(path, [token for token in known.tokens if token.name != name])


def _write(path: Path, tokens: list[Token]) -> None:
    content = TokenFile(tokens=tokens).model_dump(mode="json", exclude_none=True)
    with written_aside(path) as aside:
        aside.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


class Keyring:
    """The tokens that are good now: one without a name that is good for everything, and those of a file.

    Parameters
    ----------
    token_digest
        `digest(token)` of the one; None for none.
    path
        Of the file, which is read again when it has changed; None for none.
    """

    def __init__(self, token_digest: str | None = None, path: str | None = None) -> None:
        self._one = None if token_digest is None else Token(name="token", sha256=token_digest, scopes=("admin",))
        self._path = None if path is None else Path(path)
        self._stamp: tuple[int, int] | None = None
        self._looked = -1.0
        self._tokens: list[Token] = []
        self._read()

    @property
    def is_open(self) -> bool:
        """Whether everybody may come in."""
        return self._one is None and self._path is None

    def find(self, token: str) -> Token | None:
        """The entry of a token, expired or not; None for no token of ours."""
        found, asked = None, digest(token)
        for known in self._current():
            # Each is compared, and in constant time: the answer's delay says nothing about the tokens.
            if hmac.compare_digest(known.sha256, asked):
                found = known
        return found

    def _current(self) -> list[Token]:
        if self._path is not None and time.monotonic() - self._looked > 1:
            # Half a file, or none, is no reason to let nobody in; those of before are good until it is whole.
            with contextlib.suppress(RaysysError):
                self._read()
        return self._tokens

    def _read(self) -> None:
        self._looked = time.monotonic()
        if self._path is not None:
            stamp = _stamp(self._path)
            if stamp == self._stamp and stamp is not None:
                return
            tokens = read_tokens(self._path).tokens
            self._stamp = stamp
        else:
            tokens = []
        self._tokens = tokens if self._one is None else [self._one, *tokens]


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
