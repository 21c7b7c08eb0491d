import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { memoryStore, openStore, Outbox, type Entry, type Sent, type Store } from "../src/field/outbox";

const entry = (key: string, at = key): Entry => ({ key, incident_id: "i-1", action: "arrive", text: "", at });

function field(store: Store, answer: (entry: Entry, csrf: string) => Sent) {
  const sent: string[] = [];
  const told: string[] = [];
  const outbox = new Outbox(store, (one, csrf) => { sent.push(one.key); return Promise.resolve(answer(one, csrf)); },
    (isRefused) => Promise.resolve(isRefused ? "fresh" : "old"), {
      waiting: (entries) => told.push(`waiting ${entries.map((one) => one.key).join("+")}`),
      sent: (one) => told.push(`sent ${one.key}`), refused: (one, detail) => told.push(`refused ${one.key} ${detail}`),
    });
  return { outbox, sent, told };
}

describe.each([["in memory", () => Promise.resolve(memoryStore())], ["in the browser's database", openStore]] as const)("outbox %s", (_name, open) => {
  it("keeps what got no answer and sends it, with the same key, when the network is back", async () => {
    const store = await open();
    let isUp = false;
    const { outbox, sent, told } = field(store, () => ({ status: isUp ? 200 : 0, detail: "" }));
    await outbox.add(entry("a"));
    expect(told.at(-1)).toBe("waiting a");
    isUp = true;
    await outbox.flush();
    expect(sent).toEqual(["a", "a"]);
    expect(told.at(-1)).toBe("waiting ");
  });
  it("sends in the order things were done and stops at the first silence", async () => {
    const store = await open();
    await store.put(entry("late", "2026-11-22T20:02:00Z"));
    await store.put(entry("early", "2026-11-22T20:01:00Z"));
    const { outbox, sent } = field(store, () => ({ status: 503, detail: "" }));
    await outbox.flush();
    expect(sent).toEqual(["early"]);
    for (const one of await store.all()) await store.remove(one.key);
  });
  it("asks for a fresh token when the old one is refused, and does not lose the action", async () => {
    const { outbox, sent, told } = field(await open(), (_one, csrf) => ({ status: csrf === "fresh" ? 200 : 403, detail: "" }));
    await outbox.add(entry("t"));
    expect(sent).toEqual(["t", "t"]);
    expect(told).toContain("sent t");
  });
  it("drops what a rule refuses and says why", async () => {
    const { outbox, told } = field(await open(), () => ({ status: 409, detail: "closed" }));
    await outbox.add(entry("r"));
    expect(told.slice(-2)).toEqual(["refused r closed", "waiting "]);
  });
});

it("keeps no more than its bound", async () => {
  const { outbox } = field(memoryStore(), () => ({ status: 0, detail: "" }));
  for (let index = 0; index < 200; index += 1) await outbox.add(entry(String(index)));
  await expect(outbox.add(entry("one too many"))).rejects.toThrow("outbox full");
});
