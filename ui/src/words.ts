/** The words of the islands: the page hands in its language's, English stands where one is missing. */
import english from "../words.json";

export type WordKey = keyof typeof english;

let translated: Partial<Record<string, string>> | null = null;

function read(): Partial<Record<string, string>> {
  const text = typeof document === "undefined" ? null : document.getElementById("ui-words")?.textContent;
  return text ? (JSON.parse(text) as Partial<Record<string, string>>) : {};
}

/** The text of `key`, its {places} filled. */
export function t(key: WordKey, values: Record<string, string | number> = {}): string {
  translated ??= read();
  // A name the server has learnt since this was built still says something: its last part.
  const text = translated[key] ?? (english as Partial<Record<string, string>>)[key] ?? key.replace(/^.*\./, "").replaceAll("_", " ");
  return text.replace(/\{(\w+)\}/g, (whole: string, name: string) => (name in values ? String(values[name]) : whole));
}
