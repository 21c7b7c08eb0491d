import { expect, it } from "vitest";
import { findBreaches, findUnusedWords } from "../build/rules.mjs";

it.each([
  ["a.ts", 'element.innerHTML = text;'],
  ["a.ts", 'const run = new Function("x");'],
  ["a.ts", 'h("p", { style: "color:red" })'],
  ["a.ts", 'fetch("https://example.org/a")'],
  ["a.css", ".a { color: #b80d4c; }"],
  ["a.css", ".a { color: rgb(1 2 3); }"],
  ["a.ts", "\n".repeat(400)],
])("a planted breach in %s is found: %s", (name, text) => {
  expect(findBreaches(name, text).length).toBe(1);
});

it("an unused word is found, and a family of words is not", () => {
  expect(findUnusedWords('t("a.b"); t(`c.${x}`)', ["a.b", "c.d", "e.f"])).toEqual(['words.json: nothing says "e.f"']);
});
