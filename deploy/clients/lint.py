"""``make lint-api``: check the descriptions of the API with the linters of both formats."""

from __future__ import annotations

import subprocess
import sys

from deploy.clients.__main__ import DESCRIPTION, HERE, install, npx
from gateway.docs.pages import BUILT

EVENTS = BUILT / "asyncapi.json"


def main() -> None:
    """Exit with status 1 if one of them finds anything, warnings included."""
    install()
    try:
        npx(
            "spectral",
            "lint",
            f"--ruleset={HERE / 'spectral.yaml'}",
            "--fail-severity=warn",
            DESCRIPTION,
            EVENTS,
        )
        subprocess.run(["node", HERE / "validate.mjs", EVENTS], cwd=HERE, check=True)
        npx(
            "redocly",
            "lint",
            f"--config={HERE / 'redocly.yaml'}",
            "--format=stylish",
            DESCRIPTION,
        )
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)


if __name__ == "__main__":
    main()
