/** What a console page tells its island: addresses, the person, the language. Read once from the root's data attributes. */
import type { Urls } from "../live/connection";
import type { Snapshot } from "../live/types";

export interface Page {
  root: HTMLElement;
  urls: Urls;
  workerUrl: string;
  timeZone: string;
  language: string;
  csrf: string;
  me: string;
  isDemo: boolean;
}

/** The root of this island, or null when the page has none. */
export function readPage(rootId: string): Page | null {
  const root = document.getElementById(rootId);
  if (!root) return null;
  const data = root.dataset;
  return {
    root,
    urls: { state: data["stateUrl"] ?? "/live/state", events: data["eventsUrl"] ?? "/live/events" },
    workerUrl: data["workerUrl"] ?? "/static/build/live-worker.js",
    timeZone: data["timeZone"] ?? "Europe/Paris",
    language: data["language"] ?? (document.documentElement.lang || "en"),
    csrf: data["csrf"] ?? readCookie("csrftoken") ?? "",
    me: data["me"] ?? "",
    isDemo: data["demo"] === "1",
  };
}

/** A JSON script tag's content, or null when it is absent or holds null. */
export function readJson<T>(id: string): T | null {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T | null) : null;
}

export const readInitial = (): Snapshot | null => readJson<Snapshot>("board-initial");

export function readCookie(name: string): string | null {
  const found = document.cookie.split("; ").find((part) => part.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : null;
}

/** Fill the {name} places of an address template from the page. */
export function fillUrl(template: string, values: Record<string, string | number>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => (name in values ? encodeURIComponent(String(values[name])) : whole));
}
