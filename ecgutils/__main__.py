"""The command line as `python -m ecgutils`."""

import sys

from ecgutils.cli import main

if __name__ == "__main__":
    sys.exit(main())
