"""Packings and character sets as hosts name them, rightly and wrongly."""

import gzip
import zlib
from collections.abc import Callable

import brotli
import pytest

from tests.indexer.corpus.fetching.conftest import Host, Reader, rss

FEED = rss("birds", ["owls"])
RUSSIAN = "Физик рассказывает про чёрные дыры"
Pack = Callable[[bytes], bytes]


def as_it_is(body: bytes) -> bytes:
    return body


def raw_deflate(body: bytes) -> bytes:
    return zlib.compress(body, wbits=-zlib.MAX_WBITS)


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("br", brotli.compress),
        ("none", as_it_is),
        ("UTF-8", as_it_is),
        ("utf8", as_it_is),
        ("identity", as_it_is),
        ("", as_it_is),
    ],
)
def test_a_body_is_decompressed_whatever_its_encoding_is_called(
    host: Host, read: Reader, name: str, pack: Pack
) -> None:
    host.pages = {"/feed": (200, pack(FEED), {"Content-Encoding": name})}
    assert read(f"{host.address}/feed").titles == ["owls"]
    [(_, headers)] = host.asked
    assert headers["Accept-Encoding"] == "gzip, deflate, br"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("br", b"\x1b\x00\x00xx"),
        ("gzip", b"no gzip"),
        ("br", brotli.compress(bytes(80 << 20))),
        ("br, gzip", gzip.compress(brotli.compress(FEED))),
        ("zstd", FEED),
    ],
)
def test_a_body_that_cannot_be_decompressed_keeps_the_last_read(
    host: Host, read: Reader, name: str, body: bytes
) -> None:
    host.pages = {"/feed": FEED}
    read(f"{host.address}/feed")
    host.pages = {"/feed": (200, body, {"Content-Encoding": name})}
    found = read(f"{host.address}/feed")
    assert [found.titles, len(found.told)] == [["owls"], 1]


def feed_of(text: str, declaration: str = "") -> str:
    item = f"<item><title>{text}</title><description>{text}.</description></item>"
    return f'{declaration}<rss version="2.0"><channel><title>s</title>{item}</channel></rss>'


@pytest.mark.parametrize(
    ("declaration", "encoding", "content_type"),
    [
        ("", "windows-1251", "text/xml; charset=windows-1251"),
        ("", "windows-1251", "application/rss+xml;charset='Windows-1251'"),
        ('<?xml version="1.0"?>', "koi8-r", 'text/xml; charset="koi8-r"'),
        ('<?xml version="1.0" encoding="windows-1251"?>', "windows-1251", "text/xml"),
        ('<?xml version="1.0" encoding="windows-1251"?>', "windows-1251", "text/xml;charset=utf-8"),
        ("", "utf-8", "text/xml; charset=iso-8859-1"),
        ("", "utf-8-sig", "text/xml; charset=windows-1251"),
        ("", "utf-8", "text/xml; charset=nonsense"),
        ("", "utf-8", "text/xml; charset=base64"),
        ("", "utf-8", "text/xml"),
        ("", "utf-16", "text/xml; charset=utf-16"),
        ("", "utf-16-le", "text/xml; charset=utf-16le"),
        ("", "utf-16-be", "text/xml; charset=utf-16be"),
    ],
)
def test_the_declaration_then_the_header_names_the_character_set(
    host: Host, read: Reader, declaration: str, encoding: str, content_type: str
) -> None:
    body = feed_of(RUSSIAN, declaration).encode(encoding)
    host.pages = {"/feed.xml": (200, body, {"Content-Type": content_type})}
    for _ in range(2):
        found = read(f"{host.address}/feed.xml")
        assert [found.titles, found.told] == [[RUSSIAN], []]


def test_japanese_that_looks_like_ascii_is_read_by_the_header(host: Host, read: Reader) -> None:
    body = feed_of("日本語の番組").encode("iso-2022-jp")
    host.pages = {"/feed.xml": (200, body, {"Content-Type": "text/xml; charset=ISO-2022-JP"})}
    assert read(f"{host.address}/feed.xml").titles == ["日本語の番組"]


def test_a_table_is_read_in_the_character_set_of_the_header(host: Host, read: Reader) -> None:
    body = f"title,summary\n1,{RUSSIAN}\n".encode("windows-1251")
    host.pages = {"/t.csv": (200, body, {"Content-Type": "text/csv; charset=windows-1251"})}
    assert [each["summary"] for each in read(f"{host.address}/t.csv").records] == [RUSSIAN]
