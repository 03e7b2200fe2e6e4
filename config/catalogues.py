"""Message catalogues: reading, merging, checking and compiling gettext's PO files without needing gettext at run time.

Extraction uses GNU ``xgettext`` (a developer's tool); compiling is done here, because a new machine that only runs the
site need not have gettext installed and the compiled files are not in the repository.
The formats are those of the GNU gettext manual, "The Format of PO Files" and "The Format of GNU MO Files".
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

LOCALE = "zh_Hans"

HEADER = (
    "Language: zh_Hans\n"
    "MIME-Version: 1.0\n"
    "Content-Type: text/plain; charset=UTF-8\n"
    "Content-Transfer-Encoding: 8bit\n"
    "Plural-Forms: nplurals=1; plural=0;\n"
)

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_UNESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"'}
_PLACEHOLDER = re.compile(r"%\(\w+\)[#0\- +]*\d*(?:\.\d+)?[a-zA-Z]|%[sd]|\{\w*(?:![rsa])?(?::[^{}]*)?\}")


class CatalogueError(ValueError):
    """A PO file that cannot be read; the text names file and line."""


Key = tuple[str | None, str]


@dataclass(frozen=True)
class Entry:
    """One message: what the code says (`msgid`), what the reader sees (`msgstr`, one text per plural form)."""

    msgid: str
    msgstr: tuple[str, ...] = ()
    plural: str | None = None
    context: str | None = None
    flags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()  # "#. ": the developer to the translator
    remarks: tuple[str, ...] = ()  # "# ": the translator's own
    places: tuple[str, ...] = ()
    obsolete: bool = False

    @property
    def key(self) -> Key:
        return (self.context, self.msgid)

    @property
    def fuzzy(self) -> bool:
        return "fuzzy" in self.flags

    @property
    def translated(self) -> bool:
        return bool(self.msgstr) and all(self.msgstr) and not self.fuzzy

    @property
    def misplaced(self) -> bool:
        """True where a translation loses or invents a placeholder, which would fail or mislead when filled in."""
        if not self.translated or not {"python-format", "python-brace-format"} & set(self.flags):
            return False
        wanted = sorted(_PLACEHOLDER.findall(self.plural or self.msgid))
        return any(sorted(_PLACEHOLDER.findall(text)) != wanted for text in self.msgstr)


@dataclass
class _Draft:
    """What the reader has gathered of the entry it is in."""

    texts: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    obsolete: bool = False
    current: str = ""

    def entry(self) -> Entry | None:
        if "msgid" not in self.texts:
            return None
        forms = sorted((key for key in self.texts if key.startswith("msgstr")), key=lambda key: (len(key), key))
        return Entry(
            msgid=self.texts["msgid"],
            msgstr=tuple(self.texts[key] for key in forms),
            plural=self.texts.get("msgid_plural"),
            context=self.texts.get("msgctxt"),
            flags=tuple(self.flags),
            notes=tuple(self.notes),
            remarks=tuple(self.remarks),
            places=tuple(self.places),
            obsolete=self.obsolete,
        )

    def comment(self, line: str) -> None:
        mark, rest = line[1:2], line[2:].strip()
        if mark == ",":
            self.flags += [flag.strip() for flag in rest.split(",") if flag.strip()]
        elif mark == ".":
            self.notes.append(rest)
        elif mark == ":":
            self.places += rest.split()
        elif mark != "|":  # "#|" is the previous msgid, which nobody reads here
            self.remarks.append(line[1:].strip())


_STATEMENT = re.compile(r'(msgctxt|msgid_plural|msgid|msgstr(?:\[\d+\])?)\s+"(.*)"$')
_CONTINUATION = re.compile(r'"(.*)"$')


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _UNESCAPES.get(match[1], match[0]), text)


def _quote(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char, char) for char in text) + '"'


def parse(text: str, name: str = "catalogue") -> list[Entry]:
    """The entries of a PO file's text, header (msgid "") included, in file order.

    Raises:
        CatalogueError: a line that is neither comment, statement nor continuation.
    """
    entries: list[Entry] = []
    draft = _Draft()

    def finish() -> _Draft:
        entry = draft.entry()
        if entry is not None:
            entries.append(entry)
        return _Draft()

    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line:
            draft = finish()
            continue
        if line.startswith("#") and not line.startswith("#~"):
            if draft.texts:
                draft = finish()
            draft.comment(line)
            continue
        if line.startswith("#~"):
            line = line[2:].strip()
            if line.startswith("|") or not line:
                continue
            if draft.texts and not draft.obsolete:
                draft = finish()
            draft.obsolete = True
        statement = _STATEMENT.match(line)
        if statement:
            keyword = statement[1]
            if keyword in draft.texts or (keyword == "msgctxt" and "msgid" in draft.texts):
                obsolete = draft.obsolete
                draft = finish()
                draft.obsolete = obsolete
            draft.texts[keyword] = _unquote(statement[2])
            draft.current = keyword
            continue
        continuation = _CONTINUATION.match(line)
        if not continuation or not draft.current:
            raise CatalogueError(f"{name}:{number}: not a line of a PO file: {line[:60]}")
        draft.texts[draft.current] += _unquote(continuation[1])
    finish()
    return entries


def read(path: Path) -> dict[Key, Entry]:
    """The entries of a PO file by (context, msgid), without the header; empty when the file does not exist.

    Raises:
        CatalogueError: unreadable, or the same message twice.
    """
    if not path.exists():
        return {}
    found: dict[Key, Entry] = {}
    for entry in parse(path.read_text(encoding="utf-8"), str(path)):
        if entry.key == (None, ""):
            continue
        known = found.get(entry.key)
        if known is not None and not known.obsolete and not entry.obsolete:
            raise CatalogueError(f"{path}: the message {entry.msgid!r} is there twice")
        if known is None or known.obsolete:
            found[entry.key] = entry
    return found


def _statement(keyword: str, text: str) -> Iterator[str]:
    """A keyword with its text, one line of the file per line of the text, never wrapped (diffs stay small)."""
    lines = re.findall(r"[^\n]*\n|[^\n]+$", text)
    if len(lines) <= 1:
        yield f"{keyword} {_quote(text)}"
        return
    yield f'{keyword} ""'
    for line in lines:
        yield _quote(line)


def _render(entry: Entry) -> str:
    lines = [f"# {remark}".rstrip() for remark in entry.remarks]
    lines += [f"#. {note}" for note in entry.notes]
    lines += [f"#: {place}" for place in entry.places]
    if entry.flags:
        lines.append("#, " + ", ".join(entry.flags))
    body: list[str] = []
    if entry.context is not None:
        body += _statement("msgctxt", entry.context)
    body += _statement("msgid", entry.msgid)
    if entry.plural is not None:
        body += _statement("msgid_plural", entry.plural)
        for form, text in enumerate(entry.msgstr or ("",)):
            body += _statement(f"msgstr[{form}]", text)
    else:
        body += _statement("msgstr", entry.msgstr[0] if entry.msgstr else "")
    return "\n".join(lines + ([f"#~ {line}" for line in body] if entry.obsolete else body))


def render(entries: Iterable[Entry]) -> str:
    """The text of a PO file: header, messages sorted by msgid, the obsolete ones last."""
    ordered = sorted(entries, key=lambda entry: (entry.obsolete, entry.msgid, entry.context or ""))
    blocks = [_render(Entry("", (HEADER,)))] + [_render(entry) for entry in ordered]
    return "\n\n".join(blocks) + "\n"


def merge(wanted: Iterable[Entry], known: dict[Key, Entry], memory: dict[Key, Entry]) -> list[Entry]:
    """The catalogue for the messages `wanted` by the code: translations from `known`, else from other apps' (`memory`).

    Messages the code no longer has are kept as obsolete where they were translated, so that an unfinished edit of the
    code never costs a translation.
    """
    merged: dict[Key, Entry] = {}
    for entry in wanted:
        forms = 1  # zh_Hans has one plural form
        old = known.get(entry.key) or memory.get(entry.key)
        fits = old is not None and (old.plural is None) == (entry.plural is None)
        text = old.msgstr if old is not None and fits and old.msgstr else ("",) * forms
        fuzzy = ("fuzzy",) if old is not None and fits and old.fuzzy else ()
        merged[entry.key] = replace(
            entry, msgstr=text, flags=fuzzy + entry.flags, remarks=old.remarks if old is not None else ()
        )
    for key, old in known.items():
        if key not in merged and any(old.msgstr):
            merged[key] = replace(old, obsolete=True, places=(), notes=(), remarks=(), flags=())
    return list(merged.values())


def faults(wanted: Iterable[Entry], known: dict[Key, Entry]) -> list[str]:
    """What keeps a catalogue from being complete for the messages `wanted`; one line per fault, empty when it is."""
    lines: list[str] = []
    wanted_keys = set()
    for entry in sorted(wanted, key=lambda entry: (entry.msgid, entry.context or "")):
        wanted_keys.add(entry.key)
        place = entry.places[0] if entry.places else "?"
        old = known.get(entry.key)
        if old is None or old.obsolete:
            lines.append(f"missing      {place}: {entry.msgid[:80]!r}")
        elif old.fuzzy:
            lines.append(f"fuzzy        {place}: {entry.msgid[:80]!r}")
        elif not old.translated or (old.plural is None) != (entry.plural is None):
            lines.append(f"untranslated {place}: {entry.msgid[:80]!r}")
        elif replace(old, flags=entry.flags, plural=entry.plural).misplaced:
            lines.append(f"placeholders {place}: {entry.msgid[:80]!r} -> {old.msgstr[0][:80]!r}")
    for key, old in sorted(known.items(), key=lambda item: item[0][1]):
        if key not in wanted_keys and not old.obsolete:
            lines.append(f"stale        {old.msgid[:80]!r}")
    return lines


def compile_catalogue(entries: Iterable[Entry]) -> bytes:
    """The MO file (little endian, no hash table) of the translated, non-obsolete entries, header included."""
    texts = {b"": HEADER.encode()}
    for entry in entries:
        if entry.obsolete or not entry.translated or entry.key == (None, ""):
            continue
        source = entry.msgid if entry.plural is None else f"{entry.msgid}\0{entry.plural}"
        if entry.context is not None:
            source = f"{entry.context}\4{source}"
        texts[source.encode()] = "\0".join(entry.msgstr).encode()
    pairs = sorted(texts.items())
    start = 28 + 16 * len(pairs)
    sources = b"".join(key + b"\0" for key, _ in pairs)
    table_of_sources, table_of_texts = b"", b""
    at_source, at_text = start, start + len(sources)
    for key, value in pairs:
        table_of_sources += struct.pack("<2I", len(key), at_source)
        table_of_texts += struct.pack("<2I", len(value), at_text)
        at_source += len(key) + 1
        at_text += len(value) + 1
    head = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, start)
    return head + table_of_sources + table_of_texts + sources + b"".join(value + b"\0" for _, value in pairs)


def compile_stale(roots: Iterable[Path], force: bool = False) -> list[Path]:
    """Compile each PO file under the `locale` folders `roots` whose MO file is missing or older; the files written."""
    written: list[Path] = []
    for root in roots:
        for source in sorted(root.glob("*/LC_MESSAGES/*.po")):
            target = source.with_suffix(".mo")
            if not force and target.exists() and target.stat().st_mtime >= source.stat().st_mtime:
                continue
            content = compile_catalogue(read(source).values())
            scratch = target.with_suffix(".mo.new")
            scratch.write_bytes(content)
            scratch.replace(target)  # a reader never sees half a file
            written.append(target)
    return written
