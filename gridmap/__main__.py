"""`python -m gridmap` is the command `gridmap`."""

import sys

from gridmap.cli import main

sys.exit(main())
