/** What a row says: pure, from an incident, its mission and the time. The server's first rows say the same. */
import { ACTING_S, LADDER_S } from "../constants";
import { key } from "../live/fold";
import type { Incident, Mission } from "../live/types";
import { age, countdown } from "../time";
import { t, type WordKey } from "../words";

/** A state is a shape and a word before it is a colour: ◆ ▲ ■ ● ✓. */
export type Tone = "critical" | "serious" | "attention" | "ours" | "resolved";

const isUnanswered = (incident: Incident): boolean => incident.rung === "received" || incident.rung === "seen";
const escalationOf = (incident: Incident): number => Math.max(0, Math.min(3, incident.escalation));
const isLate = (incident: Incident, nowMs: number): boolean => incident.due_at !== null && Date.parse(incident.due_at) <= nowMs;

export function toneOf(incident: Incident, nowMs: number): Tone {
  if (incident.state !== "open") return "resolved";
  if (incident.duress) return "critical";
  if (incident.test) return "attention";
  if (isUnanswered(incident)) return isLate(incident, nowMs) || incident.escalation > 0 ? "critical" : "serious";
  if (incident.cancelled || incident.kind === "possible_press" || incident.drone === "refused") return "attention";
  return "ours";
}

function wordKey(incident: Incident, nowMs: number): WordKey {
  if (incident.state === "merged") return "state.merged";
  if (incident.state === "closed") return "state.closed";
  if (incident.duress) return "state.duress";
  if (incident.cancelled) return "state.cancelled";
  if (isUnanswered(incident) && isLate(incident, nowMs)) return "state.late";
  if (isUnanswered(incident) && incident.escalation > 0) return `state.escalated_${escalationOf(incident)}` as WordKey;
  return `rung.${incident.rung}`;
}

export function wordOf(incident: Incident, nowMs: number): string {
  return t(wordKey(incident, nowMs));
}

export function kindOf(incident: Incident): string {
  return t(`kind.${incident.kind}`);
}

/** "ETA 38 s", "on scene", or that there is no drone. `eta_s`: seconds left, null when unknown. */
export function droneOf(incident: Incident, eta_s: number | null): string {
  if (incident.state !== "open" || incident.drone === "none" || incident.drone === "done") return "";
  if (incident.drone === "flying" && eta_s !== null) return t("drone.eta", { seconds: Math.round(eta_s) });
  return t(`drone.${incident.drone}`);
}

export interface Due {
  /** Part of the delay still left, 1 to 0; null = no deadline runs. */
  fraction: number | null;
  text: string;
}

export function dueOf(incident: Incident, nowMs: number, timeZone: string, language: string): Due {
  if (incident.state === "open" && incident.due_at !== null) {
    const remaining_ms = Date.parse(incident.due_at) - nowMs;
    const whole_ms = (isUnanswered(incident) ? (LADDER_S[escalationOf(incident)] ?? LADDER_S[3]) : ACTING_S) * 1000;
    return { fraction: Math.max(0, Math.min(1, remaining_ms / whole_ms)), text: countdown(remaining_ms) };
  }
  const sinceMs = Date.parse(incident.closed_at ?? incident.opened_at);
  return { fraction: null, text: age(sinceMs, nowMs, timeZone, language) };
}

const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/**
 * Queue order: escalated and unanswered first (an escalation starts a later deadline, yet nobody wants it lower),
 * then by deadline, then those without one by age. Ties by id, so that two boards always agree.
 */
export function compareIncidents(a: Incident, b: Incident): number {
  const urgency = (one: Incident): number => (isUnanswered(one) ? 1 + escalationOf(one) : 0);
  return urgency(b) - urgency(a)
    || byText(a.due_at ?? "9999", b.due_at ?? "9999")
    || byText(a.opened_at, b.opened_at)
    || byText(key(a.id), key(b.id));
}

/** The mission to show for an incident: the one still on, else the last. */
export function missionsByIncident(missions: Iterable<Mission>): Map<string, Mission> {
  const chosen = new Map<string, Mission>();
  for (const mission of missions) {
    const id = key(mission.incident_id);
    const held = chosen.get(id);
    const isOn = mission.state !== "ended";
    const wasOn = held !== undefined && held.state !== "ended";
    if (!held || (isOn && !wasOn) || (isOn === wasOn && mission.last_seq > held.last_seq)) chosen.set(id, mission);
  }
  return chosen;
}
