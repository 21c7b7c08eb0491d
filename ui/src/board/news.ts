/** Which changes deserve a sound and a word. */
import type { Changes, LiveState } from "../live/fold";
import type { Incident } from "../live/types";

export interface Bulletin {
  sound: "new_call" | "escalation";
  incident: Incident;
}

const isWaiting = (incident: Incident): boolean => incident.rung === "received" || incident.rung === "seen";

export class News {
  /** Escalation level of each incident already on the board; absent = never seen. Null before the first picture. */
  private known: Map<string, number> | null = null;

  /**
   * What is new in this batch. Only the very first picture is never news: all of it was there before. A later one
   * comes after a lost line, a restart or a sleeping machine, and holds whatever happened meanwhile.
   */
  of(state: LiveState, changes: Changes): Bulletin[] {
    if (this.known === null) {
      this.known = levelsOf(state);
      return [];
    }
    const before = this.known;
    const touched = changes.snapshot ? state.incidents.keys() : changes.incidents;
    const found: Bulletin[] = [];
    for (const id of touched) {
      const incident = state.incidents.get(id);
      if (!incident || incident.state !== "open" || incident.test) continue;
      const level = before.get(id);
      // After a gap, what a colleague has taken meanwhile is no call any more.
      const isNew = level === undefined && (!changes.snapshot || isWaiting(incident));
      if (isNew) found.push({ sound: "new_call", incident });
      else if (level !== undefined && incident.escalation > level) found.push({ sound: "escalation", incident });
    }
    if (changes.snapshot) this.known = levelsOf(state);
    else for (const id of changes.incidents) remember(before, id, state.incidents.get(id));
    return found;
  }
}

function levelsOf(state: LiveState): Map<string, number> {
  return new Map([...state.incidents].map(([id, one]) => [id, one.escalation]));
}

function remember(known: Map<string, number>, id: string, incident: Incident | undefined): void {
  if (incident) known.set(id, incident.escalation);
  else known.delete(id);
}
