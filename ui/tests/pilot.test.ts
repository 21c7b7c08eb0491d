import { describe, expect, it } from "vitest";
import { missionFor } from "../src/pilot/choice";
import { aMission } from "./samples";

const NOW = Date.parse("2026-11-22T20:00:05Z");
const offer = (extra = {}) => aMission({ state: "offered", phase: "offered", accepted_at: null, ...extra });

describe("a pilot's screen", () => {
  it("shows the flight in hand before any offer", () => {
    expect(missionFor("u-1", [offer({ id: "o" }), aMission({ id: "f" })], NOW)?.id).toBe("f");
  });
  it("shows the oldest offer still open", () => {
    const late = offer({ id: "late", offered_at: "2026-11-22T20:00:04Z" });
    expect(missionFor("u-1", [late, offer({ id: "early" })], NOW)?.id).toBe("early");
  });
  it("never shows an offer that is over, or another pilot's", () => {
    const over = offer({ offer_expires_at: "2026-11-22T20:00:04Z" });
    expect(missionFor("u-1", [over, offer({ pilot_id: "u-2" }), aMission({ state: "ended" })], NOW)).toBeNull();
  });
});
