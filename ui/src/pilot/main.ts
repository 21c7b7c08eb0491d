/** The pilot's screen: one offer at a time, one flight at a time, in letters that can be read from two metres. */
import "../styles/pilot.css";
import { drawAlarms, drawBar, drawClock, muteButton, watchStatus } from "../console/bar";
import { guardHolds } from "../console/hold";
import { listenKeys } from "../console/keys";
import { fillUrl, readInitial, readJson, readPage, type Page } from "../console/page";
import { command, refusalText } from "../console/post";
import { Speaker } from "../console/sound";
import { h, setText } from "../dom";
import { Live } from "../live/client";
import { key, type Changes, type LiveState } from "../live/fold";
import type { Incident, Mission } from "../live/types";
import { Strips } from "../mission/strip";
import { Telemetry } from "../mission/telemetry";
import { t, type WordKey } from "../words";
import { missionFor } from "./choice";
import { flightView, type Colleague } from "./flight";
import { OfferView } from "./offer";

type Order = "accept" | "decline" | "hold" | "resume" | "descend" | "return" | "land" | "hand_over";

class PilotScreen {
  private readonly live: Live;
  private readonly speaker = new Speaker();
  private readonly telemetry = new Telemetry();
  private readonly strips = new Strips(this.telemetry);
  private readonly body = h("div", { class: "pilot__body" });
  private readonly said = h("p", { class: "pilot__said", role: "status", "aria-live": "assertive" });
  private readonly colleagues = (readJson<Colleague[]>("pilot-colleagues") ?? []);
  private offer: OfferView | null = null;
  private drawn = "";
  private mission: Mission | null = null;

  constructor(private readonly page: Page) {
    this.live = new Live(page.urls, page.workerUrl);
  }

  start(): void {
    this.page.root.replaceChildren(this.body, this.said);
    guardHolds(this.page.root, (button) => void this.order(button.dataset["order"] as Order));
    this.page.root.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-order]") : null;
      if (button && !("hold" in button.dataset)) void this.order(button.dataset["order"] as Order);
    });
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

  private changed(state: LiveState, changes: Changes): void {
    this.telemetry.take(state.fleet, changes.snapshot ? state.fleet.keys() : changes.drones);
    if (changes.alarms) drawAlarms(this.live, this.page);
    drawBar(this.live);
    this.draw(state);
  }

  private draw(state: LiveState): void {
    const mission = missionFor(this.page.me, state.missions.values(), this.live.now());
    const isNewOffer = mission?.state === "offered" && (!this.mission || key(mission.id) !== key(this.mission.id));
    this.mission = mission;
    if (isNewOffer) this.speaker.play("offer");
    const incident = mission ? state.incidents.get(key(mission.incident_id)) ?? null : null;
    const picture = mission ? `${mission.id}|${mission.version}|${incident?.version ?? ""}` : "none";
    if (picture !== this.drawn) {
      this.drawn = picture;
      this.build(mission, incident);
    }
    this.offer?.tick(this.live.now());
    this.strips.draw(this.body, state);
  }

  /** Rebuild, keeping what the pilot was doing: the focused order and the chosen colleague. */
  private build(mission: Mission | null, incident: Incident | null): void {
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["order"] : undefined;
    const chosen = this.body.querySelector("select")?.value;
    this.offer = null;
    if (!mission) {
      this.body.replaceChildren(h("div", { class: "pilot__none" }, h("p", { class: "pilot__state" }, t("pilot.none")), h("p", {}, t("pilot.none_detail"))));
    } else if (mission.state === "offered") {
      this.offer = new OfferView(mission, incident);
      this.body.replaceChildren(this.offer.element);
    } else {
      this.body.replaceChildren(flightView(mission, incident, this.colleagues.filter((one) => key(one.id) !== this.page.me)));
    }
    const select = this.body.querySelector("select");
    if (select && chosen !== undefined) select.value = chosen;
    if (focused !== undefined) this.body.querySelector<HTMLElement>(`[data-order="${focused}"]`)?.focus();
  }

  private say(text: string, isBad: boolean): void {
    this.said.className = isBad ? "pilot__said banner banner--attention" : "pilot__said";
    setText(this.said, text);
  }

  private async order(order: Order): Promise<void> {
    const { mission } = this;
    if (!mission) return;
    const fields: Record<string, string> = {};
    if (order === "hand_over") fields["pilot_id"] = this.body.querySelector("select")?.value ?? "";
    const name = t(`pilot.${order}` as WordKey);
    const url = fillUrl(this.page.root.dataset["actionUrl"] ?? "", { id: String(mission.id), action: order });
    const answer = await command(url, this.page.csrf, fields);
    if (answer.ok) this.say(t("pilot.sent", { action: name }), false);
    else if (answer.refused) this.say(t("pilot.refused", { detail: refusalText(answer.refused) }), true);
    else this.say(t("pilot.unsent", { action: name }), true);
  }

  private listen(): void {
    const when = (isOffer: boolean, order: Order) => (event: KeyboardEvent): void => {
      const isRight = this.mission !== null && (this.mission.state === "offered") === isOffer;
      if (isRight && !event.repeat) void this.order(order);
    };
    listenKeys([
      { keys: ["Enter"], word: "keys.accept", run: when(true, "accept") },
      { keys: ["d"], word: "keys.decline", run: when(true, "decline") },
      { keys: ["h"], word: "keys.hold", run: when(false, "hold") },
      { keys: ["u"], word: "keys.resume", run: when(false, "resume") },
      { keys: ["r"], word: "keys.return", run: when(false, "return") },
      { keys: ["s"], word: "keys.sound", run: () => this.speaker.toggleMute() },
    ]);
  }
}

const page = readPage("pilot");
if (page) new PilotScreen(page).start();
