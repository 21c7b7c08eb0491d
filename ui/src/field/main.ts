/** The responder's page: what is known and how old it is; what was done and whether it has left. */
import "../styles/field.css";
import { Idiomorph } from "idiomorph";
import { FETCH_TIMEOUT_MS, FIELD_OLD_MS, FIELD_REFRESH_MS, OUTBOX_RETRY_MS } from "../constants";
import { readCookie } from "../console/page";
import { h, setText } from "../dom";
import { drawPicture } from "../mission/picture";
import { age, clock } from "../time";
import { t, type WordKey } from "../words";
import { memoryStore, openStore, Outbox, sender, type Entry, type FieldAction, type Store } from "./outbox";
import { registerWorker } from "./worker";

const REACHED_KEY = "nec-field-reached";
const HOUR_MS = 3_600_000;

class FieldPage {
  private readonly zone: string;
  private readonly language = document.documentElement.lang || "en";
  private fetchedAtMs = Date.now();
  private isReached = true;
  private isOldSaid: boolean | null = null;
  private readonly me: string;
  private readonly ticking = new WeakSet<HTMLTimeElement>();
  private outbox: Outbox | null = null;
  private readonly log = document.getElementById("field-outbox");
  private readonly waiting = h("p", { class: "field__unsent" });
  private readonly last = h("p", { class: "field__last" });

  constructor(private readonly root: HTMLElement) {
    this.zone = root.dataset["timeZone"] ?? "Europe/Paris";
    this.me = root.dataset["me"] ?? "";
    // A page opened without a network is an old page: its age is when it, or this phone, last reached the server.
    const stated = Date.parse(root.dataset["fetchedAt"] ?? "");
    const reached = Number(remembered(REACHED_KEY) ?? Number.NaN);
    const known = [stated, navigator.onLine ? Number.NaN : reached].filter((at) => !Number.isNaN(at));
    this.fetchedAtMs = Math.min(...known, this.fetchedAtMs);
  }

  async start(): Promise<void> {
    await forget(`nec-field-3-${this.me}`).catch(() => undefined);
    registerWorker(this.root.dataset["sw"], [location.href]);
    this.log?.replaceChildren(this.waiting, this.last);
    this.root.addEventListener("submit", (event) => this.submitted(event));
    window.addEventListener("online", () => {
      void this.outbox?.flush();
      void this.refresh();
    });
    window.addEventListener("offline", () => this.draw());
    window.setInterval(() => void this.refresh(), FIELD_REFRESH_MS);
    window.setInterval(() => this.draw(), 1_000);
    window.setInterval(() => void this.outbox?.flush(), OUTBOX_RETRY_MS);
    this.drawPictures();
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
    this.outbox = new Outbox(this.me, store, sender(this.root.dataset["actionsUrl"] ?? "/field/actions/"), (isRefused) => this.token(isRefused), {
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

  /** One's own waits for the network; a colleague's, done on this phone, waits for them and is never sent as another's. */
  private drawWaiting(entries: readonly Entry[]): void {
    const mine = entries.filter((one) => one.user === this.me);
    const names = [...new Set(entries.filter((one) => one.user !== this.me).map((one) => one.user_name))];
    const said = names.map((name) => {
      const actions = entries.filter((one) => one.user !== this.me && one.user_name === name).map(nameOf).join(", ");
      return t("field.outbox_other", { name, actions });
    });
    const word = mine.length === 1 ? "field.outbox_one" : "field.outbox_many";
    if (mine.length > 0) said.unshift(t(word, { n: mine.length, actions: mine.map(nameOf).join(", ") }));
    setText(this.waiting, said.join(" "));
    this.log?.classList.toggle("has-unsent", entries.length > 0);
  }

  private submitted(event: SubmitEvent): void {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !form.dataset["fieldAction"] || !this.outbox) return;
    event.preventDefault();
    const text = new FormData(form).get("text");
    const entry: Entry = {
      key: crypto.randomUUID(), user: this.me, user_name: this.root.dataset["meName"] ?? "", incident_id: this.root.dataset["incident"] ?? "", action: form.dataset["fieldAction"] as FieldAction,
      text: typeof text === "string" ? text : "", at: new Date().toISOString(),
    };
    this.outbox.add(entry).then(() => form.reset(), () => setText(this.last, t("field.storage")));
  }

  private async refresh(): Promise<void> {
    try {
      await this.refreshFragment(this.root.dataset["fragmentUrl"] ?? "");
    } catch {
      this.isReached = false;
    }
    this.draw();
  }

  /** Fetch this page's live part and lay it over the old one; what is being typed stays. */
  private async refreshFragment(url: string): Promise<void> {
    const answer = await fetch(url, {
      credentials: "same-origin", headers: { "X-Me": this.me }, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
    });
    // Signed out, or another person signed in on this phone: this page is no longer theirs to read.
    if (answer.redirected || answer.status === 409) await forget().finally(() => location.reload());
    // No longer told of this incident.
    else if (answer.status === 404) location.assign(this.root.dataset["homeUrl"] ?? "/field/");
    if (!answer.ok || answer.redirected) throw new Error(`${url}: ${answer.status}`);
    const html = await answer.text();
    this.isReached = answer.headers.get("X-From-Store") !== "1";
    const at = this.isReached ? Date.now() : Date.parse(answer.headers.get("Date") ?? "");
    // What the service worker took from its store may be older than what is already shown.
    if (!this.isReached && !(at > this.fetchedAtMs)) return;
    this.fetchedAtMs = at;
    if (this.isReached) {
      remember(REACHED_KEY, String(at));
      void keepThisPage();
    }
    this.morph(html);
  }

  private morph(html: string): void {
    const part = document.getElementById("field-fragment");
    if (!part) return;
    const isTyped = (node: Node): boolean => node instanceof Element
      && [node, ...node.querySelectorAll("*")].some((one) => one instanceof HTMLTextAreaElement && one.value !== "");
    Idiomorph.morph(part, html, {
      morphStyle: "innerHTML", restoreFocus: true,
      callbacks: {
        beforeNodeMorphed: (old: Node) => !(old instanceof HTMLTextAreaElement),
        beforeNodeRemoved: (old: Node) => !isTyped(old),
        beforeAttributeUpdated: (name: string, node: Element) =>
          !(node.matches("[data-sight] *") && (name === "src" || name === "hidden")),
      },
    });
    if (!this.isReached) return;
    this.drawPictures();
    const pages = [...part.querySelectorAll<HTMLAnchorElement>("a[data-offline]")]
      .map((link) => ({ url: link.href, version: link.dataset["version"] ?? "" }));
    if (pages.length > 0) navigator.serviceWorker?.controller?.postMessage({ keep: pages });
  }

  /** A picture that is in the page asks by itself whether it may be shown, and leaves when it may not. */
  private drawPictures(): void {
    for (const sight of this.root.querySelectorAll<HTMLElement>("[data-sight]")) drawPicture(sight, true);
  }

  /** Ages, each second. They are no live region: only a network lost or found again is said aloud. */
  private draw(): void {
    const now = Date.now();
    const isOld = !this.isReached || !navigator.onLine || now - this.fetchedAtMs > FIELD_OLD_MS;
    const text = t(isOld ? "field.offline" : "field.age", { age: age(this.fetchedAtMs, now, this.zone, this.language) });
    for (const slot of this.root.querySelectorAll<HTMLElement>("[data-field='age']")) {
      setText(slot, text);
      slot.classList.toggle("is-old", isOld);
    }
    const reach = this.root.querySelector("[data-field='reach']");
    if (reach && isOld !== this.isOldSaid) {
      if (isOld || this.isOldSaid !== null) setText(reach, t(isOld ? "field.lost" : "field.found"));
      this.isOldSaid = isOld;
    }
    for (const time of this.root.querySelectorAll<HTMLTimeElement>("time.time")) {
      const said = time.querySelector(".time__said");
      const at = Date.parse(time.dateTime);
      // Older ones came as a clock time, with the date where it is needed.
      if (!said || now < at || (now - at > HOUR_MS && !this.ticking.has(time))) continue;
      this.ticking.add(time);
      const shown = age(at, now, this.zone, this.language);
      setText(said, now - at < HOUR_MS ? t("field.ago", { age: shown }) : shown);
    }
  }
}

/** The network may have failed this page when it was first to be kept: while it is not, ask again. */
async function keepThisPage(): Promise<void> {
  const held = await caches.match(location.href, { ignoreVary: true }).catch(() => null);
  if (!held) navigator.serviceWorker?.controller?.postMessage({ keep: [location.href] });
}

/** Drop what the service worker kept, or a slow network would show it again; all of it, or all but one person's. */
async function forget(but = ""): Promise<void> {
  for (const name of await caches.keys()) if (name.startsWith("nec-field-") && name !== but) await caches.delete(name);
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
