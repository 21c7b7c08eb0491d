/** The shapes that the live process sends; keys are the columns of its read tables. Times are ISO 8601 in UTC. */

export type Id = string | number;
export type Rung = "received" | "seen" | "acknowledged" | "acting";
export type IncidentState = "open" | "closed" | "merged";
export type Kind = "sos" | "medical" | "fire" | "violence" | "possible_press" | "test";
export type DroneStatus = "none" | "searching" | "offered" | "flying" | "on_scene" | "returning" | "done" | "refused";

export interface Incident {
  id: Id;
  number: string;
  state: IncidentState;
  rung: Rung;
  kind: Kind;
  test: boolean;
  exercise: boolean;
  duress: boolean;
  cancelled: boolean;
  /** False until somebody knows where it is: then lon and lat say nothing. */
  placed: boolean;
  lon: number;
  lat: number;
  accuracy_m: number;
  zone_id: string | null;
  label: string;
  opened_at: string;
  last_signal_at: string;
  signal_count: number;
  /** 0 operator, 1 lead, 2 duty officer, 3 everybody. */
  escalation: number;
  due_at: string | null;
  owner_id: Id | null;
  owner_name: string | null;
  drone: DroneStatus;
  drone_reason: string | null;
  outcome: string | null;
  closed_at: string | null;
  merged_into: Id | null;
  version: number;
  last_seq: number;
}

export type MissionState = "offered" | "accepted" | "flying" | "ended";
export type Phase =
  | "offered" | "open_dock" | "climb" | "transit" | "on_scene" | "return" | "dock" | "ended"
  | "hold" | "land" | "link_lost";

export interface Mission {
  id: Id;
  incident_id: Id;
  drone_id: string;
  pilot_id: Id | null;
  pilot_name: string | null;
  state: MissionState;
  phase: Phase;
  /** Where the drone is sent. */
  lon: number;
  lat: number;
  eta_s: number | null;
  why: string | null;
  offered_at: string | null;
  offer_expires_at: string | null;
  accepted_at: string | null;
  airborne_at: string | null;
  on_scene_at: string | null;
  ended_at: string | null;
  end_reason: string | null;
  order_name: string | null;
  /** The last order that was not carried out and the rule it met: "land link_lost". */
  order_refused?: string;
  version: number;
  last_seq: number;
}

export interface Proposal {
  id: Id;
  incident_id: Id;
  other_id: Id;
  score: number;
  reason: string;
  proposed_at: string;
  state?: string;
}

/** drone_id, lon, lat, altitude_m, heading_deg, speed_m_s, battery_pct, phase, link_pct, linked (0/1). */
export type DroneRow = [string, number, number, number, number, number, number, string, number, number];

export interface Fleet {
  /** Milliseconds since the epoch. */
  t: number;
  d: DroneRow[];
}

export interface Deaf {
  devices: number;
  zones: [zone_id: string, deaf_count: number, device_count: number][];
  places: [lon: number, lat: number, device_id: string][];
}

export interface Pilots {
  on_shift: number;
  free: number;
}

export interface Alarm {
  name: string;
  raised_at: string;
  detail: string;
}

/** Figures of the bar, for people who are shown no incident. */
export interface Counts {
  open: number;
}

export interface Snapshot {
  seq: number;
  now: string;
  city: { name: string };
  incidents: Incident[];
  missions: Mission[];
  proposals: Proposal[];
  fleet: Fleet | null;
  deaf: Deaf;
  pilots: Pilots;
  alarms: Alarm[];
  counts?: Counts;
}

export type LiveEvent =
  | { type: "incident"; id: number | null; data: Incident }
  | { type: "mission"; id: number | null; data: Mission }
  | { type: "proposals"; id: null; data: Proposal[] }
  | { type: "fleet"; id: null; data: Fleet }
  | { type: "deaf"; id: null; data: Deaf }
  | { type: "pilots"; id: null; data: Pilots }
  | { type: "alarms"; id: null; data: Alarm[] }
  | { type: "counts"; id: null; data: Counts }
  | { type: "beat"; id: null; data: { now: string; seq: number } };

export type EventName = LiveEvent["type"] | "reset";

export const EVENT_NAMES: readonly EventName[] = [
  "incident", "mission", "proposals", "fleet", "deaf", "pilots", "alarms", "counts", "beat", "reset",
];
