"""Stored files: unreadable on disk where they are private, checked when read, every download written down."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from accounts.models import Role, RoleGrant, User
from foundation import files
from foundation.models import FileFetch, StoredFile

pytestmark = pytest.mark.django_db

CONTENT = "编号,姓名\r\nE1,张三\r\n".encode()


def user(name: str, role: str = "") -> User:
    made = User.objects.create(username=name, full_name=f"{name}同志")
    if role:
        RoleGrant.objects.create(user=made, role=Role.objects.get(code=role))
    return made


def client_of(who: User) -> Client:
    client = Client()
    client.force_login(who)
    return client


def keep(owner: User, *, encrypted: bool = True, permission: str = "registry.edit", **values: Any) -> StoredFile:
    return files.store(
        CONTENT,
        kind="test",
        name="名单.csv",
        content_type="text/csv",
        permission=permission,
        user=owner,
        encrypted=encrypted,
        **values,
    )


def on_disk(file: StoredFile) -> Path:
    return Path(default_storage.path(f"{file.pk.hex[:2]}/{file.pk.hex}"))


def address(file: StoredFile, name: str = "file-download") -> str:
    return reverse(f"foundation:{name}", args=[file.pk])


def test_it_reads_back_with_its_fingerprint() -> None:
    file = keep(user("owner"), encrypted=False)
    assert files.read(file) == CONTENT
    # sha256 of the bytes above, by sha256sum
    import hashlib

    assert file.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert file.size == len(CONTENT)
    assert on_disk(file).read_bytes() == CONTENT


def test_private_content_is_unreadable_on_disk_and_so_is_its_name() -> None:
    file = keep(user("owner"))
    body = on_disk(file).read_bytes()
    assert "张三".encode() not in body
    assert "名单" not in str(on_disk(file))
    assert on_disk(file).stat().st_mode & 0o077 == 0
    assert files.read(file) == CONTENT


def test_the_body_of_one_file_is_not_that_of_another() -> None:
    owner = user("owner")
    first, second = keep(owner), keep(owner)
    on_disk(second).write_bytes(on_disk(first).read_bytes())
    with pytest.raises(files.FileGone):
        files.read(second)


@pytest.mark.parametrize("encrypted", [True, False])
def test_altered_content_is_not_handed_out(encrypted: bool) -> None:
    file = keep(user("owner"), encrypted=encrypted)
    body = bytearray(on_disk(file).read_bytes())
    body[-1] ^= 1
    on_disk(file).write_bytes(bytes(body))
    with pytest.raises(files.FileGone):
        files.read(file)


def test_an_erased_file_keeps_its_row_and_loses_its_content(django_capture_on_commit_callbacks: Any) -> None:
    file = keep(user("owner"))
    with django_capture_on_commit_callbacks(execute=True):
        files.erase(file)
        assert on_disk(file).exists()  # until the commit
    assert not on_disk(file).exists()
    assert StoredFile.objects.get().erased_at is not None
    with pytest.raises(files.FileGone):
        files.read(file)
    files.erase(file)  # twice changes nothing


def test_a_download_is_handed_out_and_written_down() -> None:
    reader = user("reader", "committee")
    file = keep(user("owner"))
    answer = client_of(reader).get(address(file))
    assert b"".join(answer.streaming_content) == CONTENT
    assert "attachment" in answer["Content-Disposition"]
    assert "max-age=0" in answer["Cache-Control"]
    fetch = FileFetch.objects.get()
    assert (fetch.file, fetch.user) == (file, reader)


@pytest.mark.parametrize("role", ["", "leader", "auditor", "administrator", "supervisor", "liaison"])
def test_without_the_permission_there_is_no_such_file(role: str) -> None:
    client = client_of(user("reader", role))
    file = keep(user("owner"))
    assert client.get(address(file)).status_code == 404
    assert client.get(address(file, "file-detail")).status_code == 404
    assert not FileFetch.objects.exists()


def test_its_maker_too_needs_the_permission_now() -> None:
    owner = user("owner", "committee")
    file = keep(owner)
    RoleGrant.objects.all().delete()
    assert client_of(owner).get(address(file)).status_code == 404


def test_without_a_login_there_is_the_login_page() -> None:
    assert Client().get(address(keep(user("owner")))).status_code == 302


def test_an_erased_file_is_gone_and_its_page_says_so(django_capture_on_commit_callbacks: Any) -> None:
    file = keep(user("owner"))
    with django_capture_on_commit_callbacks(execute=True):
        files.erase(file)
    client = client_of(user("reader", "committee"))
    answer = client.get(address(file))
    assert answer.status_code == 410
    assert "清除。此类文件用毕即清除" in answer.content.decode()
    assert not FileFetch.objects.exists()
    about = client.get(address(file, "file-detail")).content.decode()
    assert address(file) + '"' not in about  # nothing to download


def test_a_damaged_file_is_gone_for_the_reader_and_news_for_the_administrator(
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = keep(user("owner"))
    on_disk(file).write_bytes(b"\x01rubbish that is long enough for a nonce and a tag")
    with caplog.at_level(logging.ERROR):
        answer = client_of(user("reader", "committee")).get(address(file))
    assert answer.status_code == 410
    assert "备份" in answer.content.decode()
    assert str(file.pk) in caplog.text


def test_who_fetched_it_is_there_to_read() -> None:
    reader, other = user("reader", "committee"), user("other", "committee")
    file = keep(user("owner"), year=2008)
    assert "尚无人下载" in client_of(reader).get(address(file, "file-detail")).content.decode()
    client_of(other).get(address(file))
    text = client_of(reader).get(address(file, "file-detail")).content.decode()
    assert "other同志" in text
    assert file.sha256 in text
