import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findBreaches, findUnusedWords } from "./rules.mjs";

const root = join(fileURLToPath(import.meta.url), "../..");
const words = Object.keys(JSON.parse(await readFile(join(root, "words.json"), "utf8")));
const breaches = [];
let all = "";
for (const name of await readdir(join(root, "src"), { recursive: true })) {
  if (!/\.(ts|css)$/.test(name)) continue;
  const text = await readFile(join(root, "src", name), "utf8");
  all += text;
  breaches.push(...findBreaches(name, text));
}
breaches.push(...findUnusedWords(all, words));
for (const breach of breaches) console.error(breach);
process.exit(breaches.length === 0 ? 0 : 1);
