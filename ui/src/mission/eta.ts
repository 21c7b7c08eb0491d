/** How long until a drone is on scene. Pure. */
import { MOVING_M_S } from "../constants";
import type { DroneRow, Mission } from "../live/types";
import { distance_m } from "./telemetry";

const BEFORE_SCENE: ReadonlySet<string> = new Set(["offered", "open_dock", "climb", "transit"]);
/** Below half of it a drone is speeding up or braking, and its speed says nothing about its arrival. */
const CRUISE_M_S = 15;

/** Seconds left, or null when it is there, on its way back, or not on this flight. `eta_s` of a mission counts from its
 * offer; once under way the distance still to fly is the better witness. */
export function etaLeft_s(mission: Mission | undefined, row: DroneRow | undefined, nowMs: number): number | null {
  if (!mission || mission.eta_s === null || mission.state === "ended" || !BEFORE_SCENE.has(mission.phase)) return null;
  if (mission.phase === "transit" && row && row[5] >= MOVING_M_S) {
    return distance_m(row[1], row[2], mission.lon, mission.lat) / Math.max(row[5], CRUISE_M_S / 2);
  }
  if (mission.phase === "offered" || mission.offered_at === null) return mission.eta_s;
  return Math.max(0, mission.eta_s - (nowMs - Date.parse(mission.offered_at)) / 1000);
}
