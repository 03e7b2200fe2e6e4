"""The published list: "is it in?" on the page, and by hand as docs/receipts.md tells it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

from evaluation import receipts
from evaluation.services.closing import close_round
from evaluation.services.counting import count_round
from evaluation.services.submitting import Content, new_token, submit
from tests.ballot.world import World, build

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def counted(transactional_db) -> tuple[World, list[str]]:
    """Five ballots, counted, and their receipts as printed."""
    world = build()
    texts = []
    for index in range(5):
        token = new_token()
        submit(admission=world.admission(index), content=Content(bytes(world.size)), token=token)
        texts.append(receipts.grouped(receipts.text_of(token)))
    close_round(actor=world.staff, round=world.round)
    count_round(actor=world.staff, round=world.round)
    return world, texts


def ask(typed: str) -> str:
    return Client().post("/b/receipts/2008/", {"receipt": typed}).content.decode()


class TestPage:
    def test_is_it_in(self, counted: tuple[World, list[str]]) -> None:
        _world, texts = counted
        for text in texts:
            assert "已计入。" in ask(text)
        assert "已计入。" in ask(texts[0].lower().replace("-", " ").replace("0", "o"))

    def test_it_is_not(self, counted: tuple[World, list[str]]) -> None:
        assert "不在清单中。" in ask(receipts.text_of(new_token()))

    def test_a_typing_error_is_told_apart(self, counted: tuple[World, list[str]]) -> None:
        text = counted[1][0]
        wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
        page = ask(wrong)
        assert "输入有误。" in page
        assert "不在清单中。" not in page
        assert "输入有误。" in ask("x")

    def test_list_and_root_are_public(self, counted: tuple[World, list[str]]) -> None:
        world, texts = counted
        client = Client()
        assert world.round.title in client.get("/b/receipts/").content.decode()
        assert world.round.receipts_root in client.get("/b/receipts/2008/").content.decode()
        response = client.get("/b/receipts/2008/receipts.txt")
        lines = response.content.decode().splitlines()
        assert lines == sorted(receipts.hash_of(text.replace("-", "")).hex() for text in texts)
        assert (
            client.get("/b/receipts/2008/receipts.txt", headers={"if-none-match": response["ETag"]}).status_code == 304
        )

    @pytest.mark.django_db
    def test_nothing_before_the_box_is_opened(self) -> None:
        world = build()
        submit(admission=world.admission(), content=Content(bytes(world.size)), token=new_token())
        client = Client()
        assert "尚未公布回执清单" in client.get("/b/receipts/").content.decode()
        for path in ("", "receipts.txt"):
            assert client.get(f"/b/receipts/2008/{path}").status_code == 404
        close_round(actor=world.staff, round=world.round)
        assert client.get("/b/receipts/2008/").status_code == 404


class TestByHand:
    def test_the_documents_own_program(self, counted: tuple[World, list[str]], tmp_path: Path) -> None:
        world, texts = counted
        document = (ROOT / "docs" / "receipts.md").read_text(encoding="utf-8")
        program = re.search(r"```python\n(.*?)```", document, re.S)
        assert program
        (tmp_path / "check.py").write_text(program[1], encoding="utf-8")
        published = Client().get("/b/receipts/2008/receipts.txt").content
        (tmp_path / "receipts.txt").write_bytes(published)

        def run(text: str) -> str:
            command = [sys.executable, "check.py", "receipts.txt", text]
            return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout

        assert run(texts[0]) == f"root {world.round.receipts_root}\nin the list\n"
        assert run(receipts.text_of(new_token())) == f"root {world.round.receipts_root}\nNOT in the list\n"
