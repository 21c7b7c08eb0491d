/** The top bar and the state banner: small figures that must always be true, or say that they are not. */
import { announce } from "./announce";
import { h, setAttribute, setText } from "../dom";
import type { Live } from "../live/client";
import type { Status } from "../live/connection";
import type { Alarm } from "../live/types";
import { age, clock, countdown } from "../time";
import { t } from "../words";
import type { Page } from "./page";
import type { Speaker } from "./sound";

function write(name: string, text: string): void {
  for (const slot of document.querySelectorAll(`[data-live="${name}"]`)) setText(slot, text);
}

/** Figures from the state; called when it changed. */
export function drawBar(live: Live): void {
  const { pilots, deaf, incidents, counts } = live.state;
  let openCount = 0;
  for (const incident of incidents.values()) if (incident.state === "open") openCount += 1;
  // Whoever is shown no incident is told how many there are.
  if (incidents.size === 0) openCount = counts.open;
  write("pilots-free", String(pilots.free));
  write("pilots-on-shift", String(pilots.on_shift));
  write("deaf-devices", String(deaf.devices));
  write("deaf-zones", String(deaf.zones.length));
  write("open-count", String(openCount));
}

/** An alarm's name in words; one that is not known here yet keeps the name it came with. */
function alarmName(name: string): string {
  if (name === "break_glass") return t("alarm.break_glass");
  if (name === "canary_opened") return t("alarm.canary_opened");
  if (name === "record_reopened") return t("alarm.record_reopened");
  if (name === "crisis_open") return t("alarm.crisis_open");
  if (name === "crisis_waits") return t("alarm.crisis_waits");
  if (name === "doors_case") return t("alarm.doors_case");
  if (name === "drill_open") return t("alarm.drill_open");
  if (name === "drill_waits") return t("alarm.drill_waits");
  if (name === "shred_list_short") return t("alarm.shred_list_short");
  if (name === "broker_lost") return t("alarm.broker_lost");
  if (name === "database_lost") return t("alarm.database_lost");
  if (name === "clocks_differ") return t("alarm.clocks_differ");
  if (name === "panels_unheard") return t("alarm.panels_unheard");
  if (name === "paper_forged") return t("alarm.paper_forged");
  if (name === "record_full") return t("alarm.record_full");
  if (name === "log_refused") return t("alarm.log_refused");
  if (name.startsWith("log_witness_refused")) return t("alarm.log_witness_refused");
  if (name.startsWith("log_witness_silent")) return t("alarm.log_witness_silent");
  if (name.startsWith("press_set_aside")) return t("alarm.press_set_aside");
  return name === "probe_missed" ? t("alarm.probe_missed") : name.replaceAll("_", " ");
}

/** A drill is no alarm, and looks like none; a crisis and a drill have a page to go to. */
const isDrill = (alarm: Alarm): boolean => alarm.name.startsWith("drill_");
const isCrisis = (alarm: Alarm): boolean => isDrill(alarm) || alarm.name.startsWith("crisis_");

/** Names of the alarms last drawn, so that each is spoken once, and its end too. */
let alarmsSaid: ReadonlySet<string> | null = null;

function sayAlarms(alarms: readonly Alarm[]): void {
  const names = new Set(alarms.map((one) => one.name));
  const before = alarmsSaid;
  alarmsSaid = names;
  if (before === null) return;
  for (const { name, detail } of alarms) if (!before.has(name)) announce(`${alarmName(name)}. ${detail}`, "assertive");
  for (const name of before) if (!names.has(name)) announce(t("alarm.over", { alarm: alarmName(name) }), "polite");
}

export function drawAlarms(live: Live, page: Page): void {
  sayAlarms(live.state.alarms);
  for (const slot of document.querySelectorAll<HTMLElement>("[data-live='alarms']")) {
    slot.hidden = live.state.alarms.length === 0;
    const tag = slot.tagName === "UL" ? "li" : "p";
    slot.replaceChildren(...live.state.alarms.map((alarm) => h(
      tag, { class: `banner banner--${isDrill(alarm) ? "demo" : "critical"} alarm` },
      h("span", { class: "shape", "data-tone": isDrill(alarm) ? "attention" : "critical", "aria-hidden": "true" }),
      h("strong", {}, alarmName(alarm.name)),
      isCrisis(alarm) ? h("a", { href: "/console/crises/" }, alarm.detail) : h("span", {}, alarm.detail),
      h("span", { class: "num" }, t("alarm.since", { time: clock(Date.parse(alarm.raised_at), page.timeZone, page.language) })),
    )));
  }
}

export function drawClock(live: Live, page: Page): void {
  write("clock", clock(live.now(), page.timeZone, page.language));
}

const BANNER: Record<Exclude<Status, "live">, string> = { connecting: "info", stale: "stale", signed_out: "offline" };

function statusText(status: Exclude<Status, "live">, sinceMs: number, page: Page): string {
  if (status === "connecting") return t("status.connecting");
  if (status === "signed_out") return t("status.signed_out");
  return t(navigator.onLine ? "status.stale" : "status.offline", { age: age(sinceMs, Date.now(), page.timeZone, page.language) });
}

/** A reader hears that the picture has become old, and that it is live again: once each, whatever is tried in between. */
function statusVoice(page: Page): (status: Status, sinceMs: number) => void {
  let said: Status = "live";
  return (status, sinceMs) => {
    if (status === "connecting" || status === said) return;
    said = status;
    if (status === "live") announce(t("status.live"), "polite");
    else announce(statusText(status, sinceMs, page), "assertive");
  };
}

/** The banner that says the picture is old. Call what it returns each second, so that its age is right for eyes. */
export function watchStatus(live: Live, page: Page): () => void {
  const banner = document.getElementById("live-status");
  let status: Status = "live";
  let sinceMs = Date.now();
  const say = statusVoice(page);
  const draw = (): void => {
    setAttribute(document.documentElement, "data-live-status", status);
    if (!banner) return;
    banner.hidden = status === "live";
    if (status === "live") return;
    setAttribute(banner, "class", `banner banner--${BANNER[status]}`);
    setText(banner, statusText(status, sinceMs, page));
  };
  live.onStatus((next) => {
    if (status === "live" && next !== "live") sinceMs = Date.now();
    status = next;
    say(status, sinceMs);
    draw();
  });
  return draw;
}

/** The mute button: pressed while muted, with the time left in figures. Call what it returns each second. */
export function muteButton(speaker: Speaker): () => void {
  const draw = (): void => {
    const left_ms = speaker.mutedForMs;
    const text = left_ms > 0 ? t("mute.on", { left: countdown(left_ms) }) : t(speaker.isOpen ? "mute.off" : "mute.closed");
    for (const button of document.querySelectorAll("[data-live='mute']")) {
      setAttribute(button, "aria-pressed", String(left_ms > 0));
      setText(button.querySelector("[data-mute-label]") ?? button, text);
    }
  };
  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element && event.target.closest("[data-live='mute']"))) return;
    speaker.toggleMute();
    draw();
  });
  return draw;
}
