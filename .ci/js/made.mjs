// Generates the pages' scripts and that of <task-progress>, each one file made of its modules. With --check it writes
// nothing, and fails if a generated file is not up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const WEB = fileURLToPath(new URL("../../progress_backend/web/", import.meta.url));
// The module that each file begins with.
const ENTRIES = {
  "page.js": "page.js",
  "record.js": "record.js",
  "task-progress.js": "element.js",
  "task-list.js": "task_list.js",
};

// A module imports a style sheet as minified text.
const styles = {
  name: "styles",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};

async function made(entry) {
  const { outputFiles } = await build({
    absWorkingDir: `${WEB}scripts`,
    banner: { js: `// progress-backend, written by make scripts.` },
    bundle: true,
    charset: "utf8",
    entryPoints: [entry],
    external: ["./task-progress.js"], // a page with both elements loads it once
    format: "esm",
    minify: true,
    plugins: [styles],
    target: "es2022",
    write: false,
  });
  return outputFiles[0].text;
}

for (const [name, entry] of Object.entries(ENTRIES)) {
  const file = `${WEB}static/${name}`;
  const text = await made(entry);
  if (!process.argv.includes("--check")) writeFileSync(file, text);
  else if (readFileSync(file, "utf8") !== text) {
    console.error(`${name} is not what its modules make: make scripts`);
    process.exitCode = 1;
  }
}
