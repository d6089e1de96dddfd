"""`make sizes`: how much code there is, beside what is kept and what is wanted.

`--check` ends with 1 where a figure is over the kept one by more than is allowed; `--keep` lowers
the kept figures to what the tree has. Without `--check` a real worker says how much it has loaded.
"""

import argparse
import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
#: Figures of the tree as it was when it was last made smaller.
KEPT = Path(__file__).with_name("sizes.json")
#: A figure may pass the kept one by so much: for a while two forms of a thing stand side by side.
#: Lines of the library by a hundredth.
ALLOWED = 1.06
OF_THE_LIBRARY = 1.01
#: Of the library's lines, the percentage that docstrings have at least.
DOCSTRINGS = 13.0
#: What is read before the library is let into a worker.
AUDITED = ("record", "operations", "flows", "runs", "tracking")

LINES, STATEMENTS, FILES = "library lines", "library statements", "library files"
LUA, LUA_FILES = "Lua lines", "Lua files"
SCRIPTS, TESTS, AUDIT = "JavaScript lines", "tests' lines", "an auditor's lines"
WORDS = "English words"
MADE = ("texts.js", "shared_words.js")
LOADED = "a worker's lines"
MODULE, FUNCTION = "longest module", "longest function"
#: In the order of the table; None: there is no goal.
WANTED: Mapping[str, int | None] = {
    LINES: 34_800,
    STATEMENTS: 20_900,
    FILES: 320,
    LUA: 1_080,
    LUA_FILES: 28,
    SCRIPTS: 5_600,
    TESTS: 54_000,
    AUDIT: None,
    WORDS: 28_000,
    MODULE: 400,
    FUNCTION: 60,
}


@dataclass(frozen=True, slots=True)
class Sizes:
    """What was counted."""

    figures: Mapping[str, int]
    #: Lines of the library's median file.
    median: float
    #: Percentage of the library's lines that are docstrings.
    docstrings: float
    #: Where the longest module and the longest function stand.
    longest: Mapping[str, str]


def counted(root: Path) -> Sizes:
    """Counts a tree: every .py that its wheel has, its Lua, its JavaScript, its tests."""
    package = root / "progress_backend"
    lengths: dict[str, int] = {}
    functions: dict[str, int] = {}
    statements = docstrings = 0
    for path in sorted(package.rglob("*.py")):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        nodes = list(ast.walk(ast.parse(text)))
        lengths[name] = len(text.splitlines())
        statements += sum(isinstance(node, ast.stmt) for node in nodes)
        docstrings += sum(map(_docstring_lines, nodes))
        for node in nodes:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                functions[f"{name} {node.name}"] = node.end_lineno - node.lineno + 1
    module, function = (max(of, key=of.__getitem__) for of in (lengths, functions))
    lua = _lengths(package.rglob("*.lua"))
    audited = tuple(f"progress_backend/{folder}/" for folder in AUDITED)
    figures = {
        LINES: sum(lengths.values()),
        STATEMENTS: statements,
        FILES: len(lengths),
        LUA: sum(lua),
        LUA_FILES: len(lua),
        SCRIPTS: sum(_lengths(_written(package / "web" / "scripts"))),
        TESTS: sum(_lengths((root / "tests").rglob("*.py"))),
        AUDIT: sum(length for name, length in lengths.items() if name.startswith(audited)),
        WORDS: sum(map(_words, _documents(root))),
        MODULE: lengths[module],
        FUNCTION: functions[function],
    }
    return Sizes(
        figures,
        median(lengths.values()),
        100 * docstrings / figures[LINES],
        {MODULE: module, FUNCTION: function},
    )


def _documents(root: Path) -> Iterator[Path]:
    """What people read in English."""
    for found in (root.glob("*.md"), (root / "docs").rglob("*.md"), root.glob("examples/*.md")):
        yield from (path for path in found if not path.name.endswith(".ja.md"))


def _words(document: Path) -> int:
    """The words of a document that are written by hand and no code."""
    text = document.read_text(encoding="utf-8")
    for code in (r"(?ms)^```.*?^```", r"(?m)^--8<--.*$", r"`[^`]*`"):
        text = re.sub(code, "", text)
    return len(re.findall(r"[A-Za-z][\w'’.-]*", text))


def _written(folder: Path) -> Iterator[Path]:
    """A folder's modules without those that `make scripts` writes."""
    return (path for path in folder.rglob("*.js") if path.name not in MADE)


def _lengths(paths: Iterator[Path]) -> list[int]:
    return [len(path.read_text(encoding="utf-8").splitlines()) for path in paths]


def _docstring_lines(node: ast.AST) -> int:
    """Lines of a docstring that a module, class or function begins with."""
    if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return 0
    if ast.get_docstring(node, clean=False) is None:
        return 0
    first = node.body[0]
    assert first.end_lineno is not None
    return first.end_lineno - first.lineno + 1


def problems(sizes: Sizes, kept: Mapping[str, int]) -> list[str]:
    """A line for each figure that is too far over the kept one; and for too few docstrings."""
    found = [
        f"{name}: {have:,}, kept {kept[name]:,} and {round(100 * most - 100)} % more at most"
        for name, have in sizes.figures.items()
        if have > kept.get(name, have) * (most := OF_THE_LIBRARY if name == LINES else ALLOWED)
    ]
    if sizes.docstrings < DOCSTRINGS:
        share = f"{sizes.docstrings:.1f} %"
        found.append(f"docstrings: {share} of the library's lines, {DOCSTRINGS:.0f} % at least")
    return found


def lowered(kept: Mapping[str, int], figures: Mapping[str, int]) -> dict[str, int]:
    """The kept figures, lowered to those of the tree; none is raised."""
    return {name: min(have, kept.get(name, have)) for name, have in figures.items()}


def table(sizes: Sizes, kept: Mapping[str, int]) -> str:
    """The figures, one a line."""
    lines = [f"{'':20}{'now':>8}{'kept':>8}{'wanted':>8}"]
    for name, wanted in WANTED.items():
        figures = (sizes.figures[name], kept.get(name), wanted)
        row = "".join(f"{'-' if one is None else f'{one:,}':>8}" for one in figures)
        lines.append(f"{name:20}{row}  {sizes.longest.get(name, '')}".rstrip())
    lines.append(f"{'median file':20}{sizes.median:>8g}{'':8}{'80-130':>8}")
    lines.append(f"{'docstrings, %':20}{sizes.docstrings:>8.1f}{'':8}{f'≥ {DOCSTRINGS:.0f}':>8}")
    return "\n".join(lines)


def main() -> None:
    """Prints the table; the exit code says whether it may stay so."""
    parser = argparse.ArgumentParser(prog="python -m tests.sizes", description=__doc__)
    parser.add_argument("--check", action="store_true", help="print what is too much, alone")
    parser.add_argument("--keep", action="store_true", help="lower the kept figures to these")
    given = parser.parse_args()
    sizes = counted(ROOT)
    kept: dict[str, int] = json.loads(KEPT.read_text(encoding="utf-8"))
    if given.keep:
        kept = lowered(kept, sizes.figures)
        KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    if not given.check:
        from tests import loaded

        files = loaded.measured()
        print(table(sizes, kept))
        print(f"{LOADED:20}{loaded.lines(files):>8,}{'':8}{15_500:>8,}  {len(files)} files")
    if found := problems(sizes, kept):
        print(
            "\n".join(found),
            "The tree has grown too much: who adds a thing takes another one out. `make sizes` "
            f"prints all figures, {KEPT.relative_to(ROOT)} has the kept ones.",
            sep="\n",
            file=sys.stderr,
        )
        sys.exit(1)


if __name__ == "__main__":
    main()
