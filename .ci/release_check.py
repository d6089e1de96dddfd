"""Builds in dist/ what would be published (wheel, sdist, npm package, SBOM), installs it in new
environments and follows the README there: make release-check. Publishes nothing.

Once CHANGELOG.md has the version's date, the documents install the package by its name.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PINS, DIST = ROOT / "constraints.txt", ROOT / "dist"
OLDEST = ROOT / ".ci" / "oldest.py"
LIMIT_S = 600
#: The Pythons for which it is installed, where they are.
PYTHONS = ("3.11", "3.13", "3.14")
FOLLOWED = ("tests/docs/test_quick_start.py", "tests/docs/test_readme.py")
DOCUMENTS = (ROOT / "README.md", ROOT / "README.ja.md", *(ROOT / "docs").glob("*.md"))
DATED = re.compile(r"^## \[[0-9.]+\] - [0-9]{4}-", re.MULTILINE)
#: What the documents have until a package index has the version.
UNTIL = re.compile(r"(?:Version [0-9.]+ is not released|[0-9.]+ はまだ公開).*?\n\n", re.DOTALL)
CLONE = re.compile(r"(pip\s+install|uvx --from) '\.(\[[a-z,]+\]')")
#: pip-audit's exit code for "found something"; what else is not 0 is no answer.
FOUND = 1


def main() -> int:
    """The exit code: 1 if anything must be mended before a release."""
    advisories = audited()
    failures = [
        what
        for what, passed in (
            ("documents of a release: they are now, commit them", documents()),
            ("no address among the pins", no_address()),
            ("dependencies used and declared", tool("deptry", "progress_backend")),
            ("wheel and sdist", built()),
            ("SBOM", listed()),
            ("the element's npm package", packed()),
            ("the README, followed in new environments", installed()),
            ("advisories", advisories is not False),
        )
        if not passed
    ]
    for what in failures:
        print(f"release-check: failed: {what}", file=sys.stderr)
    if not failures:
        but = "" if advisories else " of what was looked at; THE PINS WERE NOT AUDITED, see above"
        print(f"release-check: nothing stands against a release{but}")
    return int(bool(failures))


def documents() -> bool:
    """Whether they install what they should; those of a released version are written again."""
    if not DATED.search((ROOT / "CHANGELOG.md").read_text("utf-8")):
        print("CHANGELOG.md has no date of the version: the documents install from a clone")
        return True
    old = [path.read_text("utf-8") for path in DOCUMENTS]
    for path, text in zip(DOCUMENTS, old, strict=True):
        path.write_text(released(text), "utf-8")
    return old == [released(text) for text in old]


def released(document: str) -> str:
    """A document that installs the package by its name."""
    return CLONE.sub(r"\1 'progress-backend\2", UNTIL.sub("", document))


def no_address() -> bool:
    """Pins are for every registry: none may name one."""
    found = re.findall(r".*(?:://|--index|--find-links|--extra-index).*", PINS.read_text())
    print("\n".join(found) or "no address among the pins")
    return not found


def built() -> bool:
    """The sdist from the tree, the wheel from the sdist, as whoever installs it would."""
    shutil.rmtree(DIST, ignore_errors=True)
    if not tool("build", "--outdir", str(DIST), "."):
        return False
    files = sorted(map(str, DIST.iterdir()))
    return len(files) == 2 and tool("twine", "check", "--strict", *files)


def listed() -> bool:
    """The SBOM (CycloneDX): the wheel with all extras, and what they bring, in the pinned
    versions."""
    wheels = list(DIST.glob("*.whl"))
    if len(wheels) != 1:
        return False
    with tempfile.TemporaryDirectory() as folder:
        python, extras = str(Path(folder, "bin", "python")), f"{wheels[0]}[all]"
        install = ("--python", python, "install", "--quiet", "-c", str(PINS), extras)
        file, about = DIST / f"{wheels[0].stem}.cdx.json", str(ROOT / "pyproject.toml")
        options = ("--pyproject", about, "--mc-type", "library", "-o", str(file), python)
        return (
            tool("venv", "--without-pip", folder)
            and tool("pip", *install)
            and tool("cyclonedx_py", "environment", *options)
        )


def packed() -> bool:
    """The npm package of `<task-progress>`, as `npm pack` makes it."""
    folder = str(DIST / "npm")
    pack = ["npm", "pack", "--silent", "--pack-destination", str(DIST), folder]
    return tool("docs.make_npm", folder) and called(*pack, cwd=ROOT).returncode == 0


def installed() -> bool:
    """Whether each file, in an environment of its own, runs the blocks of README and quick start:
    on each Python that is here in the pinned versions, and in the oldest and the newest ones."""
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    found = [python for one in PYTHONS if works(python := f"python{one}")]
    print(f"here are {', '.join(found)}, of {', '.join(PYTHONS)}")
    tries = [(python, wheel, "pinned") for python in found]
    tries += [
        (found[0], wheel, "oldest"),
        (found[-1], wheel, "newest"),
        (found[-1], sdist, "pinned"),
    ]
    return bool(found) and all(followed(*one) for one in tries)


def works(python: str) -> bool:
    return shutil.which(python) is not None and called(python, "-c", "import venv").returncode == 0


def followed(python: str, file: Path, versions: str) -> bool:
    """Whether the documents can be followed, in a tree without the library's source."""
    print(f"== {file.name} on {python}, {versions} versions", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        tree, own = Path(folder, "tree"), str(Path(folder, "env", "bin", "python"))
        for name in called("git", "ls-files", cwd=ROOT, capture_output=True).stdout.splitlines():
            if not name.startswith("progress_backend/"):
                (tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, tree / name)
        pip = [own, "-m", "pip", "install", "--quiet"]
        pins = [] if versions == "newest" else ["-c", str(PINS)]
        steps = [
            [python, "-m", "venv", str(Path(folder, "env"))],
            [*pip, "--upgrade", "pip>=25.1"],
            [*pip, *pins, "--group", f"{ROOT / 'pyproject.toml'}:dev", f"{file}[all]"],
        ]
        if versions == "oldest":
            oldest = called(sys.executable, str(OLDEST), cwd=ROOT, capture_output=True)
            Path(folder, "oldest.txt").write_text(oldest.stdout, "utf-8")
            steps.append([*pip, "-r", str(Path(folder, "oldest.txt"))])
        steps.append([own, "-m", "pytest", "-q", "-n", "0", "--tier", "all", *FOLLOWED])
        return all(called(*step, cwd=tree).returncode == 0 for step in steps)


def audited() -> bool | None:
    """Whether no known advisory is about a pin; None if the service cannot say, which is no
    failure: closed networks have none."""
    options = ("--requirement", str(PINS), "--no-deps", "--disable-pip", "--format", "json")
    done = run("pip_audit", *options, "--progress-spinner", "off", capture_output=True)
    try:
        pins = json.loads(done.stdout)["dependencies"]
    except ValueError:
        print(f"NOT AUDITED: no answer from the advisory service:\n{done.stderr[-600:]}")
        return None
    skipped = [pin["name"] for pin in pins if "skip_reason" in pin]
    for pin in pins:
        for advisory in pin.get("vulns", ()):
            print(f"{pin['name']} {pin['version']}: {advisory['id']}, {advisory['fix_versions']}")
    if done.returncode == FOUND:
        return False
    if skipped:
        print(
            f"NOT AUDITED: the advisory service knows nothing of {len(skipped)} of {len(pins)} "
            f"pins ({', '.join(skipped[:3])} …). Is it reachable? Try again from an open network."
        )
        return None
    print(f"{len(pins)} pins audited")
    return True


def tool(module: str, *args: str) -> bool:
    return run(module, *args).returncode == 0


def run(module: str, *args: str, capture_output: bool = False) -> subprocess.CompletedProcess[str]:
    print(f"== {module} {' '.join(args)}", flush=True)
    return called(sys.executable, "-m", module, *args, cwd=ROOT, capture_output=capture_output)


def called(
    *args: str, cwd: Path | None = None, capture_output: bool = False
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        args, cwd=cwd, capture_output=capture_output, text=True, check=False, timeout=LIMIT_S
    )


if __name__ == "__main__":
    sys.exit(main())
