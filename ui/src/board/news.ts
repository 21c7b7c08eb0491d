/** Which changes deserve a sound. */
import type { Sound } from "../console/sound";
import type { Changes, LiveState } from "../live/fold";

export class News {
  /** Escalation level of each incident already on the board; absent = never seen. */
  private known = new Map<string, number>();

  /** The most urgent sound of this batch, or null. A snapshot is never news: everything in it was there before. */
  soundOf(state: LiveState, changes: Changes): Sound | null {
    if (changes.snapshot) {
      this.known = new Map([...state.incidents].map(([id, one]) => [id, one.escalation]));
      return null;
    }
    let sound: Sound | null = null;
    for (const id of changes.incidents) {
      const incident = state.incidents.get(id);
      if (!incident) {
        this.known.delete(id);
        continue;
      }
      const before = this.known.get(id);
      this.known.set(id, incident.escalation);
      if (incident.state !== "open" || incident.test) continue;
      if (before === undefined) sound ??= "new_call";
      else if (incident.escalation > before) sound = "escalation";
    }
    return sound;
  }
}
