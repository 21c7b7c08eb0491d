/** What a screen reader says of its own accord: two quiet places of the page, one that waits its turn and one that does not. */
import { ANNOUNCE_GATHER_MS, ANNOUNCE_KEEP_MS } from "../constants";
import { h } from "../dom";

type Urgency = "polite" | "assertive";

class Voice {
  private readonly place: HTMLElement;
  private waiting: string[] = [];
  private timer: number | null = null;

  constructor(urgency: Urgency) {
    this.place = h("div", { class: "visually-hidden", "data-announcer": urgency, "aria-live": urgency, "aria-atomic": "true" });
    (document.getElementById("main") ?? document.body).append(this.place);
  }

  say(text: string): void {
    this.waiting.push(text);
    if (this.timer !== null) window.clearTimeout(this.timer);
    // Several things at once are one sentence after the other, and none wipes out the one before.
    this.timer = window.setTimeout(() => this.speak(), ANNOUNCE_GATHER_MS);
  }

  private speak(): void {
    this.place.textContent = [...new Set(this.waiting)].join(" ");
    this.waiting = [];
    // Emptied, so that the same words said later are a change again.
    this.timer = window.setTimeout(() => { this.place.textContent = ""; }, ANNOUNCE_KEEP_MS);
  }
}

const voices: Partial<Record<Urgency, Voice>> = {};

/** Make both places before there is anything to say: a reader only notices changes of what it already knows. */
export function prepareAnnouncer(): void {
  voices.polite ??= new Voice("polite");
  voices.assertive ??= new Voice("assertive");
}

/** Say a sentence now ("assertive") or when the reader has finished its own ("polite"). */
export function announce(text: string, urgency: Urgency): void {
  prepareAnnouncer();
  voices[urgency]?.say(text);
}
