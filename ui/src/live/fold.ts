import { KEEP_CLOSED_MS } from "../constants";
import type { Alarm, Counts, Deaf, DroneRow, Id, Incident, LiveEvent, Mission, Pilots, Proposal, Snapshot } from "./types";

/** One drone as last heard: its row and when (ms since the epoch). */
export interface Drone {
  t: number;
  row: DroneRow;
}

/** What a board knows. Never changed in place: a fold returns a new one that shares what did not change. */
export interface LiveState {
  seq: number;
  now: string;
  city: { name: string };
  incidents: ReadonlyMap<string, Incident>;
  missions: ReadonlyMap<string, Mission>;
  proposals: ReadonlyMap<string, Proposal>;
  fleet: ReadonlyMap<string, Drone>;
  fleet_t: number;
  deaf: Deaf;
  pilots: Pilots;
  alarms: readonly Alarm[];
  counts: Counts;
}

/** What a batch of events touched: enough for a view to redraw only that. */
export interface Changes {
  snapshot: boolean;
  incidents: Set<string>;
  missions: Set<string>;
  proposals: boolean;
  drones: Set<string>;
  deaf: boolean;
  pilots: boolean;
  alarms: boolean;
}

export function noChanges(): Changes {
  return {
    snapshot: false, incidents: new Set(), missions: new Set(), proposals: false, drones: new Set(),
    deaf: false, pilots: false, alarms: false,
  };
}

export const key = (id: Id): string => String(id);

const NOT_DEAF: Deaf = { devices: 0, zones: [], places: [] };

export function emptyState(): LiveState {
  return {
    seq: 0, now: new Date(0).toISOString(), city: { name: "" }, incidents: new Map(), missions: new Map(),
    proposals: new Map(), fleet: new Map(), fleet_t: 0, deaf: NOT_DEAF,
    pilots: { on_shift: 0, free: 0 }, alarms: [], counts: { open: 0 },
  };
}

export function fromSnapshot(snapshot: Snapshot): LiveState {
  const fleet = new Map<string, Drone>();
  const t = snapshot.fleet?.t ?? 0;
  for (const row of snapshot.fleet?.d ?? []) fleet.set(row[0], { t, row });
  return {
    seq: snapshot.seq,
    now: snapshot.now,
    city: snapshot.city,
    incidents: new Map(snapshot.incidents.map((one) => [key(one.id), one])),
    missions: new Map(snapshot.missions.map((one) => [key(one.id), one])),
    proposals: new Map(snapshot.proposals.map((one) => [key(one.id), one])),
    fleet,
    fleet_t: t,
    deaf: snapshot.deaf ?? NOT_DEAF,
    pilots: snapshot.pilots,
    alarms: snapshot.alarms,
    // A page is rendered without them, and its incidents say it.
    counts: snapshot.counts ?? { open: snapshot.incidents.filter((one) => one.state === "open").length },
  };
}

/** The inverse of fromSnapshot, lists in order of id: what a golden test compares and a new tab receives. */
export function toSnapshot(state: LiveState): Snapshot {
  const byId = <T extends { id: Id }>(rows: Iterable<T>): T[] => [...rows].sort((a, b) => (key(a.id) < key(b.id) ? -1 : 1));
  const rows = [...state.fleet.values()].map((drone) => drone.row).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return {
    seq: state.seq,
    now: state.now,
    city: state.city,
    incidents: byId(state.incidents.values()),
    missions: byId(state.missions.values()),
    proposals: byId(state.proposals.values()),
    fleet: rows.length > 0 ? { t: state.fleet_t, d: rows } : null,
    deaf: state.deaf,
    pilots: state.pilots,
    alarms: [...state.alarms],
    counts: state.counts,
  };
}

type Versioned = { version: number; last_seq: number };

/** A row wins over the one held when it is of a later version; the same row twice changes nothing. */
function isNewer(row: Versioned, held: Versioned): boolean {
  return row.version > held.version || (row.version === held.version && row.last_seq > held.last_seq);
}

type Draft = { -readonly [K in keyof LiveState]: LiveState[K] };

/** `isOwned`: the map was already copied by this batch and may be written to. */
function foldRow<T extends Incident | Mission>(
  rows: ReadonlyMap<string, T>, row: T, touched: Set<string>, isOwned: boolean,
): ReadonlyMap<string, T> {
  const id = key(row.id);
  const held = rows.get(id);
  if (held && !isNewer(row, held)) return rows;
  touched.add(id);
  const next = isOwned ? (rows as Map<string, T>) : new Map(rows);
  next.set(id, row);
  return next;
}

function foldFleet(draft: Draft, t: number, rows: readonly DroneRow[], changes: Changes): void {
  const next = new Map(draft.fleet);
  for (const row of rows) {
    const held = next.get(row[0]);
    if (held && held.t > t) continue;
    next.set(row[0], { t, row });
    changes.drones.add(row[0]);
  }
  draft.fleet = next;
  draft.fleet_t = Math.max(draft.fleet_t, t);
}

function dropOld<T>(rows: ReadonlyMap<string, T>, isOld: (row: T) => boolean, touched: Set<string>): ReadonlyMap<string, T> {
  let next: Map<string, T> | null = null;
  for (const [id, row] of rows) {
    if (!isOld(row)) continue;
    next ??= new Map(rows);
    next.delete(id);
    touched.add(id);
  }
  return next ?? rows;
}

/** A beat is the only event that carries time, so it alone drops what has been over for ten minutes. */
function foldBeat(draft: Draft, now: string, seq: number, changes: Changes): void {
  draft.now = now;
  draft.seq = Math.max(draft.seq, seq);
  const before = Date.parse(now) - KEEP_CLOSED_MS;
  draft.incidents = dropOld(
    draft.incidents, (row) => row.state !== "open" && Date.parse(row.closed_at ?? row.last_signal_at) < before, changes.incidents,
  );
  draft.missions = dropOld(
    draft.missions, (row) => row.state === "ended" && Date.parse(row.ended_at ?? row.offered_at ?? now) < before, changes.missions,
  );
}

function foldOne(draft: Draft, event: LiveEvent, before: LiveState, changes: Changes): void {
  switch (event.type) {
    case "incident":
      draft.incidents = foldRow(draft.incidents, event.data, changes.incidents, draft.incidents !== before.incidents);
      break;
    case "mission":
      draft.missions = foldRow(draft.missions, event.data, changes.missions, draft.missions !== before.missions);
      break;
    case "proposals":
      // All that nobody has decided yet: what is missing from the list is decided, or its incident is over.
      draft.proposals = new Map(event.data.map((one) => [key(one.id), one]));
      changes.proposals = true;
      break;
    case "fleet":
      foldFleet(draft, event.data.t, event.data.d, changes);
      break;
    case "deaf":
      draft.deaf = event.data;
      changes.deaf = true;
      break;
    case "pilots":
      draft.pilots = event.data;
      changes.pilots = true;
      break;
    case "alarms":
      draft.alarms = event.data;
      changes.alarms = true;
      break;
    case "counts":
      draft.counts = event.data;
      break;
    case "beat":
      foldBeat(draft, event.data.now, event.data.seq, changes);
      break;
  }
  if (event.id !== null && event.id > draft.seq) draft.seq = event.id;
}

/** Fold a batch. Each collection is copied at most once whatever the size of the batch. */
export function applyEvents(state: LiveState, events: readonly LiveEvent[]): { state: LiveState; changes: Changes } {
  const changes = noChanges();
  const draft: Draft = { ...state };
  for (const event of events) foldOne(draft, event, state, changes);
  return { state: draft, changes };
}

export function applyEvent(state: LiveState, event: LiveEvent): LiveState {
  return applyEvents(state, [event]).state;
}
