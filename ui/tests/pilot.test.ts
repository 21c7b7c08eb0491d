import { describe, expect, it } from "vitest";
import { missionsOf } from "../src/pilot/choice";
import { aMission } from "./samples";

const NOW = Date.parse("2026-11-22T20:00:05Z");
const offer = (extra = {}) => aMission({ state: "offered", phase: "offered", accepted_at: null, ...extra });

describe("a pilot's screen", () => {
  it("keeps the flights in hand while it shows an offer", () => {
    const { offer: shown, flights } = missionsOf("u-1", [offer({ id: "o" }), aMission({ id: "f" })], NOW);
    expect([shown?.id, flights.map((one) => one.id)]).toEqual(["o", ["f"]]);
  });
  it("shows the oldest offer still open", () => {
    const late = offer({ id: "late", offered_at: "2026-11-22T20:00:04Z" });
    expect(missionsOf("u-1", [late, offer({ id: "early" })], NOW).offer?.id).toBe("early");
  });
  it("never shows an offer that is over, or another pilot's", () => {
    const over = offer({ offer_expires_at: "2026-11-22T20:00:04Z" });
    expect(missionsOf("u-1", [over, offer({ pilot_id: "u-2" }), aMission({ state: "ended" })], NOW)).toEqual({ offer: null, flights: [] });
  });
  it("lists flights in the order they were accepted", () => {
    const second = aMission({ id: "b", accepted_at: "2026-11-22T20:01:00Z" });
    expect(missionsOf("u-1", [second, aMission({ id: "a" })], NOW).flights.map((one) => one.id)).toEqual(["a", "b"]);
  });
});
