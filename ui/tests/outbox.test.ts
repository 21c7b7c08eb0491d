import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { memoryStore, openStore, Outbox, type Entry, type Sent, type Store } from "../src/field/outbox";

const entry = (key: string, at = key, user = "1"): Entry => ({ key, user, user_name: `Person ${user}`, incident_id: "i-1", action: "arrive", text: "", at });

function field(store: Store, answer: (entry: Entry, csrf: string) => Sent, me = "1") {
  const sent: string[] = [];
  const told: string[] = [];
  const outbox = new Outbox(me, store, (one, csrf) => { sent.push(one.key); return Promise.resolve(answer(one, csrf)); },
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
  it("sends nothing that another person left waiting on this phone, and does not let it stand in the way", async () => {
    const store = await open();
    await store.put(entry("of another", "2026-11-22T20:01:00Z", "2"));
    const { outbox, sent, told } = field(store, () => ({ status: 200, detail: "" }));
    await outbox.add(entry("mine", "2026-11-22T20:02:00Z"));
    expect(sent).toEqual(["mine"]);
    expect(told.at(-1)).toBe("waiting of another");
    const theirs = field(store, () => ({ status: 200, detail: "" }), "2");
    await theirs.outbox.flush();
    expect(theirs.sent).toEqual(["of another"]);
  });
  it.each([401, 503])("keeps what is answered %i: another has signed in, or the same may pass in a moment", async (status) => {
    const store = await open();
    const { outbox, told } = field(store, () => ({ status, detail: "too_late" }));
    await outbox.add(entry("k"));
    expect(told.at(-1)).toBe("waiting k");
    await store.remove("k");
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
