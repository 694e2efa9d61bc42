#!/usr/bin/env bash
# pytest-xdist's groups hold nothing together: with pytest 9.2.0, `--dist loadgroup` ignores every mark.
#
# Guess: tests marked `xdist_group("database")` run on one worker, one after the other, as the option
# promises; if a version of pytest could not do that, the two would refuse each other at installation, or
# warn.
#
# Seen (pytest 9.2.0, pytest-xdist 3.8.0, which asks only for pytest 7.0.0 or newer): the mark is accepted,
# nothing warns, and the tests are dealt out like all others. pytest-xdist writes the group behind the
# test's id, into an attribute that pytest no longer reads when it is asked for the id. So what a group
# shares is started by each worker, and what must not run at the same time does. With pytest 8.4.2 the
# same file runs on one worker.
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir tests
cat > tests/test_shared.py <<'PY'
import os
import pathlib

import pytest

pytestmark = pytest.mark.xdist_group("database")


@pytest.mark.parametrize("number", range(20))
def test_of_a_group(number: int) -> None:
    worker = os.environ["PYTEST_XDIST_WORKER"]
    (pathlib.Path(os.environ["SEEN"]) / worker).touch()
PY

workers_with() {
    python3 -m venv "venv-$1"
    "venv-$1/bin/pip" install -q --disable-pip-version-check "pytest==$1" pytest-xdist==3.8.0
    mkdir "seen-$1"
    SEEN="$folder/seen-$1" "venv-$1/bin/python" -m pytest -q -W error -p no:cacheprovider -n 2 --dist loadgroup tests \
        > "said-$1" || { cat "said-$1"; exit 1; }
    ls "seen-$1" | wc -l
}

newer=$(workers_with 9.2.0)
older=$(workers_with 8.4.2)
echo "pytest-xdist 3.8.0, one group of 20 tests, 2 workers"
echo "with pytest 9.2.0: run by $newer workers, $(tail -1 said-9.2.0 | cut -d' ' -f1-2)"
echo "with pytest 8.4.2: run by $older, $(tail -1 said-8.4.2 | cut -d' ' -f1-2)"
[ "$newer $older" = "2 1" ] || { echo "this has changed"; exit 1; }
