/** The page with one big button. It says at every moment whether it can ring. */
import "../styles/press.css";
import { FETCH_TIMEOUT_MS, POSITION_TIMEOUT_MS } from "../constants";
import { fillUrl } from "../console/page";
import { registerWorker } from "../field/worker";
import { t } from "../words";
import { Ringer, type Credential, type Memory, type Press, type PressAnswer, type PressKind, type PressPosition, type Said } from "./ring";

const STORE_KEY = "nec-press";
const CANCELLABLE: ReadonlySet<Said["state"]> = new Set(["lit", "seen", "cancel_trying", "cancel_wrong"]);
const SETTLED: ReadonlySet<Said["state"]> = new Set(["lit", "seen", "cancelled", "refused"]);
/** Said even without a network: the call is with us. */
const STANDING: ReadonlySet<Said["state"]> = new Set(["lit", "seen"]);

function freshMemory(): Memory {
  return { credential: null, boot_id: Math.floor(Date.now() / 1000), seq: 0, pending: null, lit: null };
}

function loadMemory(): { memory: Memory; canKeep: boolean } {
  try {
    const text = localStorage.getItem(STORE_KEY);
    const memory = text ? (JSON.parse(text) as Memory) : freshMemory();
    localStorage.setItem(STORE_KEY, JSON.stringify(memory));
    return { memory, canKeep: true };
  } catch {
    return { memory: freshMemory(), canKeep: false };
  }
}

/** The enrolment link carries the credential after '#', which no server and no log ever sees. */
function credentialFromLink(): Credential | null {
  const parts = new URLSearchParams(location.hash.slice(1));
  const device = parts.get("d");
  const secret = parts.get("k");
  if (!device || !secret) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return { device, secret };
}

/** Asked only at the moment of a press. */
function askPosition(): Promise<PressPosition | null> {
  return new Promise((resolve) => {
    if (!("geolocation" in navigator)) return resolve(null);
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => resolve({ lon: coords.longitude, lat: coords.latitude, accuracy_m: Math.round(coords.accuracy) }),
      () => resolve(null),
      { enableHighAccuracy: true, timeout: POSITION_TIMEOUT_MS, maximumAge: 30_000 },
    );
  });
}

function asDevice(credential: Credential): RequestInit {
  return {
    credentials: "omit", cache: "no-store", headers: { "Content-Type": "application/json", Authorization: `Bearer ${credential.secret}` },
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  };
}

class PressPage {
  private readonly ringer: Ringer;
  private readonly canKeep: boolean;
  private said: Said = { state: "ready" };
  private wakeLock: WakeLockSentinel | null = null;

  constructor(
    private readonly root: HTMLElement, private readonly form: HTMLFormElement, private readonly status: HTMLElement,
    private readonly cancelForm: HTMLFormElement | null,
  ) {
    const { memory, canKeep } = loadMemory();
    this.canKeep = canKeep;
    this.ringer = new Ringer(memory, {
      now: () => Date.now(),
      wait: (ms) => new Promise((resolve) => window.setTimeout(resolve, ms)),
      post: (press, credential) => this.post(press, credential),
      askSeen: (press, credential) => this.askSeen(press, credential),
      position: askPosition,
      remember: (kept) => { if (canKeep) localStorage.setItem(STORE_KEY, JSON.stringify(kept)); },
    }, (said) => this.show(said));
  }

  start(): void {
    registerWorker(this.root.dataset["sw"], [location.pathname]);
    this.enrol();
    this.form.addEventListener("submit", (event) => this.submitted(event));
    this.cancelForm?.addEventListener("submit", (event) => this.cancelled(event));
    for (const name of ["online", "offline"]) window.addEventListener(name, () => this.draw());
    window.addEventListener("hashchange", () => this.enrol());
    void this.ringer.resume();
  }

  private enrol(): void {
    const credential = credentialFromLink();
    if (credential) this.ringer.enrol(credential);
    this.draw();
  }

  private submitted(event: SubmitEvent): void {
    // Without a credential of its own the page leaves the form to the server, which may know this person.
    if (!this.ringer.credential || !(event.submitter instanceof HTMLButtonElement)) return;
    event.preventDefault();
    void this.keepAwake();
    navigator.vibrate?.(80);
    void this.ringer.press((event.submitter.value || "sos") as Exclude<PressKind, "cancel">);
  }

  private cancelled(event: SubmitEvent): void {
    if (!this.ringer.credential) return;
    event.preventDefault();
    const field = this.cancelForm?.elements.namedItem("pin");
    if (!(field instanceof HTMLInputElement) || field.value === "") return;
    const pin = field.value;
    field.value = "";
    void this.ringer.cancel(pin);
  }

  private async post(press: Press, credential: Credential): Promise<PressAnswer> {
    try {
      const url = this.root.dataset["pressesUrl"] ?? "/api/v1/presses";
      const answer = await fetch(url, { method: "POST", body: JSON.stringify(press), ...asDevice(credential) });
      const body = (await answer.json().catch(() => ({}))) as { lamp?: string; seen?: boolean; cancelled?: boolean };
      return { status: answer.status, lamp: body.lamp ?? "dark", seen: body.seen === true, cancelled: body.cancelled === true };
    } catch {
      return { status: 0, lamp: "dark", seen: false, cancelled: false };
    }
  }

  private async askSeen(press: Press, credential: Credential): Promise<boolean> {
    const template = this.root.dataset["seenUrl"] ?? "/api/v1/presses/{device}/{boot_id}/{seq}";
    try {
      const answer = await fetch(fillUrl(template, { device: press.device, boot_id: press.boot_id, seq: press.seq }), asDevice(credential));
      return answer.ok && ((await answer.json()) as { seen?: boolean }).seen === true;
    } catch {
      return false;
    }
  }

  private show(said: Said): void {
    this.said = said;
    if (SETTLED.has(said.state)) void this.wakeLock?.release();
    this.draw();
  }

  private draw(): void {
    const { said } = this;
    // Without a credential of its own this page is the server's, whose words stand while there is a network.
    if (!this.ringer.credential && navigator.onLine && this.status.textContent?.trim()) return;
    const { text, tone } = this.words();
    if (this.cancelForm) {
      const isHidden = !CANCELLABLE.has(said.state) || (said.state === "lit" && said.isTest);
      // A form that goes must not take the keyboard's place with it.
      if (isHidden && this.cancelForm.contains(document.activeElement)) this.form.querySelector("button")?.focus();
      this.cancelForm.hidden = isHidden;
    }
    this.status.dataset["tone"] = tone;
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  private words(): { text: string; tone: string } {
    if (!this.ringer.credential) return { text: t("press.cannot_credential"), tone: "critical" };
    const { said } = this;
    if (!navigator.onLine && !STANDING.has(said.state)) return { text: t("press.cannot_offline"), tone: "critical" };
    switch (said.state) {
      case "ready": return { text: `${t("press.ready")} ${t(this.canKeep ? "press.cannot_closed" : "press.cannot_storage")}`, tone: "quiet" };
      case "sending": return { text: t("press.sending"), tone: "attention" };
      case "trying": return { text: t("press.trying", { n: said.attempt }), tone: "critical" };
      case "lit": return { text: t(said.isTest ? "press.test_lit" : said.isPlaced ? "press.lit" : "press.lit_nowhere"), tone: "ours" };
      case "seen": return { text: t("press.seen"), tone: "resolved" };
      case "refused": return { text: t("press.refused"), tone: "critical" };
      case "cancelled": return { text: t("press.cancel_sent"), tone: "quiet" };
      case "cancel_trying": return { text: t("press.cancel_unsent"), tone: "attention" };
      case "cancel_wrong": return { text: t("press.cancel_wrong"), tone: "attention" };
    }
  }

  private async keepAwake(): Promise<void> {
    try {
      this.wakeLock = (await navigator.wakeLock?.request("screen")) ?? null;
    } catch {
      // A phone may refuse (low battery); the call does not depend on it.
    }
  }
}

const root = document.getElementById("press");
const form = document.getElementById("press-form");
const status = document.getElementById("press-status");
if (root && form instanceof HTMLFormElement && status) {
  new PressPage(root, form, status, document.getElementById("press-cancel") as HTMLFormElement | null).start();
}
