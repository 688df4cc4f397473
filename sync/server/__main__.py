"""`python -m sync.server` is `zhuqitong-server`."""

import sys

from sync.server.cli import main

sys.exit(main())
