"""Blocks of code, and commands of a shell, on Markdown pages."""

import ast
import re
from textwrap import dedent
from typing import NamedTuple

FENCE = re.compile(r" *(`{3,}|~{3,})(.*)")
LIST_ITEM = re.compile(r" *([-*+]|\d+[.)]) ")
# Of code without a fence, beyond the margin or, in a list, beyond the item's text.
INDENT, INDENT_IN_LIST = 4, 6
INLINE = re.compile(r"(?<!`)`([^`]{1,200})`(?!`)")
PROGRAMS = ("python", "skneuron", "pip", "make", "dask", "docker", "pytest", "pre-commit", "git")
PROMPT = re.compile(r"^\w*\$ +")


class Block(NamedTuple):
    """What a fence says of it, or "indented", and its text."""

    kind: str
    code: str


def _parts(text):
    """Blocks of code, and what is between them as blocks of kind None."""
    prose, code, kind, fence = [], [], None, ""
    in_list, after_blank = False, True
    for line in text.splitlines():
        margin = len(line) - len(line.lstrip())
        if fence:
            if line.strip() == fence:
                yield Block(kind, dedent("".join(code)))
                code, kind, fence = [], None, ""
            else:
                code.append(line + "\n")
            continue
        wanted = INDENT_IN_LIST if in_list else INDENT
        if line.strip() and margin >= wanted and (code or after_blank):
            code.append(line + "\n")
            continue
        if code and line.strip():
            yield Block("indented", dedent("".join(code)))
            code = []
        if opened := FENCE.fullmatch(line):
            fence, kind = opened[1], opened[2].strip()
            yield Block(None, "\n".join(prose))
            prose = []
            continue
        if line.strip():
            in_list = bool(LIST_ITEM.match(line)) or (in_list and (margin > 0 or not after_blank))
        after_blank = not line.strip()
        if code:  # the line is empty, and code may go on
            code.append("\n")
        else:
            prose.append(line)
    assert not fence, f"no end of a block of {kind!r}"
    if code:
        yield Block("indented", dedent("".join(code)))
    yield Block(None, "\n".join(prose))


def blocks(text):
    """Every block of code, fenced or indented."""
    return [block for block in _parts(text) if block.kind is not None]


def inline_code(text):
    """What stands between single backquotes, outside of blocks."""
    prose = "\n".join(block.code for block in _parts(text) if block.kind is None)
    return [" ".join(code.split()) for code in INLINE.findall(prose)]


def _of_shell(block):
    """Lines of a block that a shell reads; of a Dockerfile, those that it runs."""
    lines = block.code.replace("\\\n", " ").splitlines()
    if block.kind == "dockerfile":
        return [line.removeprefix("RUN ") for line in lines if line.startswith("RUN ")]
    return lines if block.kind in ("console", "indented") else []


def shell_commands(text):
    """Commands in blocks and, if they begin with a program, between backquotes."""
    lines = [line for block in blocks(text) for line in _of_shell(block)]
    lines += [code for code in inline_code(text) if code.split(" ")[0] in PROGRAMS and " " in code]
    found = [
        " ".join(command.split())
        for line in lines
        for command in re.sub(r"(^|\s)#.*", "", PROMPT.sub("", line)).split(" && ")
    ]
    return [command for command in dict.fromkeys(found) if command]


def is_python(code):
    """Whether text is statements of Python's that do something."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return False
    return any(
        not isinstance(one, ast.Expr) or isinstance(one.value, ast.Call) for one in tree.body
    )
