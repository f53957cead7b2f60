"""`python -m dunnock` is the same as `dunnock`."""

import sys

from dunnock.main import main

sys.exit(main())
