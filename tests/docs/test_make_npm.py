"""The npm package of <task-progress>."""

import json
import os
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from playwright._impl._driver import compute_driver_executable

from docs import make_npm
from tests.docs.reading import blocks

#: A page in TypeScript; the last attribute is none of the element's, and is an error.
_PAGE = """import type {} from "progress-backend-element/react";
import { useRef } from "react";
import type { TaskProgress } from "progress-backend-element";
export function Job({ id }: { id: string }) {
  const bar = useRef<TaskProgress>(null);
  return <task-progress task-id={id} ref={bar} lang="ja" slot="end" cancellable />;
}
export const wrong = <task-progress cancellable="no such value" />;
"""

#: Prints the errors and warnings of a bundle.
_BUNDLE = """require("%s")(
  {
    mode: "production",
    context: __dirname,
    entry: "./%s",
    output: { path: __dirname + "/bundled" },
  },
  (error, stats) => {
    const { errors, warnings } = stats?.compilation ?? { errors: [error], warnings: [] };
    for (const { message } of [...errors, ...warnings]) console.log(message);
  },
);
"""


def test_each_file_that_it_names_is_there(tmp_path: Path) -> None:
    make_npm.write(tmp_path / "npm")
    made = json.loads((tmp_path / "npm" / "package.json").read_text("utf-8"))
    assert made["version"] == version("progress-backend")
    exported = [name for each in made["exports"].values() for name in each.values()]
    named = [made["main"], made["types"], *made["files"], *exported]
    for name in (*named, "README.md", "LICENSE"):
        assert (tmp_path / "npm" / name).is_file(), name
    for name in ("task-progress.js", "task-list.js"):
        assert (tmp_path / "npm" / name).read_bytes() == (make_npm.STATIC / name).read_bytes()


@pytest.mark.wide
def test_a_server_that_renders_a_page_may_import_it(tmp_path: Path) -> None:
    """As Next.js and Nuxt do: where there is no document, there is no element."""
    make_npm.write(tmp_path)
    both = '{ ...await import("./task-progress.js"), ...await import("./task-list.js") }'
    # The list takes more from the bar's script, under names that are no public ones.
    script = f"console.log(Object.keys({both}).filter((name) => name.startsWith('Task')))"
    node, _ = compute_driver_executable()  # the one that playwright brings
    asked = [node, "--input-type=module", "--eval", script]
    done = subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    assert done.stdout.decode().strip() == "[ 'TaskProgress', 'TaskList' ]"


@pytest.mark.wide
@pytest.mark.parametrize(
    ("attribute", "base"),
    [("null", "https://shop.example/"), ("'/progress'", "https://shop.example/progress/")],
)
def test_a_script_without_an_address_uses_the_pages_origin(
    tmp_path: Path, attribute: str, base: str
) -> None:
    """In a bundle `import.meta.url` may be a file, as it is here."""
    make_npm.write(tmp_path)
    element = f"{{ getAttribute: () => {attribute}, baseURI: 'https://shop.example/jobs/7' }}"
    script = f"console.log((await import('./task-progress.js')).baseOf({element}))"
    node, _ = compute_driver_executable()
    asked = [node, "--input-type=module", "--eval", script]
    done = subprocess.run(asked, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    assert done.stdout.decode().strip() == base


@pytest.mark.wide
@pytest.mark.parametrize("script", ["task-progress.js", "task-list.js"])
def test_a_bundler_takes_it(tmp_path: Path, script: str) -> None:
    """Webpack 5.98 searches for each file that `new URL(…, import.meta.url)` names."""
    packages = Path(os.environ.get("PROGRESS_TEST_VITE", "node_modules")).absolute()
    if not (packages / "webpack").is_dir():  # npm's registry may be unreachable
        pytest.skip("no webpack (npm install webpack@5.98; PROGRESS_TEST_VITE=…/node_modules)")
    make_npm.write(tmp_path)
    (tmp_path / "bundle.cjs").write_text(_BUNDLE % (packages / "webpack", script), "utf-8")
    node, _ = compute_driver_executable()
    done = subprocess.run(
        [node, "bundle.cjs"], cwd=tmp_path, check=True, capture_output=True, timeout=300
    )
    assert done.stdout.decode().strip() == "", done.stdout.decode()
    assert b"customElements" in (tmp_path / "bundled" / "main.js").read_bytes()


@pytest.mark.wide
def test_a_page_in_typescript_may_use_the_tag(tmp_path: Path) -> None:
    packages = Path(os.environ.get("PROGRESS_TEST_VITE", "node_modules")).absolute()
    if not (packages / "@types" / "react").is_dir() or not (packages / ".bin" / "tsc").exists():
        pytest.skip("no TypeScript (npm install typescript @types/react; PROGRESS_TEST_VITE=…)")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "@types").symlink_to(packages / "@types")
    (tmp_path / "node_modules" / "csstype").symlink_to(packages / "csstype")
    make_npm.write(tmp_path / "node_modules" / "progress-backend-element")
    (shown,) = blocks("docs/production.md", language="tsx")
    (tmp_path / "page.tsx").write_text(_PAGE, "utf-8")
    (tmp_path / "job.tsx").write_text(shown.text, "utf-8")
    asked = [packages / ".bin" / "tsc", "--strict", "--noEmit", "--skipLibCheck", "false"]
    asked += [
        "--jsx",
        "react-jsx",
        "--module",
        "nodenext",
        "--target",
        "esnext",
        "page.tsx",
        "job.tsx",
    ]
    done = subprocess.run(asked, cwd=tmp_path, check=False, capture_output=True, timeout=300)
    errors = [line for line in done.stdout.decode().splitlines() if "error" in line]
    assert len(errors) == 1, errors
    assert errors[0].startswith("page.tsx(8,"), errors
