/** Which missions a pilot must look at. Pure. */
import { key } from "../live/fold";
import type { Mission } from "../live/types";

export interface Mine {
  /** The oldest offer still open: offers are answered one at a time. */
  offer: Mission | null;
  /** Flights in hand, the oldest first. */
  flights: Mission[];
}

export function missionsOf(me: string, missions: Iterable<Mission>, nowMs: number): Mine {
  let offer: Mission | null = null;
  const flights: Mission[] = [];
  for (const mission of missions) {
    if (mission.pilot_id === null || key(mission.pilot_id) !== me || mission.state === "ended") continue;
    if (mission.state !== "offered") flights.push(mission);
    else if (Date.parse(mission.offer_expires_at ?? "") > nowMs && (!offer || (mission.offered_at ?? "") < (offer.offered_at ?? ""))) offer = mission;
  }
  const order = (one: Mission): string => `${one.accepted_at ?? ""}|${one.id}`;
  return { offer, flights: flights.sort((a, b) => (order(a) < order(b) ? -1 : 1)) };
}
