"""The kernel that all services share; free of domain logic."""

import warnings

# eventlet warns new projects at each import. Only the kernel depends on eventlet and nameko, so the
# way out is open, and the warning need not be in every log.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated", category=Warning)
