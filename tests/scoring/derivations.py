"""Reading a derivation off its page, as a reader with nothing but the page would."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser


@dataclass
class Derivation(HTMLParser):
    """Ids with the text they hold, and the targets of all links within the page."""

    ids: dict[str, str] = field(default_factory=dict)
    twice: list[str] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)
    styled: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        identity = values.get("id") or ""
        if identity:
            if identity in self.ids:
                self.twice.append(identity)
            self.ids[identity] = ""
        if "style" in values or any(name.startswith("on") for name in values):
            self.styled.append(self.get_starttag_text() or tag)
        if len(values.get("href") or "") > 1 and (values["href"] or "").startswith("#"):
            self.targets.append((values["href"] or "")[1:])
        if values.get("class") == "figure":
            self._open = [identity]

    def handle_data(self, data: str) -> None:
        if self._open and self._open[0]:
            self.ids[self._open[0]] += data

    def handle_endtag(self, tag: str) -> None:
        self._open = []


def read(page: bytes) -> Derivation:
    """The page with every link leading somewhere, every id used once, nothing that a strict policy would refuse."""
    found = Derivation()
    found.feed(page.decode())
    assert set(found.targets) <= set(found.ids), set(found.targets) - set(found.ids)
    assert found.twice == []
    assert found.styled == []
    return found
