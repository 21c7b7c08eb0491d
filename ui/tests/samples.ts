import type { Incident, Mission, Snapshot } from "../src/live/types";

export function anIncident(extra: Partial<Incident> = {}): Incident {
  return {
    id: "i-1", number: "2026-1107", state: "open", rung: "received", kind: "sos", test: false, exercise: false,
    duress: false, cancelled: false, placed: true, lon: 2.35, lat: 48.85, accuracy_m: 10, zone_id: "z-001", label: "Arsenal · Z-014",
    opened_at: "2026-11-22T20:00:00Z", last_signal_at: "2026-11-22T20:00:00Z", signal_count: 1, escalation: 0,
    due_at: "2026-11-22T20:00:10Z", owner_id: null, owner_name: null, drone: "none", drone_reason: null, outcome: null,
    closed_at: null, merged_into: null, version: 1, last_seq: 1, ...extra,
  };
}

export function aMission(extra: Partial<Mission> = {}): Mission {
  return {
    id: "m-1", incident_id: "i-1", drone_id: "D-117", pilot_id: "u-1", pilot_name: "A. Roy", state: "flying", phase: "transit",
    lon: 2.35, lat: 48.85, eta_s: 38, why: "D-117: ETA 38 s, next best 51 s", offered_at: "2026-11-22T20:00:02Z",
    offer_expires_at: "2026-11-22T20:00:12Z", accepted_at: "2026-11-22T20:00:05Z", airborne_at: "2026-11-22T20:00:15Z",
    on_scene_at: null, ended_at: null, end_reason: null, order_name: "fly", version: 1, last_seq: 2, ...extra,
  };
}

export function aSnapshot(extra: Partial<Snapshot> = {}): Snapshot {
  return {
    seq: 10, now: "2026-11-22T20:00:00Z", city: { name: "Paris" }, incidents: [], missions: [], proposals: [], fleet: null,
    deaf: { devices: 0, zones: [], places: [] }, pilots: { on_shift: 12, free: 9 }, alarms: [], counts: { open: 0 }, ...extra,
  };
}
