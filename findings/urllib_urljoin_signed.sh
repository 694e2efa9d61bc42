#!/usr/bin/env bash
# `urljoin` changes an absolute URL, but only if its scheme is that of the base.
#
# Guess: `urljoin(base, url)` returns an absolute `url` as it is, since there is nothing to join; so
# it is safe to pass every address of an answer through it, signed ones too.
#
# Seen (Python 3.11): with a base of the same scheme, an empty query or fragment is dropped, `;` before
# a `?` goes, and the scheme becomes lower case; with a base of the other scheme the same URL comes
# back to the letter. A signature over the path and query no longer fits, and only behind https.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

cat > ask.py <<'PY'
import sys
from urllib.parse import urljoin

EXPECTED = {
    "https://cdn.test/x?": "https://cdn.test/x",
    "https://cdn.test/x?s=1#": "https://cdn.test/x?s=1",
    "https://cdn.test/x;?s=1": "https://cdn.test/x?s=1",
    "HTTPS://cdn.test/x": "https://cdn.test/x",
    "https://cdn.test/a/../x?s=1": "https://cdn.test/a/../x?s=1",
}
print("Python", sys.version.split()[0])
joined = {url: urljoin("https://api.test/", url) for url in EXPECTED}
for url, became in joined.items():
    print(f"{url:30} {became:30} {urljoin('http://api.test/', url)}")
whole = all(urljoin("http://api.test/", url) == url for url in EXPECTED if url.islower())
sys.exit(0 if joined == EXPECTED and whole else "this has changed")
PY
python3 ask.py
