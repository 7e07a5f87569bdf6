// Bundles the site's scripts and styles into the folder named as the only argument, each file under a name that carries
// the hash of its content, and writes manifest.json: what each is called this time.
import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const out = process.argv[2];
if (!out) throw new Error("usage: node build.js OUTPUT_FOLDER");

// Classic scripts, not modules: a browser loads no module from a page that was opened from disk.
const shared = { bundle: true, minify: true, write: false, format: "iife", target: "es2022", legalComments: "inline" };

async function bundle(entry) {
  const result = await build({ ...shared, entryPoints: [join(here, entry)], absWorkingDir: here, outdir: "out" });
  return result.outputFiles[0].contents;
}

async function put(name, content) {
  const [stem, extension] = name.split(".");
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 10);
  const file = `${stem}-${hash}.${extension}`;
  await writeFile(join(out, file), content);
  return file;
}

await mkdir(out, { recursive: true });
const manifest = {
  css: await put("site.css", await bundle("src/site.css")),
  js: await put("site.js", await bundle("src/site.js")),
  player: await put("player.js", await bundle("src/player.js")),
  player_css: await put("player.css", await bundle("src/player.css")),
  icon: await put("icon.svg", await readFile(join(here, "src/icon.svg"))),
};
await writeFile(join(out, "manifest.json"), JSON.stringify(manifest, null, 2) + "\n");
