import { describe, expect, it } from "vitest";
import { Ringer, repeatMs, type Memory, type Press, type PressAnswer, type PressPosition, type Said } from "../src/press/ring";

const LIT: PressAnswer = { status: 200, lamp: "lit", seen: false, cancelled: false };
const DARK: PressAnswer = { status: 503, lamp: "dark", seen: false, cancelled: false };
const SILENCE: PressAnswer = { status: 0, lamp: "dark", seen: false, cancelled: false };

const CANCELLED: PressAnswer = { status: 201, lamp: "lit", seen: false, cancelled: true };

interface Setting {
  answers?: PressAnswer[];
  seenAfter?: number;
  position?: Promise<PressPosition | null>;
  memory?: Partial<Memory>;
}

function phone({ answers = [LIT], seenAfter = 0, position = Promise.resolve(null), memory = {} }: Setting = {}) {
  const posted: Press[] = [];
  const kept: Memory[] = [];
  const said: Said[] = [];
  const waits: number[] = [];
  let asked = 0;
  const ringer = new Ringer({ credential: { device: "p-0001", secret: "s" }, boot_id: 77, seq: 4, pending: null, lit: null, ...memory }, {
    now: () => Date.parse("2026-11-22T20:00:00Z"),
    wait: (ms) => { waits.push(ms); return new Promise((resolve) => setImmediate(resolve)); },
    post: (press) => { posted.push(press); return Promise.resolve(answers[Math.min(posted.length, answers.length) - 1] ?? LIT); },
    askSeen: () => { asked += 1; return Promise.resolve(asked > seenAfter); },
    position: () => position,
    remember: (one) => kept.push(structuredClone(one)),
  }, (one) => said.push(one));
  return { ringer, posted, kept, said, waits };
}

const states = (said: Said[]): string[] => said.map((one) => one.state);
const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

describe("the personal button", () => {
  it("repeats the same press, with the same number, until the lamp is lit", async () => {
    const { ringer, posted, said } = phone({ answers: [SILENCE, DARK, LIT] });
    await ringer.press("sos");
    expect(posted.map((press) => [press.boot_id, press.seq])).toEqual([[77, 5], [77, 5], [77, 5]]);
    expect(states(said).slice(0, 4)).toEqual(["sending", "trying", "trying", "lit"]);
  });
  it("does not take a 2xx with a dark lamp for an acknowledgement", async () => {
    const { ringer, posted } = phone({ answers: [{ ...LIT, lamp: "dark" }, LIT] });
    await ringer.press("sos");
    expect(posted.length).toBe(2);
  });
  it("keeps the press before it sends it, so that a closed page rings again when opened", async () => {
    const { ringer, posted, kept } = phone({ answers: [LIT] });
    const ringing = ringer.press("fire");
    expect(kept.at(-1)?.pending?.kind).toBe("fire");
    expect(posted.length).toBe(0);
    await ringing;
    const again = phone({ memory: { pending: posted[0] as Press, seq: 5 } });
    await again.ringer.resume();
    expect(again.posted[0]?.seq).toBe(5);
  });
  it("makes one call of many taps while the first is leaving", async () => {
    const { ringer, posted } = phone({ answers: [SILENCE, LIT] });
    await Promise.all([ringer.press("sos"), ringer.press("sos"), ringer.press("sos")]);
    expect(new Set(posted.map((press) => press.seq))).toEqual(new Set([5]));
  });
  it("sends without a position when none comes in time, and completes it afterwards under the same number", async () => {
    const place = { lon: 2.35, lat: 48.85, accuracy_m: 12 };
    const late = new Promise<PressPosition>((resolve) => setTimeout(() => resolve(place), 10));
    const { ringer, posted, waits } = phone({ position: late });
    await ringer.press("sos");
    await later();
    expect(waits[0]).toBe(1_000);
    expect(posted.map((press) => [press.seq, press.position])).toEqual([[5, null], [5, place]]);
  });
  it("repeats the place until it has arrived, and no longer than the call stands", async () => {
    const place = { lon: 2.35, lat: 48.85, accuracy_m: 12 };
    const late = (): Promise<PressPosition> => new Promise((resolve) => setTimeout(() => resolve(place), 10));
    const heard = phone({ answers: [LIT, SILENCE, DARK, LIT], position: late(), seenAfter: 1e9 });
    await heard.ringer.press("sos");
    await later();
    expect(heard.posted.map((press) => press.position !== null)).toEqual([false, true, true, true]);
    const lit = heard.said.filter((one) => one.state === "lit").map((one) => one.isPlaced);
    expect(lit).toEqual([false, true]);
    expect(heard.kept.at(-1)?.lit?.position).toEqual(place);
    const gone = phone({ answers: [LIT, CANCELLED, SILENCE], position: late(), seenAfter: 1e9 });
    await gone.ringer.press("sos");
    await gone.ringer.cancel("4821");
    await later();
    expect(gone.posted.length).toBe(2);
  });
  it("stops at a refusal and says so", async () => {
    const { ringer, posted, said } = phone({ answers: [{ status: 401, lamp: "dark", seen: false, cancelled: false }] });
    await ringer.press("sos");
    expect(posted.length).toBe(1);
    expect(said.at(-1)).toEqual({ state: "refused" });
  });
  it("tells when somebody has seen the call", async () => {
    const { ringer, said } = phone({ seenAfter: 2 });
    await ringer.press("sos");
    await later();
    expect(said.at(-1)).toEqual({ state: "seen" });
  });
  it("never keeps a PIN", async () => {
    const { ringer, kept } = phone({ answers: [LIT, SILENCE, CANCELLED], seenAfter: 1e9 });
    await ringer.press("sos");
    await ringer.cancel("4821");
    expect(JSON.stringify(kept)).not.toContain("4821");
  });
  it("shows a cancellation only once the server has it, and the same for every PIN it accepts", async () => {
    const shown: string[][] = [];
    for (const pin of ["1234", "4321"]) {
      const { ringer, said } = phone({ answers: [LIT, DARK, CANCELLED], seenAfter: 1e9 });
      await ringer.press("sos");
      said.length = 0;
      await ringer.cancel(pin);
      shown.push(states(said));
    }
    expect(shown).toEqual([["cancel_trying", "cancelled"], ["cancel_trying", "cancelled"]]);
  });
  it("leaves the call standing when the PIN is wrong", async () => {
    // As the door answers: the attempt is recorded, so the lamp is lit; nothing is cancelled.
    const { ringer, said, kept } = phone({ answers: [LIT, { status: 201, lamp: "lit", seen: false, cancelled: false }], seenAfter: 1e9 });
    await ringer.press("sos");
    await ringer.cancel("0000");
    expect(said.at(-1)).toEqual({ state: "cancel_wrong" });
    expect(kept.at(-1)?.lit?.seq).toBe(5);
  });
  it("does nothing without a credential", async () => {
    const { ringer, posted } = phone({ memory: { credential: null } });
    await ringer.press("sos");
    expect(posted).toEqual([]);
  });
  it("waits a bounded time between repeats", () => {
    expect([1, 2, 3, 4, 50].map(repeatMs)).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
  });
});
