"""The explorer page as it is answered: markup, style and scripts in one, and the policy that allows no other."""

import base64
import hashlib
from importlib.resources import files

# In the order in which they are read; each is a few functions about one thing.
SCRIPTS = (
    "core",
    "link",
    "model",
    "condition",
    "samples",
    "volumes",
    "surface",
    "curves",
    "snippets",
    "uploads",
    "measure",
    "textures",
    "painting",
    "endless",
    "jobs",
    "start",
)


def explorer_page() -> tuple[str, str]:
    """The document, and its Content-Security-Policy."""
    folder = files("raysys.serve.explorer")
    style = folder.joinpath("style.css").read_text(encoding="utf-8")
    script = "\n".join(folder.joinpath(f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)
    page = folder.joinpath("page.html").read_text(encoding="utf-8")
    page = page.replace("<style></style>", f"<style>{style}</style>", 1)
    page = page.replace("<script></script>", f"<script>{script}</script>", 1)
    # What is in the page, and questions to this endpoint, are all that it needs.
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data: blob:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return page, policy


def _hash(text: str) -> str:
    """By which a browser knows what stands in the page from what somebody has brought into it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
