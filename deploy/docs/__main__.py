"""``make docs``: write every generated document."""

from __future__ import annotations

from deploy.docs.kept import ROOT, documents
from deploy.docs.served import build

if __name__ == "__main__":
    for path, text in documents().items():
        path.write_text(text)
    for path in (*documents(), *build()):
        print(path.relative_to(ROOT))
