"""Writes the npm package of `<task-progress>`; `npm pack` there makes a file to publish:
python -m docs.make_npm [FOLDER]; without a folder, build/npm."""

from __future__ import annotations

import json
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
STATIC: Final = ROOT / "progress_backend" / "web" / "static"
ELEMENTS: Final = ("task-progress", "task-list")
NAME: Final = "progress-backend-element"
_TYPES: Final = """export declare class TaskProgress extends HTMLElement {
  /** The newest record; null before the first. A page that has a record sets it. */
  record: Record<string, unknown> | null;
}
declare global {
  interface HTMLElementTagNameMap {
    "task-progress": TaskProgress;
  }
}
"""
_LIST_TYPES: Final = """export declare class TaskList extends HTMLElement {}
declare global {
  interface HTMLElementTagNameMap {
    "task-list": TaskList;
  }
}
"""
#: The tag in React's JSX: a file of its own, since without React's types this is an error.
_REACT: Final = """import type { ClassAttributes, HTMLAttributes } from "react";
import type { TaskList } from "./task-list.js";
import type { TaskProgress } from "./task-progress.js";
declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "task-progress": HTMLAttributes<TaskProgress> &
        ClassAttributes<TaskProgress> & {
          "task-id"?: string;
          "workflow-id"?: string;
          base?: string;
          token?: string;
          cancellable?: boolean;
          label?: string;
          "error-text"?: "plain";
          size?: "small" | "inline";
        };
      "task-list": HTMLAttributes<TaskList> &
        ClassAttributes<TaskList> & {
          owner?: string;
          base?: string;
          token?: string;
          limit?: number;
          cancellable?: boolean;
          "error-text"?: "plain";
        };
    }
  }
}
"""


def package() -> dict[str, object]:
    """What package.json has."""
    return {
        "name": NAME,
        "version": version("progress-backend"),
        "description": "<task-progress>: the live bar of a Celery task or workflow, in any page",
        "license": "MIT",
        "type": "module",
        "main": "task-progress.js",
        "types": "task-progress.d.ts",
        "exports": {
            ".": {"types": "./task-progress.d.ts", "default": "./task-progress.js"},
            "./list": {"types": "./task-list.d.ts", "default": "./task-list.js"},
            "./react": {"types": "./react.d.ts"},
        },
        "files": [f"{name}{end}" for name in ELEMENTS for end in (".js", ".d.ts")] + ["react.d.ts"],
        "sideEffects": True,  # it defines the element
    }


def write(folder: Path) -> None:
    """Writes the package's files into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps(package(), indent=2) + "\n", "utf-8")
    for name, types in zip(ELEMENTS, (_TYPES, _LIST_TYPES), strict=True):
        shutil.copy(STATIC / f"{name}.js", folder)
        (folder / f"{name}.d.ts").write_text(types, "utf-8")
    (folder / "react.d.ts").write_text(_REACT, "utf-8")
    shutil.copy(ROOT / "LICENSE", folder)
    shutil.copy(ROOT / "docs" / "element.md", folder / "README.md")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build" / "npm")
