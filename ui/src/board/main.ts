/** The control room's board: queue first, then the map, then whatever is selected. */
import "../styles/board.css";
import { announce, prepareAnnouncer } from "../console/announce";
import { drawAlarms, drawBar, drawClock, muteButton, watchStatus } from "../console/bar";
import { startHold } from "../console/hold";
import { listenKeys } from "../console/keys";
import { fillUrl, readInitial, readPage, type Page } from "../console/page";
import { command, refusalText } from "../console/post";
import { Speaker } from "../console/sound";
import { h } from "../dom";
import { Live } from "../live/client";
import { key, type Changes, type LiveState } from "../live/fold";
import type { CityMap } from "../map/index";
import { Strips } from "../mission/strip";
import { Telemetry } from "../mission/telemetry";
import { t } from "../words";
import { Advice } from "./advice";
import { proposalsOf, Proposals, Quiet, type Decision } from "./lists";
import { News, type Bulletin } from "./news";
import { Panel } from "./panel";
import { Queue } from "./queue";
import { kindOf, missionsByIncident, wordOf } from "./tone";

function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the board's page has no #${id}`);
  return found as T;
}

/** More news at once than this is a number: a reader would still be saying the first when the tenth is late. */
const SPOKEN_MAX = 3;
const ONE_COLUMN = window.matchMedia("(max-width: 60rem)");

class Board {
  private readonly live: Live;
  private readonly speaker = new Speaker();
  private readonly telemetry = new Telemetry();
  private readonly strips = new Strips(this.telemetry);
  private readonly panelElement = element("panel");
  private readonly panel: Panel;
  private readonly queue: Queue;
  private readonly proposals: Proposals;
  private readonly quiet: Quiet;
  private readonly news = new News();
  private readonly advice: Advice;
  private readonly search = document.getElementById("queue-search") as HTMLInputElement | null;
  private map: CityMap | null = null;

  constructor(private readonly page: Page) {
    const data = page.root.dataset;
    const url = (id: string): string => fillUrl(data["incidentUrl"] ?? "?incident={id}", { id });
    const select = (id: string): void => this.select(id);
    this.live = new Live(page.urls, page.workerUrl);
    this.panel = new Panel(this.panelElement, {
      url: (id) => fillUrl(data["panelUrl"] ?? "", { id }), csrf: page.csrf, refreshed: (panel) => this.strips.draw(panel, this.live.state, this.live.now()),
    });
    this.queue = new Queue(element("queue"), () => ({
      nowMs: this.live.now(), timeZone: page.timeZone, language: page.language, me: page.me, selectedId: this.panel.selectedId, url,
      drone: (id) => this.live.state.fleet.get(id)?.row,
    }), select);
    this.proposals = new Proposals(element("proposals"), (id, decision) => void this.decide(id, decision));
    this.advice = new Advice(element("advice"), page.csrf);
    this.quiet = new Quiet(element<HTMLDetailsElement>("quiet"), select, url);
  }

  start(): void {
    prepareAnnouncer();
    const selected = this.page.root.dataset["selected"] ?? "";
    if (selected !== "") this.panel.show(selected, true);
    this.live.onChange((state, changes) => this.changed(state, changes));
    const drawStatus = watchStatus(this.live, this.page);
    const drawMute = muteButton(this.speaker);
    this.live.begin(readInitial());
    this.live.connect();
    this.advice.start();
    window.setInterval(() => {
      this.tick();
      drawStatus();
      drawMute();
    }, 1_000);
    drawMute();
    drawClock(this.live, this.page);
    this.search?.addEventListener("input", () => this.queue.search(this.search?.value ?? ""));
    element("quiet").addEventListener("toggle", () => this.drawQuiet());
    this.listen();
    // The queue is what saves lives: it is on screen before a byte of the map is asked for.
    requestAnimationFrame(() => window.setTimeout(() => void this.loadMap(), 0));
  }

  private changed(state: LiveState, changes: Changes): void {
    const hasRows = changes.snapshot || changes.incidents.size > 0 || changes.missions.size > 0;
    this.telemetry.take(state.fleet, changes.snapshot ? state.fleet.keys() : changes.drones);
    if (hasRows) this.queue.take(state.incidents.values(), missionsByIncident(state.missions.values()));
    if (hasRows || changes.proposals) this.proposals.draw(state);
    if (hasRows) this.drawQuiet();
    if (hasRows || changes.pilots || changes.deaf) drawBar(this.live);
    if (changes.alarms) drawAlarms(this.live, this.page);
    this.tell(this.news.of(state, changes));
    this.refreshPanel(state, changes);
    this.map?.changed(state, changes, this.live.now());
  }

  /** A new call or an escalation: one sound for all of them, and a sentence for each. */
  private tell(bulletins: readonly Bulletin[]): void {
    if (bulletins.length === 0) return;
    this.speaker.play(bulletins.some((one) => one.sound === "escalation") ? "escalation" : "new_call");
    this.queue.toTop();
    if (bulletins.length > SPOKEN_MAX) announce(t("news.many", { n: bulletins.length }), "assertive");
    else for (const { sound, incident } of bulletins) {
      const words = { kind: kindOf(incident), place: incident.label, state: wordOf(incident, this.live.now()) };
      announce(t(sound === "new_call" ? "news.call" : "news.escalation", words), "assertive");
    }
  }

  private refreshPanel(state: LiveState, changes: Changes): void {
    const id = this.panel.selectedId;
    if (id === null) return;
    const isItsMission = [...changes.missions].some((one) => String(state.missions.get(one)?.incident_id) === id);
    if (changes.incidents.has(id) || isItsMission || changes.snapshot || changes.proposals) this.panel.refresh();
    if (changes.drones.size > 0 || isItsMission) this.strips.draw(this.panelElement, state, this.live.now());
  }

  private tick(): void {
    drawClock(this.live, this.page);
    this.queue.draw();
    this.telemetry.forgetOld(this.live.now());
    this.map?.tick(this.live.now());
  }

  private drawQuiet(): void {
    this.quiet.draw(this.live.state, this.live.now(), this.page.timeZone, this.page.language);
  }

  private select(id: string): void {
    this.panel.show(id);
    this.queue.reveal(id);
    // On a telephone the panel lies below the queue.
    if (ONE_COLUMN.matches) this.panelElement.scrollIntoView();
    this.map?.select(id, this.live.state.incidents.get(id) ?? null);
    history.replaceState(null, "", `?incident=${encodeURIComponent(id)}`);
  }

  private async decide(id: string, decision: Decision): Promise<void> {
    const url = fillUrl(this.page.root.dataset["proposalUrl"] ?? "", { id, decision });
    const answer = await command(url, this.page.csrf);
    if (!answer.ok) this.proposals.say(id, answer.refused ? refusalText(answer.refused) : t("panel.unsent"));
  }

  private move(step: number): void {
    const id = this.queue.neighbour(this.panel.selectedId, step);
    if (id !== null) this.select(id);
  }

  private nextAction(): void {
    const form = this.panel.nextForm();
    const dangerous = form?.querySelector<HTMLButtonElement>("button[data-hold]");
    if (!form) {
      if (this.panel.selectedId === null) this.move(0);
      else this.panel.focusForm("close");
    } else if (dangerous) startHold(dangerous, () => form.requestSubmit(dangerous));
    else form.requestSubmit(form.querySelector<HTMLButtonElement>("button[type=submit], button:not([type])"));
  }

  /** Accept what is proposed for the incident on screen; with no proposal a person chooses, and holds to confirm. */
  private merge(): void {
    const id = this.panel.selectedId;
    const proposed = id === null ? undefined : proposalsOf(this.live.state, id)[0];
    if (proposed) void this.decide(key(proposed.id), "accept");
    else this.panel.focusForm("merge");
  }

  private listen(): void {
    listenKeys([
      { keys: ["j", "ArrowDown"], word: "keys.down", run: () => this.move(1) },
      { keys: ["k", "ArrowUp"], word: "keys.up", run: () => this.move(-1) },
      { keys: ["Enter"], word: "keys.next", run: (event) => { if (!event.repeat) this.nextAction(); } },
      { keys: ["v"], word: "keys.see", run: () => this.panel.actionForm("see")?.requestSubmit() },
      { keys: ["a"], word: "keys.acknowledge", run: () => this.panel.actionForm("acknowledge")?.requestSubmit() },
      { keys: ["m"], word: "keys.merge", run: () => this.merge() },
      { keys: ["t"], word: "keys.tell", run: () => this.panel.focusForm("tell") },
      { keys: ["c"], word: "keys.end", run: () => this.panel.focusForm("close") },
      { keys: ["n"], word: "keys.note", run: () => this.panel.focusForm("note") },
      { keys: ["b"], word: "keys.call_back", run: () => this.panel.focusForm("call_back") },
      { keys: ["h"], word: "keys.hand_off", run: () => this.panel.focusForm("hand_off") },
      { keys: ["d"], word: "keys.drone", run: () => this.panel.focusForm("launch") || this.panel.focusForm("stand_down") },
      { keys: ["p"], word: "keys.place", run: () => this.panel.focusForm("place") },
      { keys: ["o"], word: "keys.observe", run: () => this.panel.focusForm("observe") },
      { keys: ["f"], word: "keys.focus", run: () => this.map?.focusSelected() },
      { keys: ["u"], word: "keys.advice_useful", run: () => this.advice.mark("useful") },
      { keys: ["x"], word: "keys.advice_false", run: () => this.advice.mark("false") },
      { keys: ["s"], word: "keys.sound", run: () => this.speaker.toggleMute() },
      { keys: ["/"], word: "keys.search", run: () => this.search?.focus() },
    ]);
  }

  private async loadMap(): Promise<void> {
    const host = document.getElementById("map");
    if (!host) return;
    host.replaceChildren(h("p", { class: "map__message", role: "status" }, t("map.loading")));
    try {
      const { openMap } = await import("../map/index");
      this.map = await openMap(host, this.page, (id) => this.select(id));
    } catch (failure) {
      host.replaceChildren(h("p", { class: "map__message", role: "status" }, t("map.unavailable")));
      console.error(failure);
      return;
    }
    this.map.begin(this.live.state, this.live.now());
    const selected = this.panel.selectedId;
    if (selected !== null) this.map.select(selected, this.live.state.incidents.get(selected) ?? null);
  }
}

const page = readPage("board");
if (page) new Board(page).start();
