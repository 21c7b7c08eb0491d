// Builds every island into src/necmergitur/web/static/build: stable names for what a template loads, hashed chunks for
// the rest, fonts and icons beside them. Run by `npm run build`; NEC_UI_OUT builds elsewhere.
import { existsSync } from "node:fs";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { ICONS, copyFonts, pressIcons, writeSprite } from "./assets.mjs";
import { writeVerifier } from "./single.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const out = process.env.NEC_UI_OUT ? resolve(process.env.NEC_UI_OUT) : join(root, "../src/necmergitur/web/static/build");
const BUILT_MARK = "files.json";

/** Islands that share chunks. */
const ISLANDS = { bar: "src/console/main.ts", board: "src/board/main.ts", pilot: "src/pilot/main.ts", supervisor: "src/supervisor/main.ts" };
/** Pages read on a bad network: one file each, no chunk to miss. */
const PAGES = { field: "src/field/main.ts", press: "src/press/main.ts", signing: "src/signing/main.ts" };
/** Classic scripts, which every browser accepts as a worker. */
const WORKERS = {
  "live-worker": "src/workers/live-worker.ts", "field-sw": "src/workers/field-sw.ts", "press-sw": "src/workers/press-sw.ts",
};

/** A page's own sheet keeps its name; a worker is called .js, which every server knows to be a script. */
function assetName(name, input) {
  if (input[name.replace(/\.css$/, "")]) return "[name][extname]";
  return name.endsWith(".mjs") ? "chunks/[name]-[hash].js" : "chunks/[name]-[hash][extname]";
}

function settings(input, rollupOutput) {
  return {
    root, configFile: false, base: "./", logLevel: "warn", publicDir: false,
    define: { "process.env.NODE_ENV": '"production"' },
    build: {
      outDir: out, emptyOutDir: false, target: "es2022", modulePreload: false, cssCodeSplit: true, assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2_000,
      rolldownOptions: {
        input,
        output: {
          entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js",
          assetFileNames: ({ names }) => assetName(names?.[0] ?? "", input),
          ...rollupOutput,
        },
      },
    },
  };
}

/** Only a folder that this script built (or an empty or absent one) may be emptied. */
async function emptyOut() {
  if (basename(out) !== "build") throw new Error(`refusing to build into ${out}: the folder must be called build`);
  if (existsSync(out) && !existsSync(join(out, BUILT_MARK)) && (await readdir(out)).length > 0) {
    throw new Error(`refusing to empty ${out}: it was not built by this script`);
  }
  await rm(out, { recursive: true, force: true });
  await mkdir(join(out, "chunks"), { recursive: true });
  await writeFile(join(out, BUILT_MARK), "[]\n");
}

/** A chunk that imported an entry would load it twice once the entry has a hashed name: refuse to build that. */
async function checkNoEntryIsImported() {
  for (const name of await readdir(join(out, "chunks"))) {
    if (!name.endsWith(".js")) continue;
    const text = await readFile(join(out, "chunks", name), "utf8");
    for (const entry of Object.keys(ISLANDS)) {
      if (new RegExp(`(from|import)\\s*\\(?["'\`]\\.\\./${entry}\\.js`).test(text)) throw new Error(`${name} imports the entry ${entry}.js`);
    }
  }
}

/** No map of a third party's source is shipped, so nothing may point at one: Django refuses a static file that does. */
async function dropSourceMapLines() {
  for (const name of await readdir(out, { recursive: true })) {
    if (!name.endsWith(".js")) continue;
    const text = await readFile(join(out, name), "utf8");
    const without = text.replace(/^\/\/# sourceMappingURL=.*$/gm, "");
    if (without !== text) await writeFile(join(out, name), without);
  }
}

await emptyOut();
await build(settings(Object.fromEntries(Object.entries(ISLANDS).map(([name, path]) => [name, join(root, path)])), {}));
for (const [name, path] of Object.entries(PAGES)) await build(settings({ [name]: join(root, path) }, { codeSplitting: false }));
for (const [name, path] of Object.entries(WORKERS)) {
  await build(settings({ [name]: join(root, path) }, { format: "iife", codeSplitting: false }));
}
await build(settings({ verify: join(root, "src/verify/main.ts") }, { format: "iife", codeSplitting: false }));
await dropSourceMapLines();
await writeVerifier(root, out);
await checkNoEntryIsImported();
await cp(join(root, "node_modules/htmx.org/dist/htmx.min.js"), join(out, "htmx.js"));
await dropSourceMapLines();
await copyFonts(root, out);
await writeSprite(root, out, ICONS);
await pressIcons(out);
const files = (await readdir(out, { recursive: true })).filter((name) => /\.\w+$/.test(name)).sort();
await writeFile(join(out, BUILT_MARK), `${JSON.stringify(files, null, 1)}\n`);
console.log(`built ${files.length} files into ${out}`);
