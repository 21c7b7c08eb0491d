/** Five minutes of each drone, kept by the page itself from the fleet events. */
import { ALOFT_M, DRONES_MAX, MOVING_M_S, TELEMETRY_KEEP_MS, TELEMETRY_POINTS_MAX } from "../constants";
import type { Drone } from "../live/fold";
import type { DroneRow } from "../live/types";

export interface Reading {
  t: number;
  row: DroneRow;
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

export class Telemetry {
  private readonly byDrone = new Map<string, Reading[]>();

  /** Take the drones that changed. A parked one is not recorded: its five minutes would be a flat line. */
  take(fleet: ReadonlyMap<string, Drone>, changed: Iterable<string>): void {
    for (const id of changed) {
      const drone = fleet.get(id);
      if (!drone) continue;
      const readings = this.byDrone.get(id);
      if (readings || isAloft(drone.row)) this.append(id, readings ?? [], { t: drone.t, row: drone.row });
    }
  }

  private append(id: string, readings: Reading[], reading: Reading): void {
    const last = readings.at(-1);
    if (last && last.t >= reading.t) return;
    readings.push(reading);
    const oldest = reading.t - TELEMETRY_KEEP_MS;
    let drop = Math.max(0, readings.length - TELEMETRY_POINTS_MAX);
    while ((readings[drop]?.t ?? oldest) < oldest) drop += 1;
    if (drop > 0) readings.splice(0, drop);
    this.byDrone.set(id, readings);
    if (this.byDrone.size > DRONES_MAX) this.byDrone.delete(this.byDrone.keys().next().value as string);
  }

  of(droneId: string): readonly Reading[] {
    return this.byDrone.get(droneId) ?? [];
  }

  /** Forget drones unheard for as long as the plots reach back: they would otherwise stay for ever. */
  forgetOld(nowMs: number): void {
    for (const [id, readings] of this.byDrone) {
      if ((readings.at(-1)?.t ?? 0) < nowMs - TELEMETRY_KEEP_MS) this.byDrone.delete(id);
    }
  }
}
