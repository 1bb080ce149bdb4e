"""Print pip constraints that pin every hard and plot dependency to its lowest allowed version."""

import tomllib
from pathlib import Path

# Newer ones warn of how matplotlib 3.8 calls them.
OF_DEPENDENCIES = ["pyparsing<3.3"]

project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
for requirement in project["dependencies"] + project["optional-dependencies"]["plot"]:
    print(requirement.replace(">=", "=="))
print(*OF_DEPENDENCIES, sep="\n")
