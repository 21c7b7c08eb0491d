// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { Queue } from "../src/board/queue";
import type { Incident } from "../src/live/types";
import { anIncident } from "./samples";

const NOW = Date.parse("2026-11-22T20:00:03Z");
let list: HTMLOListElement;
let chosen: string[];
let selectedId: string | null;
let queue: Queue;

beforeEach(() => {
  document.body.innerHTML = '<ol id="queue"><li class="qrow">from the server</li></ol>';
  list = document.getElementById("queue") as HTMLOListElement;
  Object.defineProperty(list, "clientHeight", { value: 520 });
  chosen = [];
  selectedId = null;
  queue = new Queue(list, () => ({ nowMs: NOW, timeZone: "Europe/Paris", language: "en", me: "u-1", selectedId, url: (id) => `/console/incidents/${id}/`, drone: () => undefined }),
    (id) => chosen.push(id));
});

const many = (count: number): Incident[] => Array.from({ length: count }, (_, index) => anIncident({
  id: `i-${index}`, label: `Été ${index}`, due_at: new Date(NOW + (index + 1) * 1000).toISOString(), version: 1,
}));
const shown = (): string[] => [...list.querySelectorAll<HTMLElement>(".qrow")].map((row) => row.dataset["id"] ?? "");

describe("the queue", () => {
  it("holds in the page only the rows that can be seen, and says how many there are", () => {
    queue.take(many(500), new Map());
    expect(shown().length).toBe(22);
    expect(list.querySelector(".qrow")?.getAttribute("aria-setsize")).toBe("500");
    expect(list.style.getPropertyValue("--below")).toBe(`${(500 - 22) * 52}px`);
  });

  it("keeps the same element for the same incident and moves only the one that changed place", () => {
    const incidents = many(10);
    queue.take(incidents, new Map());
    const before = new Map([...list.children].map((row) => [row.id, row]));
    const moved = { ...(incidents[0] as Incident), due_at: new Date(NOW + 60_000).toISOString(), version: 2 };
    queue.take([moved, ...incidents.slice(1)], new Map());
    expect(shown()).toEqual([...incidents.slice(1).map((one) => String(one.id)), "i-0"]);
    expect([...list.children].every((row) => before.get(row.id) === row)).toBe(true);
  });

  it("never reorders under a moving pointer, and lets new calls in at the end", () => {
    const incidents = many(3);
    queue.take(incidents, new Map());
    list.dispatchEvent(new Event("pointermove"));
    const urgent = anIncident({ id: "new", escalation: 3 });
    queue.take([urgent, ...incidents], new Map());
    expect(shown()).toEqual(["i-0", "i-1", "i-2", "new"]);
  });

  it("drops what is no longer open", () => {
    const incidents = many(3);
    queue.take(incidents, new Map());
    queue.take([{ ...(incidents[1] as Incident), state: "closed" }, incidents[0] as Incident, incidents[2] as Incident], new Map());
    expect(shown()).toEqual(["i-0", "i-2"]);
  });

  it("finds without accents or capitals", () => {
    queue.take(many(3), new Map());
    queue.search("ete 2");
    expect(shown()).toEqual(["i-2"]);
    queue.search("nowhere");
    expect(list.getAttribute("data-empty")).toBe("No incident matches this search.");
  });

  it("walks by keyboard from the selected row and stays inside", () => {
    queue.take(many(3), new Map());
    expect([queue.neighbour(null, 1), queue.neighbour("i-0", 1), queue.neighbour("i-2", 1), queue.neighbour("i-0", -1)]).toEqual(["i-0", "i-1", "i-2", "i-0"]);
  });

  it("lets Tab reach the first row and the chosen one, however long the queue is", () => {
    queue.take(many(3), new Map());
    const reached = (): (string | null)[] => [...list.querySelectorAll(".qrow__label")].map((label) => label.getAttribute("tabindex"));
    expect(reached()).toEqual(["0", "-1", "-1"]);
    selectedId = "i-1";
    queue.draw();
    expect(reached()).toEqual(["0", "0", "-1"]);
    expect(list.querySelector("[aria-current]")?.id).toBe("q-i-1");
  });

  it("never reads a label as markup", () => {
    queue.take([anIncident({ label: "<img src=x onerror=alert(1)>" })], new Map());
    expect(list.querySelector("img")).toBeNull();
  });
});
