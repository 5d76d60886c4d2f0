"""``make client``: generate the Python and the TypeScript client into ``.run-clients``."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

from gateway.docs.pages import BUILT

HERE: Final = Path(__file__).parent
OUT: Final = HERE.parents[1] / ".run-clients"
DESCRIPTION: Final = BUILT / "openapi.json"
#: The generator's test for a body that is an array, which Python refuses.
ARRAY_TEST: Final = re.compile(r"isinstance\((\w+), list\[\w+\]\)")


def python_client(out: Path = OUT) -> Path:
    """Generate the Python client; returns the folder of its distribution."""
    folder = out / "python"
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--overwrite"]
    command += [f"--path={DESCRIPTION}", f"--config={HERE / 'python.yml'}"]
    # It warns of each operation that it leaves out.
    subprocess.run([*command, f"--output-path={folder}", "--fail-on-warning"], check=True)
    for module in folder.rglob("api/*/*.py"):
        text = module.read_text()
        if ARRAY_TEST.search(text):
            module.write_text(ARRAY_TEST.sub(r"isinstance(\1, list)", text))
    return folder


def typescript_client(out: Path = OUT) -> Path:
    """Generate the types of the TypeScript client; returns its folder."""
    folder = out / "typescript"
    folder.mkdir(parents=True, exist_ok=True)
    install()
    # A body may leave out what has a default, and free JSON holds anything.
    options = ("--default-non-nullable=false", "--empty-objects-unknown")
    npx("openapi-typescript", DESCRIPTION, "--output", folder / "schema.d.ts", *options)
    shutil.copy(HERE / "client.ts", folder)
    pinned = msgspec.json.decode((HERE / "package.json").read_bytes())["dependencies"]
    needed = {"openapi-fetch": pinned["openapi-fetch"]}
    package = {"private": True, "type": "module", "dependencies": needed}
    (folder / "package.json").write_bytes(msgspec.json.format(msgspec.json.encode(package)))
    return folder


def install(folder: Path = HERE) -> None:
    """Install the npm packages that a folder pins, unless they are."""
    locked, installed = folder / "package-lock.json", folder / "node_modules" / ".package-lock.json"
    if not installed.exists() or installed.stat().st_mtime < locked.stat().st_mtime:
        subprocess.run(["npm", "ci", "--silent"], cwd=folder, check=True)


def npx(tool: str, *arguments: str | Path) -> None:
    """Run a tool of the installed packages. Raises CalledProcessError if it fails."""
    subprocess.run([HERE / "node_modules" / ".bin" / tool, *arguments], cwd=HERE, check=True)


def main() -> None:
    """Generate both."""
    for folder in (python_client(), typescript_client()):
        print(folder)


if __name__ == "__main__":
    main()
