/** One-line reasons that the server writes in English, in the reader's language. An unknown one stays as it is. */
import { t, type WordKey } from "./words";

const CHOICE = /^(\S+): ETA (\d+) s(?:, free in (\d+) s)?, (?:next best (\d+) s|no other in reach|nearest at (\d+) s serves another)$/;
const NEARNESS = /^(\d+) m away, (\d+) s after, (\w+)\/(\w+)$/;

function kind(name: string): string {
  return t(`kind.${name}` as WordKey);
}

export function reasonInWords(reason: string): string {
  const choice = CHOICE.exec(reason);
  if (choice) {
    const [, drone = "", eta = "", free, next, nearest] = choice;
    const rest = next ? t("why.next", { n: next }) : nearest ? t("why.nearest", { n: nearest }) : t("why.none");
    return [t("why.eta", { drone, n: eta }), free ? t("why.free", { n: free }) : "", rest].filter(Boolean).join(", ");
  }
  const near = NEARNESS.exec(reason);
  if (!near) return reason;
  const [, metres = "", seconds = "", one = "", other = ""] = near;
  return t("why.near", { metres, seconds, one: kind(one), other: kind(other) });
}
