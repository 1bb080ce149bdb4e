"""Print a requirement for scikit-learn's pre-release if it is newer than what is installed.

Nothing goes to standard output otherwise; what was found is told on standard error.
"""

import re
import subprocess
import sys
from importlib.metadata import version

from packaging.version import Version


def newest(index: str) -> Version:
    """The first of the versions that ``pip index versions`` lists."""
    listed = re.search(r"^Available versions: (.+)$", index, flags=re.MULTILINE)
    if listed is None:
        sys.exit(f"pip index versions has changed its form:\n{index}")
    return max(map(Version, listed[1].split(", ")))


index = subprocess.run(
    [sys.executable, "-m", "pip", "index", "versions", "--pre", "scikit-learn"],
    stdout=subprocess.PIPE,
    text=True,
    check=True,
).stdout
found, installed = newest(index), Version(version("scikit-learn"))
if found > installed and found.is_prerelease:
    print(f"scikit-learn=={found}")
    print(f"scikit-learn {found} is tried instead of {installed}", file=sys.stderr)
else:
    print(f"There is no pre-release of scikit-learn after {installed}", file=sys.stderr)
