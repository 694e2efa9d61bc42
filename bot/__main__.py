"""`python -m bot`."""

import os
import sys

from bot.cli import main
from bot.invocation import Invocation

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ, Invocation.of_module()))
