import { describe, expect, it } from "vitest";
import { proposalsOf } from "../src/board/lists";
import { News } from "../src/board/news";
import { applyEvents, fromSnapshot, noChanges, type Changes, type LiveState } from "../src/live/fold";
import type { Incident } from "../src/live/types";
import { aSnapshot, anIncident } from "./samples";

const picture = (...incidents: Incident[]): [LiveState, Changes] =>
  [fromSnapshot(aSnapshot({ incidents })), { ...noChanges(), snapshot: true }];
const sounds = (found: ReturnType<News["of"]>): string[] => found.map((one) => `${one.sound} ${one.incident.id}`);

describe("what is news", () => {
  it("is silent about the first picture alone", () => {
    expect(new News().of(...picture(anIncident(), anIncident({ id: "i-2" })))).toEqual([]);
  });

  it("tells of a call that came while the line was down", () => {
    const news = new News();
    news.of(...picture(anIncident()));
    expect(sounds(news.of(...picture(anIncident(), anIncident({ id: "i-2" }))))).toEqual(["new_call i-2"]);
    expect(news.of(...picture(anIncident(), anIncident({ id: "i-2" })))).toEqual([]);
  });

  it("tells of an escalation that came while the line was down", () => {
    const news = new News();
    news.of(...picture(anIncident()));
    expect(sounds(news.of(...picture(anIncident({ escalation: 2, version: 2 }))))).toEqual(["escalation i-1"]);
  });

  it("says nothing after a gap of what somebody has taken, what is over and what is a test", () => {
    const news = new News();
    news.of(...picture());
    const after = [
      anIncident({ rung: "acknowledged" }), anIncident({ id: "i-2", state: "closed" }), anIncident({ id: "i-3", test: true }),
    ];
    expect(news.of(...picture(...after))).toEqual([]);
  });

  it("tells of what rings again though its level stays: called again, help asked for, a minute more unanswered", () => {
    const news = new News();
    const acting = anIncident({ rung: "acting", due_at: null, escalation: 1 });
    const over = anIncident({ id: "i-2", state: "closed", rung: "acting", due_at: null, escalation: 1 });
    const late = anIncident({ id: "i-3", escalation: 3, due_at: "2026-11-22T20:01:00Z" });
    news.of(...picture(acting, over, late));
    const due_at = "2026-11-22T20:02:00Z";
    const again = [acting, over, late].map((one) => ({ ...one, state: "open" as const, rung: "received" as const, due_at }));
    expect(sounds(news.of(...picture(...again)))).toEqual(["escalation i-1", "escalation i-2", "escalation i-3"]);
    expect(news.of(...picture(...again))).toEqual([]);
  });

  it("says nothing when somebody climbs and a later deadline begins", () => {
    const news = new News();
    news.of(...picture(anIncident({ due_at: "2026-11-22T20:00:10Z" })));
    const taken = anIncident({ rung: "acknowledged", due_at: "2026-11-22T20:01:00Z" });
    expect(news.of(...picture(taken))).toEqual([]);
  });

  it("tells of each call of a batch and of each once", () => {
    const news = new News();
    const [first] = picture();
    news.of(...picture());
    const { state, changes } = applyEvents(first, [{ type: "incident", id: 11, data: anIncident() }]);
    expect(sounds(news.of(state, changes))).toEqual(["new_call i-1"]);
    expect(news.of(state, changes)).toEqual([]);
  });
});

describe("what the key for merging accepts", () => {
  it("is a proposal that names the incident on screen, and no other's", () => {
    const one = { id: "p-1", incident_id: "i-1", other_id: "i-2", score: 0.9, reason: "", proposed_at: "2026-11-22T20:00:00Z" };
    const other = { id: "p-2", incident_id: "i-3", other_id: "i-4", score: 0.99, reason: "", proposed_at: "2026-11-22T20:00:00Z" };
    const incidents = ["i-1", "i-2", "i-3", "i-4", "i-5"].map((id) => anIncident({ id }));
    const state = fromSnapshot(aSnapshot({ incidents, proposals: [one, other] }));
    expect(proposalsOf(state, "i-2").map(({ id }) => id)).toEqual(["p-1"]);
    expect(proposalsOf(state, "i-5")).toEqual([]);
  });
});
