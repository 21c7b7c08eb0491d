/** A flight in hand: its state in one word, its figures, and the few orders a pilot may give. */
import { kindOf } from "../board/tone";
import { h } from "../dom";
import { key } from "../live/fold";
import type { Id, Incident, Mission, Phase } from "../live/types";
import { t, type WordKey } from "../words";

export interface Colleague {
  id: Id;
  name: string;
}

const FIGURES = ["altitude", "speed", "heading", "battery", "link", "distance", "eta"] as const;
const PHASES: readonly Phase[] = ["open_dock", "climb", "transit", "on_scene", "return", "dock"];
const ORDERS: readonly { order: string; key?: string; isDangerous?: true }[] = [
  { order: "hold", key: "h" }, { order: "resume", key: "u" }, { order: "descend", key: "b" }, { order: "return", key: "r" },
  { order: "land", key: "l", isDangerous: true },
];

function orderButton({ order, key: keyName, isDangerous }: (typeof ORDERS)[number]): HTMLElement {
  return h("button", {
    class: `button ${isDangerous ? "button--danger " : ""}pilot__big`, type: "button", "data-order": order,
    "data-hold": isDangerous ?? false, title: isDangerous ? t("pilot.land_hint") : null,
  }, t(`pilot.${order}` as WordKey), keyName ? " " : null, keyName ? h("kbd", { class: "key", "aria-hidden": "true" }, keyName) : null);
}

function phases(mission: Mission): HTMLElement {
  // Holding, landing or out of reach are no step of the way: the bar then shows how far the flight had come.
  const at = PHASES.indexOf(mission.phase);
  const past = at >= 0 ? at : mission.on_scene_at !== null ? 4 : mission.airborne_at !== null ? 2 : 0;
  return h("ol", { class: "phases" }, ...PHASES.map((phase, index) => h("li", {
    class: "phases__one", "data-past": index < past, "aria-current": index === at ? "step" : null,
  }, t(`phase.${phase}`))));
}

function handOver(colleagues: readonly Colleague[]): HTMLElement {
  if (colleagues.length === 0) return h("p", { class: "second" }, t("pilot.no_colleague"));
  return h("div", { class: "pilot__handover" },
    h("label", { for: "pilot-colleague" }, t("pilot.hand_over_to")),
    h("select", { id: "pilot-colleague", class: "control", name: "pilot_id" },
      ...colleagues.map((one) => h("option", { value: key(one.id) }, one.name))),
    h("button", { class: "button", type: "button", "data-order": "hand_over" }, t("pilot.hand_over")));
}

/** The order that the drone did not carry out, in words; nothing when the last one was. */
function refusedOrder(mission: Mission): HTMLElement | null {
  const [order, rule] = (mission.order_refused ?? "").split(" ");
  if (!order || !rule) return null;
  const said = { order: t(`pilot.${order}` as WordKey), why: t(`refused.${rule}` as WordKey) };
  return h("p", { class: "banner banner--attention", role: "alert" }, t("pilot.order_refused", said));
}

function head(mission: Mission, incident: Incident | null): HTMLElement {
  const order = mission.order_name ? t("pilot.order", { order: t(`pilot.${mission.order_name}` as WordKey) }) : null;
  const what = incident ? [kindOf(incident), incident.label] : [];
  return h("header", { class: "flight__head" },
    h("h1", { class: "pilot__state", "data-phase": mission.phase, "data-telemetry": "phase" }, t(`phase.${mission.phase}`)),
    h("p", { class: "offer__place" }, what.join(" · ")),
    h("p", { class: "offer__kind num" }, [mission.drone_id, incident?.number, order].filter(Boolean).join(" · ")),
    refusedOrder(mission));
}

/** One button for each drone in hand; nothing when there is only one. */
export function flightTabs(flights: readonly Mission[], shown: Mission): HTMLElement[] {
  if (flights.length < 2) return [];
  return [h("div", { class: "flights", role: "group", "aria-label": t("pilot.flights") }, ...flights.map((one, index) => h("button", {
    class: "button", type: "button", "data-flight": key(one.id), "aria-pressed": one === shown ? "true" : "false",
  }, h("kbd", { class: "key", "aria-hidden": "true" }, String(index + 1)), ` ${one.drone_id} · ${t(`phase.${one.phase}`)}`)))];
}

export function flightView(mission: Mission, incident: Incident | null, colleagues: readonly Colleague[]): HTMLElement {
  const id = key(mission.id);
  return h("section", { class: "flight", "data-mission": id, "data-drone": mission.drone_id },
    head(mission, incident),
    phases(mission),
    h("dl", { class: "figures" }, ...FIGURES.map((name) => h("div", {},
      h("dt", {}, t(`telemetry.${name}`)), h("dd", { class: "num", "data-telemetry": name }, "–")))),
    h("div", { class: "flight__seen" },
      h("img", { "data-picture": `/live/picture/${encodeURIComponent(id)}`, alt: t("phase.on_scene"), hidden: true }),
      h("video", { "data-picture-video": true, autoplay: true, muted: true, playsinline: true, hidden: true, "aria-label": t("phase.on_scene") }),
      h("p", { "data-picture-off": true }, t("pilot.picture_off"))),
    h("div", { "data-plots": true }),
    h("div", { class: "flight__orders" }, ...ORDERS.map(orderButton)),
    handOver(colleagues));
}
