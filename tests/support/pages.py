"""Reading a page as a browser would: every tag closed, its words, and the numbers that its tables carry."""

from base64 import b64decode
from html.parser import HTMLParser
from pathlib import Path

VOID = {"meta", "img", "br", "link", "input", "hr"}


class Page(HTMLParser):
    """Reads a page: that every tag is closed, its text outside scripts, its tags with attributes."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.inside: list[str] = []  # the tag that each word stands in
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)
            self.inside.append(self.open[-1] if self.open else "")

    @property
    def text(self) -> str:
        """All words of the page as they stand in the file."""
        return "".join(self.words)

    @property
    def spaced(self) -> str:
        """All words, those of neighbouring tags apart, with a single space between any two."""
        return " ".join(" ".join(self.words).split())

    def errors(self) -> dict[tuple[str, str], float]:
        """{(set, descriptor): MSE} of the table."""
        return self.numbers("data-descriptor", "data-mse")

    def titles(self) -> list[str]:
        """Titles of the parts."""
        return [word for word, tag in zip(self.words, self.inside, strict=True) if tag == "h2"]

    def numbers(self, row: str, cell: str) -> dict[tuple[str, str], float]:
        """{(set, row): number} of a table whose rows and cells carry these attributes."""
        found, name = {}, None
        for _, attrs in self.tags:
            name = attrs.get(row, name)
            if cell in attrs:
                found[attrs["data-set"], name] = float(attrs[cell])
        return found

    def distances(self) -> dict[tuple[str, str, str], float]:
        """{(set, number, measure): distance} of the table."""
        found, head = {}, {}
        for _, attrs in self.tags:
            head = attrs if "data-number" in attrs else head
            if "data-measure" in attrs:
                found[head["data-set"], head["data-number"], attrs["data-measure"]] = float(attrs["data-value"])
        return found

    def pictures(self) -> dict[str, bytes]:
        """{label: PNG} of the images that the page holds."""
        images = [attrs for tag, attrs in self.tags if tag == "img"]
        return {one["alt"]: b64decode(one["src"].removeprefix("data:image/png;base64,")) for one in images}
