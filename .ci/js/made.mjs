// Generates files from the page's modules: the script of <task-progress> as one bundled file, and the modulepreload
// links in each page's HTML. With --check it writes nothing, and fails if a generated file is not up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";

const FOLDER = fileURLToPath(new URL("../../progress_backend/web/static/", import.meta.url));
const PRELOAD = /(?:<link rel="modulepreload" href="[^"]*">\n)*(?=<script type="module")/;
const HOW = {
  absWorkingDir: FOLDER,
  bundle: true,
  charset: "utf8",
  format: "esm",
  target: "es2022",
  write: false,
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

async function element() {
  const { outputFiles } = await build({
    ...HOW,
    entryPoints: ["element.js"],
    minify: true,
    plugins: [styles],
    banner: { js: "// <task-progress> of progress-backend, written by make element." },
  });
  return outputFiles[0].text;
}

// The page's HTML with a link for each module that its script imports; dynamic imports are loaded on demand.
async function page(html, entry) {
  const { metafile } = await build({ ...HOW, entryPoints: [entry], metafile: true });
  const found = new Set();
  function add(name) {
    for (const { path, kind } of metafile.inputs[name].imports) {
      if (kind !== "import-statement" || found.has(path)) continue;
      found.add(path);
      add(path);
    }
  }
  add(entry);
  const base = html === "index.html" ? "" : "{{base}}";
  const links = [...found]
    .sort()
    .map((name) => `<link rel="modulepreload" href="${base}static/${name}">\n`);
  return readFileSync(FOLDER + html, "utf8").replace(PRELOAD, links.join(""));
}

const made = {
  "task-progress.js": await element(),
  "index.html": await page("index.html", "page.js"),
  "record.html": await page("record.html", "record.js"),
};
for (const [name, text] of Object.entries(made)) {
  if (!process.argv.includes("--check")) writeFileSync(FOLDER + name, text);
  else if (readFileSync(FOLDER + name, "utf8") !== text) {
    console.error(`${name} is not what its modules make: make element`);
    process.exitCode = 1;
  }
}
