"""Where the documentation can be read."""

from functools import cache
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

# What `make docs` makes in a checkout, seen from the package's folder.
BUILT_SITE = Path(__file__).parents[2] / "docs" / "_build" / "html"


@cache
def project_addresses() -> dict[str, str]:
    """Label of each address that the installed package's metadata have -> the address."""
    try:
        lines = metadata("skneuron").get_all("Project-URL") or []
    except PackageNotFoundError:  # run from its sources
        return {}
    return dict(line.split(", ", 1) for line in lines)


def documentation_address() -> str:
    """The published site; else the one built in this checkout; empty where there is none."""
    published = project_addresses().get("Documentation", "")
    if published or not (BUILT_SITE / "index.html").is_file():
        return published.rstrip("/")
    return BUILT_SITE.as_uri()
