"""The whole system on one machine, under one foreground supervisor: ``make run``."""

import warnings

# The wheel's PostgreSQL looks for a runtime folder when imported; the run folder serves instead.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
