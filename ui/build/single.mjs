// The page that checks proofs is one file, so that a citizen can keep it: script and style stand inside.
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

export async function writeVerifier(root, out) {
  const css = join(root, "../src/necmergitur/web/static/css");
  const tokens = (await readFile(join(css, "tokens.css"), "utf8")).replace(/@font-face \{[^}]*\}/g, "");
  const style = tokens + (await readFile(join(root, "src/styles/verify.css"), "utf8"));
  const script = (await readFile(join(out, "verify.js"), "utf8")).trim();
  if (/<\/(script|style)/i.test(script + style)) throw new Error("verify: the script would end its own element");
  const page = await readFile(join(root, "src/verify/page.html"), "utf8");
  // Functions, so that a $ in the script is no pattern.
  await writeFile(join(out, "verify.html"), page.replace("/*STYLE*/", () => style).replace("/*SCRIPT*/", () => script));
  await rm(join(out, "verify.js"));
}
