/** An offer: what, where, how long is left to answer. */
import { kindOf } from "../board/tone";
import { OFFER_S } from "../constants";
import { h, setAttribute, setText, svg } from "../dom";
import type { Incident, Mission } from "../live/types";
import { placeText } from "../place";
import { reasonInWords } from "../reasons";
import { t } from "../words";

function answerButton(order: "accept" | "decline", keyName: string, look: string): HTMLElement {
  return h("button", { class: `button ${look} pilot__big`, type: "button", "data-order": order },
    t(`pilot.${order}`), " ", h("kbd", { class: "key", "aria-hidden": "true" }, keyName));
}

export class OfferView {
  readonly element: HTMLElement;
  private readonly arc = svg("circle", { class: "countdown__arc", cx: 50, cy: 50, r: 44, pathLength: 100 });
  private readonly seconds = svg("text", { class: "countdown__seconds", x: 50, y: 50, "text-anchor": "middle", "dominant-baseline": "central" });
  private readonly spoken = h("p", { class: "visually-hidden", role: "timer" });
  private readonly title = h("h1", { class: "pilot__state", id: "offer-title" }, t("pilot.offer"));
  private readonly buttons = [answerButton("accept", "↵", "button--primary"), answerButton("decline", "d", "")];

  constructor(private readonly mission: Mission, incident: Incident | null) {
    const eta = mission.eta_s === null ? null : t("drone.eta", { seconds: Math.round(mission.eta_s) });
    this.element = h("section", { class: "offer", "aria-labelledby": "offer-title" },
      h("div", { class: "offer__what" },
        this.title,
        h("p", { class: "offer__place" }, incident?.label ?? placeText(mission.lon, mission.lat)),
        h("p", { class: "offer__kind num" }, [incident && kindOf(incident), incident?.number, mission.drone_id, eta].filter(Boolean).join(" · ")),
        mission.why ? h("p", { class: "offer__why" }, reasonInWords(mission.why)) : null),
      svg("svg", { class: "countdown", viewBox: "0 0 100 100", "aria-hidden": "true" },
        svg("circle", { class: "countdown__track", cx: 50, cy: 50, r: 44 }), this.arc, this.seconds),
      h("div", { class: "offer__answers" }, ...this.buttons), this.spoken);
  }

  /** Once a second and at each change: the ring empties, and an offer that is over can no longer be answered. */
  tick(nowMs: number): void {
    const left_s = Math.max(0, (Date.parse(this.mission.offer_expires_at ?? "") - nowMs) / 1000);
    const isOver = left_s === 0;
    setAttribute(this.arc, "stroke-dasharray", `${Math.min(100, (left_s / OFFER_S) * 100).toFixed(1)} 100`);
    setText(this.seconds, String(Math.ceil(left_s)));
    setText(this.title, t(isOver ? "pilot.expired" : "pilot.offer"));
    setText(this.spoken, isOver ? "" : t("pilot.offer_left", { seconds: Math.ceil(left_s) }));
    setAttribute(this.element, "data-over", isOver ? "1" : null);
    for (const button of this.buttons) setAttribute(button, "disabled", isOver ? "" : null);
  }
}
