/** Which mission a pilot must look at. Pure. */
import { key } from "../live/fold";
import type { Mission } from "../live/types";

/** The flight in hand, else the oldest offer still open, else null. */
export function missionFor(me: string, missions: Iterable<Mission>, nowMs: number): Mission | null {
  let flown: Mission | null = null;
  let offered: Mission | null = null;
  for (const mission of missions) {
    if (mission.pilot_id === null || key(mission.pilot_id) !== me || mission.state === "ended") continue;
    if (mission.state === "offered") {
      const isOpen = Date.parse(mission.offer_expires_at ?? "") > nowMs;
      if (isOpen && (!offered || (mission.offered_at ?? "") < (offered.offered_at ?? ""))) offered = mission;
    } else if (!flown || (mission.accepted_at ?? "") > (flown.accepted_at ?? "")) {
      flown = mission;
    }
  }
  return flown ?? offered;
}
