/** Five minutes of each drone, kept by the page itself from the fleet events. */
import { ALOFT_M, DRONES_MAX, MOVING_M_S, TELEMETRY_KEEP_MS, TELEMETRY_POINTS_MAX } from "../constants";
import type { Drone } from "../live/fold";
import type { DroneRow } from "../live/types";

export interface Reading {
  /** Milliseconds since the epoch. */
  t: number;
  lon: number;
  lat: number;
  altitude_m: number;
  battery_pct: number;
}

const EARTH_RADIUS_M = 6_371_008.8;
const RADIANS = Math.PI / 180;

/** Great-circle distance in metres; a few km at most here, where its error is far below a drone's own. */
export function distance_m(lonA: number, latA: number, lonB: number, latB: number): number {
  const dLat = (latB - latA) * RADIANS;
  const dLon = (lonB - lonA) * RADIANS;
  const half = Math.sin(dLat / 2) ** 2 + Math.cos(latA * RADIANS) * Math.cos(latB * RADIANS) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(half)));
}

/** In the air, or about to be. */
export const isAloft = (row: DroneRow): boolean => row[3] >= ALOFT_M || row[5] >= MOVING_M_S;

/** t, lon, lat, altitude, battery. */
const FIELDS = 5;

/** One drone's readings in a ring of fixed size: 240 drones flying for an hour take no more room than for five minutes. */
class Track {
  private readonly values = new Float64Array(TELEMETRY_POINTS_MAX * FIELDS);
  private count = 0;
  lastT = 0;

  add(t: number, row: DroneRow): void {
    if (t <= this.lastT) return;
    this.values.set([t, row[1], row[2], row[3], row[6]], (this.count % TELEMETRY_POINTS_MAX) * FIELDS);
    this.count += 1;
    this.lastT = t;
  }

  readings(): Reading[] {
    const oldest = this.lastT - TELEMETRY_KEEP_MS;
    const found: Reading[] = [];
    for (let nth = Math.max(0, this.count - TELEMETRY_POINTS_MAX); nth < this.count; nth += 1) {
      const at = (nth % TELEMETRY_POINTS_MAX) * FIELDS;
      const [t = 0, lon = 0, lat = 0, altitude_m = 0, battery_pct = 0] = this.values.subarray(at, at + FIELDS);
      if (t >= oldest) found.push({ t, lon, lat, altitude_m, battery_pct });
    }
    return found;
  }
}

export class Telemetry {
  private readonly tracks = new Map<string, Track>();

  /** Take the drones that changed. A parked one is not recorded: its five minutes would be a flat line. */
  take(fleet: ReadonlyMap<string, Drone>, changed: Iterable<string>): void {
    for (const id of changed) {
      const drone = fleet.get(id);
      if (!drone) continue;
      let track = this.tracks.get(id);
      if (!track) {
        if (!isAloft(drone.row) || this.tracks.size >= DRONES_MAX) continue;
        this.tracks.set(id, (track = new Track()));
      }
      track.add(drone.t, drone.row);
    }
  }

  of(droneId: string): Reading[] {
    return this.tracks.get(droneId)?.readings() ?? [];
  }

  /** Forget drones unheard for as long as the plots reach back: they would otherwise stay for ever. */
  forgetOld(nowMs: number): void {
    for (const [id, track] of this.tracks) if (track.lastT < nowMs - TELEMETRY_KEEP_MS) this.tracks.delete(id);
  }
}
