"""The kind of a file, decided by its first bytes and never by its name or declared type."""

from dataclasses import dataclass

SIGNATURE_BYTES = 64  # this many bytes are enough for `kind_of`


@dataclass(frozen=True, slots=True)
class Kind:
    """A media type: our name for it, its MIME type, the suffix for its files, and its title.

    The title is what people call it, where that is not the name in capitals.
    """

    name: str
    media_type: str
    suffix: str
    title: str = ""

    @property
    def is_picture(self) -> bool:
        """Whether it is a still or animated image."""
        return self.media_type.startswith("image/")

    @property
    def is_sound(self) -> bool:
        """Whether it is sound alone."""
        return self.media_type.startswith("audio/")

    @property
    def is_clip(self) -> bool:
        """Whether it is a container that usually holds video."""
        return self.media_type.startswith("video/")


JPEG = Kind("jpeg", "image/jpeg", ".jpg")
PNG = Kind("png", "image/png", ".png")
GIF = Kind("gif", "image/gif", ".gif")
WEBP = Kind("webp", "image/webp", ".webp")
BMP = Kind("bmp", "image/bmp", ".bmp")
TIFF = Kind("tiff", "image/tiff", ".tiff")
HEIC = Kind("heic", "image/heic", ".heic")
AVIF = Kind("avif", "image/avif", ".avif")
JXL = Kind("jxl", "image/jxl", ".jxl", "JPEG XL")
RAW = Kind("raw", "image/x-raw", ".dng", "RAW")  # what the sensor of a camera saw
PSD = Kind("psd", "image/vnd.adobe.photoshop", ".psd", "Photoshop")
ICO = Kind("ico", "image/x-icon", ".ico", "ICO")
JP2 = Kind("jp2", "image/jp2", ".jp2", "JPEG 2000")
MP3 = Kind("mp3", "audio/mpeg", ".mp3")
MP2 = Kind("mp2", "audio/mpeg", ".mp2")
AAC = Kind("aac", "audio/aac", ".aac")
WAV = Kind("wav", "audio/wav", ".wav")
OGG = Kind("ogg", "audio/ogg", ".ogg")
FLAC = Kind("flac", "audio/flac", ".flac")
AMR = Kind("amr", "audio/amr", ".amr")
AIFF = Kind("aiff", "audio/aiff", ".aiff")
AU = Kind("au", "audio/basic", ".au")
CAF = Kind("caf", "audio/x-caf", ".caf")
W64 = Kind("w64", "audio/x-w64", ".w64")
AC3 = Kind("ac3", "audio/ac3", ".ac3")
EAC3 = Kind("eac3", "audio/eac3", ".ec3")
ASF = Kind("asf", "application/vnd.ms-asf", ".asf")  # Windows Media, mostly sound alone (WMA)
M4A = Kind("m4a", "audio/mp4", ".m4a")
MP4 = Kind("mp4", "video/mp4", ".mp4")
MOV = Kind("mov", "video/quicktime", ".mov")
WEBM = Kind("webm", "video/webm", ".webm")
AVI = Kind("avi", "video/x-msvideo", ".avi")
FLV = Kind("flv", "video/x-flv", ".flv")
MPEG = Kind("mpeg", "video/mpeg", ".mpg")
MPEG_TS = Kind("mpeg-ts", "video/mp2t", ".ts")

_STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"BM", BMP),
    (b"\xff\x0a", JXL),
    (b"\0\0\0\x0cJXL \r\n\x87\n", JXL),
    (b"II*\0\x10\0\0\0CR", RAW),  # Canon's CR2; most others are told from a TIFF by `raw_photos`
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"IIRO", RAW),
    (b"IIRS", RAW),
    (b"IIU\0", RAW),
    (b"FUJIFILMCCD-RAW", RAW),
    (b"8BPS", PSD),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JP2),
    (b"OggS", OGG),
    (b"fLaC", FLAC),
    (b"ID3", MP3),  # or another sound behind the tag: `bot.media.sound_kinds`
    (b"\x1aE\xdf\xa3", WEBM),
    (b"#!AMR", AMR),
    (b".snd", AU),
    (b"caff", CAF),
    (bytes.fromhex("72696666 2e91cf11 a5d628db 04c10000"), W64),
    (b"FLV\1", FLV),
    (b"\0\0\1\xba", MPEG),
    (bytes.fromhex("3026b275 8e66cf11 a6d900aa 0062ce6c"), ASF),
)
_TYPED = {
    (b"RIFF", b"WEBP"): WEBP,
    (b"RIFF", b"WAVE"): WAV,
    (b"RF64", b"WAVE"): WAV,  # EBU Tech 3306: WAV with sizes of 64 bits
    (b"BW64", b"WAVE"): WAV,  # ITU-R BS.2088: the same under another name
    (b"RIFF", b"AVI "): AVI,
    (b"FORM", b"AIFF"): AIFF,
    (b"FORM", b"AIFC"): AIFF,
}
"""The first four bytes and those at 8, of files whose length stands between."""
_BRANDS = {
    b"avif": AVIF,
    b"avis": AVIF,
    b"heic": HEIC,
    b"heix": HEIC,
    b"heim": HEIC,
    b"heis": HEIC,
    b"hevc": HEIC,
    b"hevx": HEIC,
    b"mif1": HEIC,
    b"msf1": HEIC,
    b"M4A ": M4A,
    b"M4B ": M4A,
    b"qt  ": MOV,
    b"crx ": RAW,  # Canon's CR3
}
_FIRST_TABLES = frozenset({(b"\x40\0", b"\0\0"), (b"\x40\x11", b"\0\x42")})
"""The packet's number, and the kind of table: of programs (PAT), or of their names (SDT)."""
_ICONS = b"\0\0\1\0"
"""Also the length of a box of MP4 with 256 to 511 bytes, whose name follows where icons have their
number; its second byte is 0, since no icon holds 256 pictures."""
_OLD_MOV_ATOMS = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip"})


def kind_of(head: bytes) -> Kind | None:
    """The kind whose signature `head` begins with, or None; the first `SIGNATURE_BYTES` decide."""
    head = head[:SIGNATURE_BYTES]
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if (typed := _TYPED.get((head[:4], head[8:12]))) is not None:
        return typed
    if head[4:8] == b"ftyp":
        return _kind_of_brands(head)
    if head[4:8] in _OLD_MOV_ATOMS:
        return MOV
    if head.startswith(_ICONS) and len(head) > 5 and head[4] and not head[5]:  # noqa: PLR2004
        return ICO
    return MPEG_TS if _is_transport(head) else _kind_of_frame(head)


def _kind_of_brands(head: bytes) -> Kind:
    """The first brand that decides: `mif1` alone means HEIC, but an AVIF may begin with it too."""
    end = min(int.from_bytes(head[:4], "big"), len(head))
    major, compatible = head[8:12], [head[at : at + 4] for at in range(16, end, 4)]
    if major in {b"mif1", b"msf1"} and {b"avif", b"avis"} & set(compatible):
        return AVIF
    return _BRANDS.get(major, MP4)


def _is_transport(head: bytes) -> bool:
    """Whether a stream begins as writers begin one, with its first table (ISO 13818-1, 2.4.4).

    Cameras write four bytes of time in front of each packet (AVCHD).
    """
    return any(
        head[at : at + 1] == b"G"
        and (head[at + 1 : at + 3], head[at + 4 : at + 6]) in _FIRST_TABLES
        for at in (0, 4)
    )


def _kind_of_frame(head: bytes) -> Kind | None:
    """Sound without a container begins with a frame."""
    if head[:2] == b"\x0b\x77" and len(head) > 5:  # noqa: PLR2004 - where its version stands
        return _kind_of_ac3(head[5] >> 3)
    # MPEG audio: 11 set bits, then version and layer; ADTS (AAC) has 12 set bits and layer 0.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:  # noqa: PLR2004 - bit masks
        return None
    layer = head[1] >> 1 & 3
    if layer == 0:
        return AAC if head[1] & 0xF0 == 0xF0 else None  # noqa: PLR2004 - as above
    return MP3 if layer == 1 else MP2


def _kind_of_ac3(version: int) -> Kind | None:
    """Up to 10 it is AC-3, up to 16 Enhanced AC-3 (`bsid`, ETSI TS 102 366)."""
    if version > 16:  # noqa: PLR2004 - as above
        return None
    return AC3 if version <= 10 else EAC3  # noqa: PLR2004 - as above
