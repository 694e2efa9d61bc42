"""Keeps a tour: the posted files, a page that shows the conversation, and the terminal's lines."""

import html
import re
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from sandbox.discord import Attachment, Message
from sandbox.tour.moments import MOMENT, said_at
from sandbox.tour.script import ESCAPED
from sandbox.tour.stage import Stage

PAGE: Final = "transcript.html"
LINES: Final = "transcript.txt"
MEDIA: Final = "media"
STYLE: Final = """
:root { color-scheme: dark; }
body { background: #313338; color: #dbdee1; font: 16px/1.4 system-ui, sans-serif; margin: 0; }
main { max-width: 860px; margin: 0 auto; padding: 24px; }
h1 { font-size: 20px; color: #f2f3f5; border-bottom: 1px solid #3f4147; padding-bottom: 12px; }
article { display: grid; grid-template-columns: 40px 1fr; gap: 0 14px; margin: 18px 0; }
article > i { width: 40px; height: 40px; border-radius: 50%; background: #5b6cff; color: #fff;
  font: 600 18px/40px system-ui; text-align: center; grid-row: span 2; }
article.member > i { background: #2bb673; }
header b { color: #f2f3f5; } header small { color: #949ba4; margin-left: 8px; }
.used { color: #949ba4; font-size: 14px; } .used b { color: #c9cdfb; }
.private { background: #3a3c43; border-radius: 8px; padding: 8px 12px; }
.card { border-left: 4px solid; background: #2b2d31; border-radius: 4px; padding: 10px 14px;
  margin-top: 6px; max-width: 560px; }
.card h2 { font-size: 16px; margin: 0 0 6px; color: #f2f3f5; }
.card footer, .only { color: #949ba4; font-size: 12px; margin-top: 8px; }
blockquote { margin: 4px 0; padding-left: 12px; border-left: 4px solid #4e5058; }
.files { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 8px; }
.files img, .files video { max-width: 400px; max-height: 300px; border-radius: 8px; }
.files.many img { max-width: 270px; }
.mention { background: #3c4270; color: #c9cdfb; border-radius: 3px; padding: 0 3px; }
.press { display: inline-block; background: #4e5058; color: #fff; border-radius: 6px;
  padding: 5px 14px; margin: 8px 6px 0 0; font-size: 14px; }
code { background: #1e1f22; border-radius: 3px; padding: 0 4px; }
"""


def keep(stage: Stage, out: Path, lines: Sequence[str]) -> Path:
    """Write everything into `out`, replacing an earlier tour, and return the page's path."""
    media = out / MEDIA
    shutil.rmtree(media, ignore_errors=True)
    media.mkdir(parents=True)
    messages = sorted(
        (m for m in stage.discord.store.messages.values() if m.channel is stage.channel),
        key=lambda message: message.id,
    )
    names = {str(user.id): user.name for user in stage.discord.store.users.values()}
    body = "\n".join(_article(message, media, names, stage) for message in messages)
    page = out / PAGE
    page.write_text(
        "<!doctype html><html lang=en><meta charset=utf-8>"
        "<meta name=viewport content='width=device-width'><title>kling-discord: the tour</title>"
        f"<style>{STYLE}</style><main><h1># {html.escape(stage.channel.name)}</h1>{body}</main>",
        encoding="utf-8",
    )
    (out / LINES).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page


def _article(message: Message, media: Path, names: dict[str, str], stage: Stage) -> str:
    who = message.author.name
    bot = message.author is stage.discord.bot
    moment = datetime.fromtimestamp(message.created_at, UTC).strftime("%H:%M")
    said_s = message.edited_at or message.created_at
    parts = []
    if message.interaction is not None:
        user = html.escape(names.get(str(message.interaction["user"]["id"]), ""))
        name = html.escape(str(message.interaction.get("name") or "a control"))
        parts.append(f"<div class=used><b>{user}</b> used <b>{name}</b></div>")
    parts.append(f"<header><b>{html.escape(who)}</b><small>{moment}</small></header>")
    parts.append(f"<div>{_rich(message.content, names, said_s)}</div>")
    parts += [_card(embed, names, said_s) for embed in message.embeds]
    files = "".join(_file(file, media) for file in message.attachments)
    many = " many" if len(message.attachments) > 1 else ""
    parts.append(f"<div class='files{many}'>{files}</div>" if files else "")
    parts += [_controls(row) for row in message.components]
    if message.ephemeral:
        parts.append("<div class=only>Only the member can see this.</div>")
    private = " class=private" if message.ephemeral else ""
    kind = "bot" if bot else "member"
    inside = "".join(parts)
    return f"<article class={kind}><i>{who[:1].upper()}</i><div{private}>{inside}</div></article>"


def _card(embed: dict[str, Any], names: dict[str, str], said_s: float) -> str:
    colour = f"#{int(embed.get('color') or 0):06x}"
    title = html.escape(str(embed.get("title") or ""))
    footer = html.escape(str((embed.get("footer") or {}).get("text") or ""))
    words = _rich(str(embed.get("description") or ""), names, said_s)
    return (
        f"<div class=card style='border-color:{colour}'>"
        f"<h2>{title}</h2>{words}<footer>{footer}</footer></div>"
    )


def _rich(text: str, names: dict[str, str], now_s: float) -> str:
    """Render the mark-up that the bot uses: quotes, bold, code, mentions, times, escapes."""
    lines = []
    for line in MOMENT.sub(said_at(now_s), text).split("\n"):
        quote = line.startswith("> ")
        # An escaped character becomes a reference at once, so that no later rule sees mark-up.
        plain = ESCAPED.sub(lambda found: f"\0{ord(found[1])};", line[2:] if quote else line)
        shown = html.escape(plain).replace("\0", "&#")
        shown = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", shown)
        shown = re.sub(r"`(.+?)`", r"<code>\1</code>", shown)
        shown = re.sub(
            r"&lt;@(\d+)&gt;",
            lambda found: f"<span class=mention>@{html.escape(names.get(found[1], '?'))}</span>",
            shown,
        )
        shown = re.sub(r"&lt;/([^:&]+):\d+&gt;", r"<span class=mention>/\1</span>", shown)
        lines.append(f"<blockquote>{shown}</blockquote>" if quote else f"{shown}<br>")
    return "".join(lines).removesuffix("<br>")


def _file(file: Attachment, media: Path) -> str:
    if file.data is None:
        return ""
    path = media / Path(file.filename).name
    path.write_bytes(file.data)
    source = html.escape(f"{MEDIA}/{path.name}")
    alt = html.escape(file.description or "")
    kind = file.content_type or ""
    if kind.startswith("image/"):
        return f"<img src='{source}' alt='{alt}' loading=lazy>"
    if kind.startswith("audio/"):
        return f"<audio src='{source}' title='{alt}' controls preload=auto></audio>"
    if kind.startswith("video/"):
        return f"<video src='{source}' title='{alt}' controls loop muted preload=auto></video>"
    return f"<a href='{source}'>{html.escape(path.name)}</a>"


def _controls(row: dict[str, Any]) -> str:
    shown = [
        str(control.get("label") or control.get("placeholder") or "")
        for control in row["components"]
    ]
    return "".join(f"<span class=press>{html.escape(label)}</span>" for label in shown)
