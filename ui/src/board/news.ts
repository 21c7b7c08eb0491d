/** Which changes deserve a sound and a word. */
import type { Changes, LiveState } from "../live/fold";
import type { Incident } from "../live/types";

export interface Bulletin {
  sound: "new_call" | "escalation";
  incident: Incident;
}

const isWaiting = (incident: Incident): boolean => incident.rung === "received" || incident.rung === "seen";

export class News {
  /** How each incident stood when last on the board; absent = never seen. Null before the first picture. */
  private known: Map<string, Incident> | null = null;

  /**
   * What is new in this batch. Only the very first picture is never news: all of it was there before. A later one
   * comes after a lost line, a restart or a sleeping machine, and holds whatever happened meanwhile.
   */
  of(state: LiveState, changes: Changes): Bulletin[] {
    if (this.known === null) {
      this.known = new Map(state.incidents);
      return [];
    }
    const before = this.known;
    const touched = changes.snapshot ? state.incidents.keys() : changes.incidents;
    const found: Bulletin[] = [];
    for (const id of touched) {
      const incident = state.incidents.get(id);
      if (!incident || incident.state !== "open" || incident.test) continue;
      const earlier = before.get(id);
      // After a gap, what a colleague has taken meanwhile is no call any more.
      const isNew = earlier === undefined && (!changes.snapshot || isWaiting(incident));
      if (isNew) found.push({ sound: "new_call", incident });
      else if (earlier !== undefined && ringsAgain(earlier, incident)) found.push({ sound: "escalation", incident });
    }
    if (changes.snapshot) this.known = new Map(state.incidents);
    else for (const id of changes.incidents) remember(before, id, state.incidents.get(id));
    return found;
  }
}

const RUNGS = ["received", "seen", "acknowledged", "acting"];
const rungOf = (incident: Incident): number => RUNGS.indexOf(incident.rung);
const dueMs = (incident: Incident): number => (incident.due_at === null ? 0 : Date.parse(incident.due_at));

/**
 * A deadline passed with no answer, or one began though nobody climbed: the caller called again, is under duress, a
 * responder needs help, what was over is not. Whoever climbs starts a deadline too, and needs no sound for it.
 */
function ringsAgain(earlier: Incident, incident: Incident): boolean {
  if (incident.escalation > earlier.escalation) return true;
  return rungOf(incident) <= rungOf(earlier) && dueMs(incident) > dueMs(earlier);
}

function remember(known: Map<string, Incident>, id: string, incident: Incident | undefined): void {
  if (incident) known.set(id, incident);
  else known.delete(id);
}
