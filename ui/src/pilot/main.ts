/** The pilot's screen: one offer at a time, one flight at a time, in letters that can be read from two metres. */
import "../styles/pilot.css";
import { announce, prepareAnnouncer } from "../console/announce";
import { drawAlarms, drawBar, drawClock, muteButton, watchStatus } from "../console/bar";
import { guardHolds, startHold } from "../console/hold";
import { listenKeys } from "../console/keys";
import { fillUrl, readInitial, readPage, type Page } from "../console/page";
import { command, refusalText } from "../console/post";
import { Speaker } from "../console/sound";
import { kindOf } from "../board/tone";
import { h, setText } from "../dom";
import { Live } from "../live/client";
import { key, type Changes, type LiveState } from "../live/fold";
import type { Mission } from "../live/types";
import { Strips } from "../mission/strip";
import { Telemetry } from "../mission/telemetry";
import { t, type WordKey } from "../words";
import { missionsOf, type Mine } from "./choice";
import { Desk } from "./desk";
import { flightTabs, flightView } from "./flight";
import { OfferView } from "./offer";

type Order = "accept" | "decline" | "hold" | "resume" | "descend" | "return" | "land" | "hand_over";

const FLIGHTS_MAX = 9;

class PilotScreen {
  private readonly live: Live;
  private readonly speaker = new Speaker();
  private readonly telemetry = new Telemetry();
  private readonly strips = new Strips(this.telemetry);
  private readonly offerPlace = h("div", { class: "pilot__offer" });
  private readonly flightPlace = h("div", { class: "pilot__flight" });
  private readonly said = h("p", { class: "pilot__said", role: "status", "aria-live": "assertive" });
  private readonly desk: Desk | null;
  private mine: Mine = { offer: null, flights: [] };
  private offer: OfferView | null = null;
  private chosenId: string | null = null;
  private known: Set<string> | null = null;
  private drawnOffer = "";
  private drawnFlight = "";

  constructor(private readonly page: Page) {
    this.live = new Live(page.urls, page.workerUrl);
    const place = document.getElementById("pilot-desk");
    this.desk = place ? new Desk(place, () => this.draw(this.live.state)) : null;
  }

  start(): void {
    prepareAnnouncer();
    this.page.root.replaceChildren(this.offerPlace, this.flightPlace, this.said);
    guardHolds(this.page.root, (button) => void this.order(button.dataset["order"] as Order));
    this.page.root.addEventListener("click", (event) => this.clicked(event));
    this.live.onChange((state, changes) => this.changed(state, changes));
    const drawStatus = watchStatus(this.live, this.page);
    const drawMute = muteButton(this.speaker);
    this.live.begin(readInitial());
    this.live.connect();
    this.draw(this.live.state);
    drawMute();
    window.setInterval(() => {
      this.draw(this.live.state);
      drawStatus();
      drawMute();
      drawClock(this.live, this.page);
    }, 1_000);
    this.listen();
  }

  private clicked(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-order], [data-flight]") : null;
    if (button?.dataset["flight"] !== undefined) this.choose(button.dataset["flight"]);
    else if (button && !("hold" in button.dataset)) void this.order(button.dataset["order"] as Order);
  }

  private changed(state: LiveState, changes: Changes): void {
    this.telemetry.take(state.fleet, changes.snapshot ? state.fleet.keys() : changes.drones);
    if (changes.alarms) drawAlarms(this.live, this.page);
    drawBar(this.live);
    if (changes.pilots) void this.desk?.refresh();
    this.draw(state);
  }

  private draw(state: LiveState): void {
    const before = this.mine.offer;
    this.mine = missionsOf(this.page.me, state.missions.values(), this.live.now());
    const { offer } = this.mine;
    if (offer && (!before || key(before.id) !== key(offer.id))) this.tell(offer, state);
    this.tellGiven(before);
    this.drawOffer(offer, state);
    this.drawFlight(this.flight, state);
    this.strips.draw(this.flightPlace, state, this.live.now());
  }

  private tell(offer: Mission, state: LiveState): void {
    this.speaker.play("offer");
    const incident = state.incidents.get(key(offer.incident_id));
    const eta = offer.eta_s === null ? null : t("drone.eta", { seconds: Math.round(offer.eta_s) });
    const what = [incident && kindOf(incident), incident?.label, offer.drone_id, eta].filter(Boolean).join(", ");
    announce(`${t("pilot.offer")}. ${what}`, "assertive");
  }

  /** A flight that comes without having been offered here: a colleague gave it. None does with the page's first state. */
  private tellGiven(offered: Mission | null): void {
    const known = this.known;
    this.known = new Set(this.mine.flights.map((one) => key(one.id)));
    if (offered) this.known.add(key(offered.id));
    if (this.mine.offer) this.known.add(key(this.mine.offer.id));
    const given = known && this.mine.flights.find((one) => !known.has(key(one.id)));
    if (!given) return;
    this.speaker.play("offer");
    announce(t("pilot.given", { drone: given.drone_id }), "assertive");
    this.say(t("pilot.given", { drone: given.drone_id }), false);
  }

  /** The flight on screen: the one chosen, else the newest. */
  private get flight(): Mission | null {
    const { flights } = this.mine;
    return flights.find((one) => key(one.id) === this.chosenId) ?? flights.at(-1) ?? null;
  }

  private choose(id: string): void {
    this.chosenId = id;
    this.draw(this.live.state);
  }

  private drawOffer(offer: Mission | null, state: LiveState): void {
    const incident = offer ? state.incidents.get(key(offer.incident_id)) ?? null : null;
    const picture = offer ? `${offer.id}|${offer.version}|${incident?.version ?? ""}` : "";
    if (picture !== this.drawnOffer) {
      this.drawnOffer = picture;
      this.offer = offer ? new OfferView(offer, incident) : null;
      rebuild(this.offerPlace, this.offer ? [this.offer.element] : []);
    }
    this.offer?.tick(this.live.now());
  }

  private drawFlight(flight: Mission | null, state: LiveState): void {
    const incident = flight ? state.incidents.get(key(flight.incident_id)) ?? null : null;
    const { flights, offer } = this.mine;
    const colleagues = (this.desk?.colleagues ?? []).filter((one) => key(one.id) !== this.page.me);
    const picture = flight
      ? `${colleagues.map((one) => one.id).join()}|${flights.map((one) => `${one.id}:${one.version}`).join()}|${flight.id}|${incident?.version ?? ""}` : `none|${offer !== null}`;
    if (picture === this.drawnFlight) return;
    this.drawnFlight = picture;
    if (!flight) rebuild(this.flightPlace, offer ? [] : [noFlight()]);
    else {
      rebuild(this.flightPlace, [...flightTabs(flights.slice(0, FLIGHTS_MAX), flight), flightView(flight, incident, colleagues)]);
    }
  }

  private say(text: string, isBad: boolean): void {
    this.said.className = isBad ? "pilot__said banner banner--attention" : "pilot__said";
    setText(this.said, text);
  }

  private async order(order: Order): Promise<void> {
    const mission = order === "accept" || order === "decline" ? this.mine.offer : this.flight;
    if (!mission) return;
    const fields: Record<string, string> = {};
    if (order === "hand_over") fields["pilot_id"] = this.flightPlace.querySelector("select")?.value ?? "";
    const name = t(`pilot.${order}` as WordKey);
    const url = fillUrl(this.page.root.dataset["actionUrl"] ?? "", { id: String(mission.id), action: order });
    const answer = await command(url, this.page.csrf, fields);
    if (answer.ok) this.say(t("pilot.sent", { action: name }), false);
    else if (answer.refused) this.say(t("pilot.refused", { detail: refusalText(answer.refused) }), true);
    else this.say(t("pilot.unsent", { action: name }), true);
  }

  private listen(): void {
    const once = (order: Order) => (event: KeyboardEvent): void => {
      if (!event.repeat) void this.order(order);
    };
    const nth = (event: KeyboardEvent): void => {
      const mission = this.mine.flights[Number(event.key) - 1];
      if (mission) this.choose(key(mission.id));
    };
    const land = (event: KeyboardEvent): void => {
      const button = this.flightPlace.querySelector<HTMLElement>("[data-order='land']");
      if (button && !event.repeat) startHold(button, () => void this.order("land"));
    };
    const focus = (found: HTMLElement | null): void => found?.focus();
    listenKeys([
      { keys: ["Enter"], word: "keys.accept", run: once("accept") },
      { keys: ["d"], word: "keys.decline", run: once("decline") },
      { keys: ["h"], word: "keys.hold", run: once("hold") },
      { keys: ["u"], word: "keys.resume", run: once("resume") },
      { keys: ["b"], word: "keys.descend", run: once("descend") },
      { keys: ["r"], word: "keys.return", run: once("return") },
      { keys: ["l"], word: "keys.land", run: land },
      { keys: ["p"], word: "keys.hand_over", run: () => focus(this.flightPlace.querySelector("select")) },
      { keys: ["o"], word: "keys.observe", run: () => focus(document.querySelector("#pilot-observe input:not([type=hidden])")) },
      { keys: ["1", "2", "3", "4"], word: "keys.flight", run: nth },
      { keys: ["s"], word: "keys.sound", run: () => this.speaker.toggleMute() },
    ]);
  }
}

function noFlight(): HTMLElement {
  return h("div", { class: "pilot__none" }, h("h1", { class: "pilot__state" }, t("pilot.none")), h("p", {}, t("pilot.none_detail")));
}

/** New content in a place, keeping what the pilot was doing there: the focused order and the chosen colleague. */
function rebuild(place: HTMLElement, content: readonly HTMLElement[]): void {
  const active = document.activeElement;
  const focused = active instanceof HTMLElement && place.contains(active) ? active.dataset["order"] : undefined;
  const chosen = place.querySelector("select")?.value;
  place.replaceChildren(...content);
  const select = place.querySelector("select");
  if (select && chosen !== undefined && [...select.options].some((one) => one.value === chosen)) select.value = chosen;
  if (focused !== undefined) place.querySelector<HTMLElement>(`[data-order="${focused}"]`)?.focus();
}

const page = readPage("pilot");
if (page) new PilotScreen(page).start();
