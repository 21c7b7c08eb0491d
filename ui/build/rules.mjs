// The few house rules that a type checker does not hold.
const LINES_MAX = 400;

/** Text rules by file kind: what it looks like, and why not. */
const RULES = [
  [/\.ts$/, /\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write/, "builds markup from a string; use h() or svg()"],
  [/\.ts$/, /\beval\(|new Function\(/, "the content security policy forbids eval"],
  [/\.ts$/, /setAttribute\("style"|\bh\([^)]*\bstyle:/, "the content security policy forbids style attributes; set element.style or a class"],
  [/\.ts$/, /https?:\/\/(?!www\.w3\.org)/, "nothing is fetched from elsewhere"],
  [/\.css$/, /#[0-9a-f]{3,8}\b(?![^{]*\{)|\brgb\((?!0 0 0)/i, "names a colour; tokens.css alone does"],
];

export function findBreaches(name, text) {
  const found = [];
  const lines = text.split("\n");
  if (lines.length > LINES_MAX) found.push(`${name}: ${lines.length} lines, at most ${LINES_MAX}`);
  lines.forEach((line, index) => {
    for (const [files, pattern, why] of RULES) if (files.test(name) && pattern.test(line)) found.push(`${name}:${index + 1}: ${why}`);
  });
  return found;
}

/** A word is used by its whole key, or by a template that begins with its family: `phase.${...}`. */
export function findUnusedWords(all, words) {
  const families = new Set([...all.matchAll(/`([\w.]+[._])\$\{/g)].map((match) => match[1]));
  const isUsed = (word) => all.includes(`"${word}"`) || [...families].some((family) => word.startsWith(family));
  return [...words].filter((word) => !isUsed(word)).map((word) => `words.json: nothing says "${word}"`);
}
