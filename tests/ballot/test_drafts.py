"""Drafts: kept as they are given, readable with the code alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.ballot_code import demo_code
from evaluation.envelopes import BUCKETS
from evaluation.refusals import Refused
from evaluation.services.drafts import Draft, fits, open_draft, save_draft, seal_draft, start_draft, version_of
from evaluation.services.submitting import Content, new_token, submit
from tests.ballot.world import World, build

CODE, OTHER = demo_code("drafts", 2008, 0), demo_code("drafts", 2008, 1)


class TestSealing:
    @settings(max_examples=25)
    @given(st.binary(max_size=200), st.dictionaries(st.text(min_size=1, max_size=5), st.text(max_size=300), max_size=4))
    def test_a_draft_comes_back(self, answers: bytes, opinions: dict[str, str]) -> None:
        draft = Draft(answers, opinions)
        sealed = seal_draft(CODE, draft)
        assert open_draft(CODE, sealed, len(answers)) == draft
        assert len(sealed) in BUCKETS

    def test_without_the_code_it_is_empty(self) -> None:
        sealed = seal_draft(CODE, Draft(b"\x03" * 6, {"D001": "太慢"}))
        assert open_draft(OTHER, sealed, 6) == Draft(bytes(6))
        assert "太慢".encode() not in sealed

    def test_none_and_garbage_are_an_empty_draft(self) -> None:
        for sealed in (None, b"", b"x" * 2048):
            assert open_draft(CODE, sealed, 3) == Draft(bytes(3))

    def test_the_length_does_not_tell_how_much_was_answered(self) -> None:
        nothing, everything = Draft(bytes(84)), Draft(b"\x04" * 84, {"D001": "办事窗口排队时间太长。"})
        assert len(seal_draft(CODE, nothing)) == len(seal_draft(CODE, everything)) == 2048

    def test_a_draft_does_not_show_itself(self) -> None:
        assert "太慢" not in repr(Draft(b"\x01", {"D001": "太慢"}))

    def test_thirty_long_opinions_do_not_fit(self) -> None:
        assert fits({f"D{n}": "意" * 2000 for n in range(20)}, 84)
        assert not fits({f"D{n}": "意" * 2000 for n in range(30)}, 84)


@pytest.mark.django_db
class TestSaving:
    @pytest.fixture
    def world(self) -> World:
        return build()

    def test_pages_add_up(self, world: World) -> None:
        save_draft(admission=world.admission(), answers={0: 1, 1: 2}, opinions={"D000": "好"})
        draft, version = save_draft(admission=world.admission(), answers={1: 0, 2: 3}, opinions={"D001": "快"})
        assert draft == Draft(bytes([1, 0, 3, 0, 0, 0]), {"D000": "好", "D001": "快"})
        assert version == version_of(world.reload().draft)
        assert open_draft(world.codes[0], world.reload().draft, 6) == draft

    def test_two_windows_lose_nothing_of_each_other(self, world: World) -> None:
        one, two = world.admission(), world.admission()
        save_draft(admission=one, answers={0: 1}, opinions={})
        draft, _version = save_draft(admission=two, answers={5: 2}, opinions={})
        assert draft.answers == bytes([1, 0, 0, 0, 0, 2])

    def test_the_same_once_more_changes_nothing(self, world: World) -> None:
        _draft, first = save_draft(admission=world.admission(), answers={0: 1}, opinions={})
        _draft, second = save_draft(admission=world.admission(), answers={0: 1}, opinions={})
        assert first == second

    def test_an_opinion_is_taken_back(self, world: World) -> None:
        save_draft(admission=world.admission(), answers={}, opinions={"D000": "好"})
        draft, _version = save_draft(admission=world.admission(), answers={}, opinions={"D000": ""})
        assert draft.is_empty

    def test_the_row_holds_nothing_readable(self, world: World) -> None:
        save_draft(admission=world.admission(), answers={0: 2}, opinions={"D000": "窗口人员态度生硬"})
        stored = bytes(world.reload().draft)
        assert "窗口".encode() not in stored
        assert world.codes[0].reveal().encode() not in stored

    def test_a_late_save_does_not_come_back_to_life(self, world: World) -> None:
        """The window saves by itself after its twin has submitted."""
        save_draft(admission=world.admission(), answers={0: 1}, opinions={})
        window = world.admission()
        submit(admission=world.admission(), content=Content(bytes([1]) * 6), token=new_token())
        with pytest.raises(Refused):
            save_draft(admission=window, answers={0: 2}, opinions={})
        with pytest.raises(Refused):
            save_draft(admission=world.admission(), answers={0: 2}, opinions={})
        assert world.reload().draft is None

    def test_a_replacement_has_to_be_begun(self, world: World) -> None:
        submit(admission=world.admission(), content=Content(bytes([1]) * 6), token=new_token())
        start_draft(admission=world.admission())
        draft, _version = save_draft(admission=world.admission(), answers={0: 2}, opinions={})
        assert draft.answers == bytes([2, 0, 0, 0, 0, 0])

    def test_too_much_is_refused(self, world: World) -> None:
        long = {f"D{n:03}": "意" * 2000 for n in range(6)}
        save_draft(admission=world.admission(), answers={}, opinions=long)
        with pytest.raises(Refused):
            save_draft(admission=world.admission(), answers={}, opinions={f"X{n}": "意" * 2000 for n in range(30)})
