/** The shift bar and the colleagues a flight can be handed to: the server's words, read again when they may have changed. */
import { DESK_REFRESH_MS, FETCH_TIMEOUT_MS } from "../constants";
import { keepTyped, morph } from "../console/morph";
import type { Colleague } from "./flight";

export class Desk {
  private isAsking = false;
  private isWanted = false;

  constructor(private readonly place: HTMLElement, private readonly changed: () => void) {
    keepTyped(place);
    // Counts of pilots tell most changes; one who leaves as another comes changes no count.
    window.setInterval(() => void this.refresh(), DESK_REFRESH_MS);
  }

  get colleagues(): Colleague[] {
    const text = this.place.querySelector<HTMLElement>("[data-colleagues]")?.dataset["colleagues"];
    return text ? (JSON.parse(text) as Colleague[]) : [];
  }

  async refresh(): Promise<void> {
    this.isWanted = true;
    if (this.isAsking) return;
    this.isAsking = true;
    while (this.isWanted) {
      this.isWanted = false;
      await this.read();
    }
    this.isAsking = false;
  }

  /** What was read before stays when the server does not answer: the line about the connection already says so. */
  private async read(): Promise<void> {
    try {
      const answer = await fetch(this.place.dataset["url"] ?? "", {
        credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      if (!answer.ok) return;
      morph(this.place, await answer.text());
      this.changed();
    } catch {
      // Asked again at the next change.
    }
  }
}
