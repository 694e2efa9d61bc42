#!/usr/bin/env bash
# discord.py: after what looks like a masked link, `escape_markdown` stops escaping until the line's last bracket.
#
# Guess: `escape_markdown` puts a backslash in front of every special character, whatever else is in the
# line, and `remove_markdown` takes those characters out ("10 * 5" becomes "10  5", as documented), of a
# masked link so that its text stays. So what came out has no markdown left.
#
# Seen (discord.py 2.7.1): `[a](b)` is looked for as one piece, as long as possible: up to the last `)` of
# the line. `escape_markdown` escapes the first character of that piece and leaves all others, so a prompt such
# as "[red](left) **huge** (right)" is posted in bold. `remove_markdown` takes the whole piece away: the text of a link,
# and of two links in a line also everything between them. And of a small line ("-# note") it takes the
# `-` alone, which leaves "# note": a headline.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check discord.py==2.7.1
cd "$folder"

cat > texts.py <<'PY'
import sys
import warnings

warnings.simplefilter("ignore")

import discord
from discord.utils import escape_markdown, remove_markdown

EXPECTED = {
    "a **b** c": (r"a \*\*b\*\* c", "a b c"),
    "[red](left) **huge** (right)": (r"\[red](left) **huge** (right)", ""),
    "(left) **huge** [red](right)": (r"(left) \*\*huge\*\* \[red](right)", "(left) huge "),
    "see [docs](https://a.b) now": (r"see \[docs](https://a.b) now", "see  now"),
    "[one](https://a.b) keeps [two](https://c.d)": (
        r"\[one](https://a.b) keeps [two](https://c.d)", ""
    ),
    "-# note": (r"\-# note", "# note"),
}
print("discord.py", discord.__version__)
seen = {text: (escape_markdown(text), remove_markdown(text)) for text in EXPECTED}
for text, (escaped, removed) in seen.items():
    print(f"{text!r:46} escaped {escaped!r:48} removed {removed!r}")
sys.exit(0 if seen == EXPECTED else "this has changed")
PY
venv/bin/python texts.py
