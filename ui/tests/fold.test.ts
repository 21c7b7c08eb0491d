import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { applyEvent, applyEvents, fromSnapshot, toSnapshot } from "../src/live/fold";
import type { LiveEvent, Snapshot } from "../src/live/types";
import { aMission, anIncident, aSnapshot } from "./samples";

const incidentEvent = (version: number, extra = {}): LiveEvent => ({
  type: "incident", id: 100 + version, data: anIncident({ id: "i-1", version, last_seq: 100 + version, ...extra }),
});

describe("fold", () => {
  it("keeps the row with the highest version whatever the order of arrival", () => {
    const before = fromSnapshot(aSnapshot());
    const late = applyEvents(before, [incidentEvent(3, { rung: "acting" }), incidentEvent(2, { rung: "seen" })]).state;
    expect(late.incidents.get("i-1")?.rung).toBe("acting");
  });

  it("changes nothing when the same row comes twice", () => {
    const once = applyEvent(fromSnapshot(aSnapshot()), incidentEvent(2));
    const { state: twice, changes } = applyEvents(once, [incidentEvent(2)]);
    expect(toSnapshot(twice)).toEqual(toSnapshot(once));
    expect([...changes.incidents]).toEqual([]);
  });

  it("never changes the state it was given", () => {
    const before = fromSnapshot(aSnapshot({ incidents: [anIncident({ id: "i-9" })] }));
    const picture = JSON.stringify(toSnapshot(before));
    applyEvents(before, [incidentEvent(1), incidentEvent(2), { type: "mission", id: 9, data: aMission({ version: 4 }) }]);
    expect(JSON.stringify(toSnapshot(before))).toBe(picture);
  });

  it("gives the same state for any order of the same rows", () => {
    const events = [1, 2, 3, 4].map((version) => incidentEvent(version));
    const forward = applyEvents(fromSnapshot(aSnapshot()), events).state;
    const backward = applyEvents(fromSnapshot(aSnapshot()), [...events].reverse()).state;
    expect(toSnapshot(backward)).toEqual(toSnapshot(forward));
  });

  it("merges the fleet by drone and ignores an older reading", () => {
    const drone = (t: number, battery_pct: number): LiveEvent => ({
      type: "fleet", id: null, data: { t, d: [["D-1", 2.3, 48.8, 60, 90, 15, battery_pct, "transit", 99, 1]] },
    });
    const state = applyEvents(fromSnapshot(aSnapshot()), [drone(2_000, 80), drone(1_000, 99)]).state;
    expect(state.fleet.get("D-1")?.row[6]).toBe(80);
  });

  it("drops what has been closed for ten minutes at the next beat, and only that", () => {
    const closed = anIncident({ id: "old", state: "closed", closed_at: "2026-11-22T20:00:00Z" });
    const recent = anIncident({ id: "new", state: "closed", closed_at: "2026-11-22T20:09:00Z" });
    const before = fromSnapshot(aSnapshot({ incidents: [closed, recent, anIncident({ id: "open" })] }));
    const after = applyEvent(before, { type: "beat", id: null, data: { now: "2026-11-22T20:10:01Z", seq: 7 } });
    expect([...after.incidents.keys()]).toEqual(["new", "open"]);
  });

  it("holds the proposals of the last list and no other", () => {
    const row = { id: "p-1", incident_id: "i-1", other_id: "i-2", score: 0.7, reason: "near", proposed_at: "2026-11-22T20:00:00Z" };
    const both = applyEvent(fromSnapshot(aSnapshot()), { type: "proposals", id: null, data: [row, { ...row, id: "p-2" }] });
    expect([...both.proposals.keys()]).toEqual(["p-1", "p-2"]);
    const one = applyEvent(both, { type: "proposals", id: null, data: [{ ...row, id: "p-2" }] });
    expect([...one.proposals.keys()]).toEqual(["p-2"]);
  });

  it("knows how many calls are open without being shown any", () => {
    const barred = fromSnapshot(aSnapshot({ counts: { open: 4 } }));
    expect(barred.counts.open).toBe(4);
    expect(applyEvent(barred, { type: "counts", id: null, data: { open: 5 } }).counts.open).toBe(5);
  });

  it("has a snapshot as the inverse of itself", () => {
    const snapshot = aSnapshot({ incidents: [anIncident({ id: "a" }), anIncident({ id: "b" })], missions: [aMission()] });
    expect(toSnapshot(fromSnapshot(snapshot))).toEqual(snapshot);
  });
});

interface Golden {
  cases: { name: string; before: Snapshot; events: LiveEvent[]; after: Snapshot }[];
}

const goldenFolder = join(dirname(fileURLToPath(import.meta.url)), "..", "golden");
const goldenFiles = existsSync(goldenFolder) ? readdirSync(goldenFolder).filter((name) => name.endsWith(".json")) : [];

describe.each(goldenFiles)("golden folds written by the engine: %s", (name: string) => {
  const golden = JSON.parse(readFileSync(join(goldenFolder, name), "utf8")) as Golden;
  it.each(golden.cases)("$name", ({ before, events, after }) => {
    const folded = toSnapshot(applyEvents(fromSnapshot(before), events).state);
    expect(folded).toEqual(toSnapshot(fromSnapshot(after)));
  });
});
