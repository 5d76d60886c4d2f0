"""The kernel every service is built from; knows nothing of animation."""

import warnings

# eventlet advises new projects against itself at each import. The services' domain code knows
# neither eventlet nor nameko, so the advice is taken, and need not be repeated in every log.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated", category=Warning)
