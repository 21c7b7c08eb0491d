/** The responder's page: what is known and how old it is; what was done and whether it has left. */
import "../styles/field.css";
import { Idiomorph } from "idiomorph";
import { droneOf, kindOf, toneOf, wordOf } from "../board/tone";
import { FETCH_TIMEOUT_MS, FIELD_OLD_MS, FIELD_REFRESH_MS, OUTBOX_RETRY_MS } from "../constants";
import { fillUrl, readCookie } from "../console/page";
import { h, setText } from "../dom";
import type { Incident } from "../live/types";
import { age, clock } from "../time";
import { t, type WordKey } from "../words";
import { memoryStore, openStore, Outbox, sender, type Entry, type FieldAction, type Store } from "./outbox";
import { registerWorker } from "./worker";

interface FieldData {
  incident: Incident;
  observations: { at: string; kind: string; text: string }[];
  way_in: string | null;
  fetched_at: string;
}

const REACHED_KEY = "nec-field-reached";

class FieldPage {
  private readonly zone: string;
  private readonly language = document.documentElement.lang || "en";
  private fetchedAtMs = Date.now();
  private isReached = true;
  private outbox: Outbox | null = null;
  private readonly log = document.getElementById("field-outbox");
  private readonly waiting = h("p", { class: "field__unsent" });
  private readonly last = h("p", { class: "field__last" });

  constructor(private readonly root: HTMLElement) {
    this.zone = root.dataset["timeZone"] ?? "Europe/Paris";
    // A page opened without a network is an old page: its age is when it, or this phone, last reached the server.
    const stated = Date.parse(root.dataset["fetchedAt"] ?? "");
    const reached = Number(remembered(REACHED_KEY) ?? Number.NaN);
    const known = [stated, navigator.onLine ? Number.NaN : reached].filter((at) => !Number.isNaN(at));
    this.fetchedAtMs = Math.min(...known, this.fetchedAtMs);
  }

  async start(): Promise<void> {
    const { incident, incidentUrl, listUrl } = this.root.dataset;
    const data = incident && incidentUrl ? fillUrl(incidentUrl, { id: incident }) : listUrl;
    registerWorker(this.root.dataset["sw"], data ? [location.href, data] : [location.href]);
    this.log?.replaceChildren(this.waiting, this.last);
    this.root.addEventListener("submit", (event) => this.submitted(event));
    window.addEventListener("online", () => {
      void this.outbox?.flush();
      void this.refresh();
    });
    window.addEventListener("offline", () => this.drawAge());
    window.setInterval(() => void this.refresh(), FIELD_REFRESH_MS);
    window.setInterval(() => this.drawAge(), 1_000);
    window.setInterval(() => void this.outbox?.flush(), OUTBOX_RETRY_MS);
    await this.openOutbox();
    await this.refresh();
  }

  private async openOutbox(): Promise<void> {
    let store: Store;
    try {
      store = await openStore();
    } catch {
      store = memoryStore();
      setText(this.last, t("field.storage"));
    }
    this.outbox = new Outbox(store, sender(this.root.dataset["actionsUrl"] ?? "/field/actions/"), (isRefused) => this.token(isRefused), {
      waiting: (entries) => this.drawWaiting(entries),
      sent: (entry) => setText(this.last, t("field.sent", { time: clock(Date.now(), this.zone, this.language), action: nameOf(entry) })),
      refused: (_entry, detail) => setText(this.last, t("field.refused", { detail })),
    });
    void this.outbox.flush();
  }

  /** A page opened hours ago holds an old token: ask for a fresh one when the server refuses it. */
  private async token(isRefused: boolean): Promise<string> {
    if (!isRefused) return this.root.dataset["csrf"] ?? readCookie("csrftoken") ?? "";
    try {
      const answer = await fetch("/field/csrf.json", { credentials: "same-origin", cache: "no-store" });
      const { token } = (await answer.json()) as { token: string };
      this.root.dataset["csrf"] = token;
      return token;
    } catch {
      return "";
    }
  }

  private drawWaiting(entries: readonly Entry[]): void {
    const actions = entries.map(nameOf).join(", ");
    const word = entries.length === 1 ? "field.outbox_one" : "field.outbox_many";
    setText(this.waiting, entries.length === 0 ? "" : t(word, { n: entries.length, actions }));
    this.log?.classList.toggle("has-unsent", entries.length > 0);
  }

  private submitted(event: SubmitEvent): void {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset["fieldAction"] || !this.outbox) return;
    event.preventDefault();
    const text = new FormData(form).get("text");
    const entry: Entry = {
      key: crypto.randomUUID(), incident_id: this.root.dataset["incident"] ?? "", action: form.dataset["fieldAction"] as FieldAction,
      text: typeof text === "string" ? text : "", at: new Date().toISOString(),
    };
    this.outbox.add(entry).then(() => form.reset(), () => setText(this.last, t("field.storage")));
  }

  private async refresh(): Promise<void> {
    const { incident, incidentUrl, listUrl } = this.root.dataset;
    try {
      if (incident && incidentUrl) await this.refreshIncident(fillUrl(incidentUrl, { id: incident }));
      else if (listUrl) await this.refreshList(listUrl);
    } catch {
      this.isReached = false;
    }
    this.drawAge();
  }

  /** Ask; what the service worker took from its store is marked by it and makes nothing younger. */
  private async ask(url: string, headers: Record<string, string>): Promise<Response> {
    const answer = await fetch(url, { credentials: "same-origin", headers, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
    if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
    this.isReached = answer.headers.get("X-From-Store") !== "1";
    if (this.isReached) {
      this.fetchedAtMs = Date.now();
      remember(REACHED_KEY, String(this.fetchedAtMs));
    }
    return answer;
  }

  private async refreshIncident(url: string): Promise<void> {
    const { incident, observations, way_in, fetched_at } = (await (await this.ask(url, { Accept: "application/json" })).json()) as FieldData;
    if (!this.isReached) this.fetchedAtMs = Date.parse(fetched_at);
    const texts: Record<string, string> = {
      kind: kindOf(incident), word: wordOf(incident, Date.now()), label: incident.label, number: incident.number,
      owner: incident.owner_name ?? "", drone: droneOf(incident, null), signals: String(incident.signal_count),
      way_in: way_in ?? "", place: `${incident.lon.toFixed(5)}, ${incident.lat.toFixed(5)}`,
    };
    for (const slot of this.root.querySelectorAll<HTMLElement>("[data-field]")) {
      const text = texts[slot.dataset["field"] ?? ""];
      if (text !== undefined) setText(slot, text);
      if (slot.dataset["tone"] !== undefined) slot.dataset["tone"] = toneOf(incident, Date.now());
    }
    const at = (iso: string): string => clock(Date.parse(iso), this.zone, this.language, false);
    this.root.querySelector("[data-field='observations']")?.replaceChildren(
      ...observations.map((one) => h("li", {}, h("span", { class: "num" }, at(one.at)), ` ${one.kind} `, one.text)));
  }

  private async refreshList(url: string): Promise<void> {
    const html = await (await this.ask(url, { "X-Fragment": "list" })).text();
    const list = document.getElementById("field-list");
    if (!list) return;
    Idiomorph.morph(list, html, { morphStyle: "innerHTML", restoreFocus: true });
    const pages = [...list.querySelectorAll<HTMLAnchorElement>("a[data-offline]")].map((link) => link.href);
    if (this.isReached) navigator.serviceWorker?.controller?.postMessage({ keep: pages });
  }

  private drawAge(): void {
    const isOld = !this.isReached || !navigator.onLine || Date.now() - this.fetchedAtMs > FIELD_OLD_MS;
    const text = t(isOld ? "field.offline" : "field.age", { age: age(this.fetchedAtMs, Date.now(), this.zone, this.language) });
    for (const slot of document.querySelectorAll<HTMLElement>("[data-field='age']")) {
      setText(slot, text);
      slot.classList.toggle("is-old", isOld);
    }
  }
}

function remembered(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function remember(name: string, text: string): void {
  try {
    localStorage.setItem(name, text);
  } catch {
    // Nothing can be kept here; the page said so when it opened its outbox.
  }
}

function nameOf(entry: Entry): string {
  return t(`field.action.${entry.action}` as WordKey);
}

const root = document.getElementById("field");
if (root) void new FieldPage(root).start();
