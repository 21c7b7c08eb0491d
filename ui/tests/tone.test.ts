import { describe, expect, it } from "vitest";
import { compareIncidents, dueOf, droneOf, missionsByIncident, toneOf, wordOf } from "../src/board/tone";
import { countdown } from "../src/time";
import { aMission, anIncident } from "./samples";

const NOW = Date.parse("2026-11-22T20:00:03Z");

describe("a row's tone", () => {
  it("is serious while nobody has answered and the deadline runs", () => {
    expect(toneOf(anIncident(), NOW)).toBe("serious");
  });
  it("is critical once the deadline has passed, and says so in a word", () => {
    const late = anIncident({ due_at: "2026-11-22T20:00:02Z" });
    expect([toneOf(late, NOW), wordOf(late, NOW)]).toEqual(["critical", "Deadline missed"]);
  });
  it("is critical when it was escalated, and names who holds it", () => {
    const escalated = anIncident({ escalation: 2, due_at: "2026-11-22T20:01:00Z" });
    expect([toneOf(escalated, NOW), wordOf(escalated, NOW)]).toEqual(["critical", "With the duty officer"]);
  });
  it("stays critical under duress although the caller's screen says cancelled", () => {
    const duress = anIncident({ duress: true, cancelled: true, rung: "acting", due_at: null });
    expect([toneOf(duress, NOW), wordOf(duress, NOW)]).toEqual(["critical", "Duress"]);
  });
  it("asks for attention when no drone can fly", () => {
    expect(toneOf(anIncident({ rung: "acknowledged", due_at: null, drone: "refused" }), NOW)).toBe("attention");
  });
  it("is resolved only when the incident is over", () => {
    expect(toneOf(anIncident({ state: "closed", duress: true }), NOW)).toBe("resolved");
  });
});

describe("the queue's order", () => {
  const ordered = (...incidents: ReturnType<typeof anIncident>[]): string[] => incidents.sort(compareIncidents).map((one) => String(one.id));
  it("is by deadline among the unanswered", () => {
    expect(ordered(anIncident({ id: "b", due_at: "2026-11-22T20:00:20Z" }), anIncident({ id: "a", due_at: "2026-11-22T20:00:05Z" }))).toEqual(["a", "b"]);
  });
  it("never lowers an escalated call, although its new deadline is later", () => {
    const escalated = anIncident({ id: "e", escalation: 1, due_at: "2026-11-22T20:00:40Z" });
    expect(ordered(anIncident({ id: "a", due_at: "2026-11-22T20:00:05Z" }), escalated)).toEqual(["e", "a"]);
  });
  it("puts the answered after the unanswered, and breaks ties by id so that two boards agree", () => {
    const answered = anIncident({ id: "x", rung: "acting", due_at: null });
    expect(ordered(answered, anIncident({ id: "b" }), anIncident({ id: "a" }))).toEqual(["a", "b", "x"]);
  });
});

describe("a row's words", () => {
  it("counts down to a deadline and up after it", () => {
    expect([countdown(7_000), countdown(-12_300), countdown(61_000), countdown(3_600_000)]).toEqual(["00:07", "+00:12", "01:01", "1:00:00"]);
  });
  it("has a ring only while a deadline runs", () => {
    expect(dueOf(anIncident(), NOW, "Europe/Paris", "en").fraction).toBeCloseTo(0.7);
    expect(dueOf(anIncident({ due_at: null }), NOW, "Europe/Paris", "en").fraction).toBeNull();
  });
  it("tells the ETA of a flying drone", () => {
    expect(droneOf(anIncident({ drone: "flying" }), 38.2)).toBe("ETA 38 s");
  });
  it("shows the mission still on rather than one that ended later", () => {
    const chosen = missionsByIncident([aMission({ id: "on", last_seq: 3 }), aMission({ id: "over", state: "ended", last_seq: 9 })]);
    expect(chosen.get("i-1")?.id).toBe("on");
  });
});
