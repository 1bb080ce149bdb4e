"""Refuse to release a wheel whose page on an index would lead nowhere.

On an index there are no files beside the README: its pictures and links have to be absolute, and
the project's addresses have to be among the metadata.
"""

import re
import sys
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

NEEDED = ("Documentation", "Source")


def metadata_of(wheel: Path) -> Message:
    """The METADATA of a wheel."""
    with ZipFile(wheel) as files:
        [name] = (n for n in files.namelist() if n.endswith(".dist-info/METADATA"))
        return message_from_bytes(files.read(name))


def faults(metadata: Message) -> list[str]:
    """What is missing, a sentence each."""
    labels = {url.split(",")[0] for url in metadata.get_all("Project-URL") or []}
    found = [
        f"[project.urls] in pyproject.toml has no {name}" for name in NEEDED if name not in labels
    ]
    links = re.findall(r"\]\(([^)\s]+)\)", metadata.get_payload())
    relative = [link for link in links if not re.match(r"https?:|mailto:|#", link)]
    return found + [
        f"README.md leads to {link}, which an index does not have" for link in relative
    ]


if __name__ == "__main__":
    sys.exit("\n".join(faults(metadata_of(Path(sys.argv[1])))) or None)
