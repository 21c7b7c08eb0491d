/** One row of the queue: built once, then only what differs is written. */
import { h, setAttribute, setText, svg } from "../dom";
import { key } from "../live/fold";
import type { DroneRow, Incident, Mission } from "../live/types";
import { etaLeft_s } from "../mission/eta";
import { droneOf, dueOf, kindOf, toneOf, wordOf } from "./tone";

export interface RowContext {
  nowMs: number;
  timeZone: string;
  language: string;
  me: string;
  selectedId: string | null;
  /** Address of an incident's own page. */
  url: (id: string) => string;
  drone: (id: string) => DroneRow | undefined;
}

export class Row {
  readonly element: HTMLLIElement;
  private readonly arc = svg("circle", { class: "qring__arc", cx: 10, cy: 10, r: 8, pathLength: 100 });
  private readonly ring = svg("svg", { class: "qring", viewBox: "0 0 20 20", "aria-hidden": "true" },
    svg("circle", { class: "qring__track", cx: 10, cy: 10, r: 8 }), this.arc);
  private readonly due = h("span", { class: "qrow__due num" });
  private readonly shape = h("span", { class: "shape", "aria-hidden": "true" });
  private readonly label: HTMLAnchorElement;
  private readonly kind = h("span", { class: "qrow__kind" });
  private readonly word = h("span", { class: "qrow__word" });
  private readonly owner = h("span", { class: "qrow__owner" });
  private readonly drone = h("span", { class: "qrow__drone num" });
  /** What was last drawn: the same version in the same second draws nothing. */
  private drawn = "";

  constructor(readonly id: string, context: RowContext) {
    this.label = h("a", { class: "qrow__label", href: context.url(id) });
    this.element = h(
      "li", { class: "qrow", id: `q-${id}`, "data-id": id },
      this.ring, this.due, this.shape, this.label, this.kind, this.word, this.owner, this.drone,
    );
  }

  update(incident: Incident, mission: Mission | undefined, position: number, count: number, context: RowContext): void {
    const isSelected = context.selectedId === this.id;
    const second = Math.floor(context.nowMs / 1000);
    const picture = `${incident.version}|${mission?.last_seq ?? ""}|${second}|${isSelected}|${position}|${count}`;
    if (picture === this.drawn) return;
    this.drawn = picture;
    const tone = toneOf(incident, context.nowMs);
    const due = dueOf(incident, context.nowMs, context.timeZone, context.language);
    const { element } = this;
    setAttribute(element, "data-tone", tone);
    setAttribute(element, "aria-current", isSelected ? "true" : null);
    setAttribute(element, "aria-posinset", String(position));
    setAttribute(element, "aria-setsize", String(count));
    setAttribute(element, "data-mine", incident.owner_id !== null && key(incident.owner_id) === context.me ? "1" : null);
    setAttribute(element, "data-quiet", due.fraction === null ? "1" : null);
    // Tab reaches the first row and the chosen one, j and k the others. On the chosen one Enter is the next action.
    setAttribute(this.label, "tabindex", isSelected || position === 1 ? "0" : "-1");
    setAttribute(this.label, "data-keys-through", isSelected ? "" : null);
    setAttribute(this.shape, "data-tone", tone);
    setAttribute(this.arc, "stroke-dasharray", `${((due.fraction ?? 0) * 100).toFixed(1)} 100`);
    setText(this.due, due.text);
    setText(this.label, incident.label);
    setAttribute(this.label, "title", `${incident.number} · ${incident.label}`);
    setText(this.kind, incident.signal_count > 1 ? `${kindOf(incident)} ×${incident.signal_count}` : kindOf(incident));
    setText(this.word, wordOf(incident, context.nowMs));
    setText(this.owner, incident.owner_name ?? "");
    setText(this.drone, droneOf(incident, etaLeft_s(mission, mission && context.drone(mission.drone_id), context.nowMs)));
  }
}
