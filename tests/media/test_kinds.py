"""Laws of telling a file's kind by its bytes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain import menus
from bot.media import images, kinds
from bot.media.kinds import Kind, kind_of


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", kinds.JPEG),
        (b"\x89PNG\r\n\x1a\n", kinds.PNG),
        (b"GIF89a", kinds.GIF),
        (b"RIFF\0\0\0\0WEBPVP8 ", kinds.WEBP),
        (b"RIFF\0\0\0\0WAVEfmt ", kinds.WAV),
        (b"RIFF\0\0\0\0AVI ", kinds.AVI),
        (b"RIFF\0\0\0\0RMID", None),
        (b"FLV\1\5\0\0\0\x09", kinds.FLV),
        (b"\0\0\1\xbaD\0", kinds.MPEG),
        (b"G\x40\0\x10\0\0\xb0\x0d", kinds.MPEG_TS),
        (b"G\x40\x11\x10\0\x42\xf0\x25", kinds.MPEG_TS),
        (b"\0\1\2\3G\x40\0\x10\0\0\xb0\x0d", kinds.MPEG_TS),
        (b"G\x40\1\x10\0\0\xb0\x0d", None),
        (b"GIF8", None),
        (b"II*\0\x10\0\0\0CR\2\0", kinds.RAW),
        (b"II*\0\x08\0\0\0", kinds.TIFF),
        (b"\0\0\0\x18ftypcrx \0\0\0\1crx isom", kinds.RAW),
        (b"FUJIFILMCCD-RAW 0201", kinds.RAW),
        (b"8BPS\0\1", kinds.PSD),
        (b"\0\0\1\0\2\0\x10\x10", kinds.ICO),
        (b"\0\0\1\0ftypisom\0\0\2\0isomavc1", kinds.MP4),
        (b"\0\0\1\0ftypqt  \0\0\2\0qt  ", kinds.MOV),
        (b"\0\0\1\0moov\0\0\0\x6cmvhd", kinds.MOV),
        (b"\0\0\1\0uuid\0\0\0\0", None),
        (b"RF64\xff\xff\xff\xffWAVEds64", kinds.WAV),
        (b"BW64\xff\xff\xff\xffWAVEds64", kinds.WAV),
        (b"FORM\0\0\0\0AIFFCOMM", kinds.AIFF),
        (b"FORM\0\0\0\0AIFCFVER", kinds.AIFF),
        (b"FORM\0\0\0\0ILBMBMHD", None),
        (b"#!AMR\n\x3c", kinds.AMR),
        (b"#!AMR-WB\n\x44", kinds.AMR),
        (b"caff\0\1\0\0desc", kinds.CAF),
        (b".snd\0\0\0\x18", kinds.AU),
        (b"riff.\x91\xcf\x11\xa5\xd6\x28\xdb\x04\xc1\0\0", kinds.W64),
        (b"0&\xb2u\x8ef\xcf\x11\xa6\xd9\0\xaa\0b\xcel", kinds.ASF),
        (b"\x0bw\x81\xa5L@", kinds.AC3),
        (b"\x0bw\0\xcfr\x87", kinds.EAC3),
        (b"\x0bw\0\0\0\xff", None),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", kinds.HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", kinds.HEIC),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1avif", kinds.AVIF),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1", kinds.AVIF),
        (b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom", kinds.M4A),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomavc1", kinds.MP4),
        (b"\0\0\0\x14ftypqt  \0\0\2\0qt  ", kinds.MOV),
        (b"\0\0\0\x08wide\0\0\0\0mdat", kinds.MOV),
        (b"ID3\x04\0\0\0\0\0\0", kinds.MP3),
        (b"\xff\xfb\x90\x64", kinds.MP3),
        (b"\xff\xfd\x90\x04", kinds.MP2),
        (b"\xff\xf1\x50\x80", kinds.AAC),
        (b"OggS\0\2", kinds.OGG),
        (b"fLaC\0\0\0\x22", kinds.FLAC),
        (b"\x1aE\xdf\xa3", kinds.WEBM),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"#EXTM3U\n", None),
        (b"ffconcat version 1.0", None),
        (b"\xff\xff", None),
        (b"", None),
    ],
)
def test_the_first_bytes_decide(head: bytes, kind: Kind | None) -> None:
    """Each signature is told from its neighbours; text of any sort is no media."""
    assert kind_of(head) == kind


def test_the_menu_of_a_message_offers_what_is_read() -> None:
    """A file of which Discord says no type is offered by its ending if its kind can be used."""
    known = [kind for kind in vars(kinds).values() if isinstance(kind, Kind)]
    pictures = {kind.suffix for kind in known if kind.is_picture} - {
        kind.suffix for kind in images._NO_READER
    }
    assert pictures <= set(menus.PICTURE_ENDINGS)
    assert {kind.suffix for kind in known if kind.is_sound} <= set(menus.SOUND_ENDINGS)


@given(st.binary(max_size=96))
def test_any_bytes_have_an_answer(head: bytes) -> None:
    """No beginning of a file makes the check fail."""
    kind = kind_of(head)
    assert kind is None or (kind.suffix.startswith(".") and "/" in kind.media_type)
