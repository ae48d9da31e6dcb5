"""How tests start the command line."""

import sys

THINGPOST = [sys.executable, "-m", "thingpost"]
SECRET = "hush-hush"
