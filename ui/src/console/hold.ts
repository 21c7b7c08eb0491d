/** Hold to confirm: a dangerous button acts only after one second under a finger, a pointer or a key. */
import { CONFIRM_AFTER_MS, CONFIRM_WITHIN_MS, HOLD_MS } from "../constants";
import { t } from "../words";
import { announce } from "./announce";

interface Holding {
  button: HTMLElement;
  timer: number;
}

let holding: Holding | null = null;

function release(): void {
  if (!holding) return;
  window.clearTimeout(holding.timer);
  delete holding.button.dataset["holding"];
  holding = null;
}

/** Begin holding; letting go of whatever was pressed anywhere ends it. */
export function startHold(button: HTMLElement, confirmed: () => void): void {
  if (holding) return;
  button.dataset["holding"] = "1";
  const timer = window.setTimeout(() => {
    release();
    confirmed();
  }, HOLD_MS);
  holding = { button, timer };
}

for (const name of ["pointerup", "pointercancel", "keyup", "blur"]) window.addEventListener(name, release);

function heldButton(event: Event): HTMLElement | null {
  return event.target instanceof Element ? event.target.closest<HTMLElement>("[data-hold]") : null;
}

interface Asked {
  button: HTMLElement;
  atMs: number;
  name: string;
  timer: number;
}

let asked: Asked | null = null;

function forgetQuestion(): void {
  if (!asked) return;
  window.clearTimeout(asked.timer);
  asked.button.textContent = asked.name;
  delete asked.button.dataset["asked"];
  asked = null;
}

/**
 * A screen reader, voice control or a switch activates and cannot hold: its click has no pointer behind it (detail 0).
 * It is asked for a second press instead; one that comes at once is the same press twice.
 */
function askAgain(button: HTMLElement, confirmed: () => void): void {
  const now = performance.now();
  if (asked?.button === button) {
    if (now - asked.atMs < CONFIRM_AFTER_MS) return;
    forgetQuestion();
    confirmed();
    return;
  }
  forgetQuestion();
  const name = button.textContent;
  asked = { button, atMs: now, name, timer: window.setTimeout(forgetQuestion, CONFIRM_WITHIN_MS) };
  button.dataset["asked"] = "1";
  button.textContent = t("hold.again");
  announce(`${t("hold.again")} ${name.trim()}`, "assertive");
}

/**
 * Guard every [data-hold] button inside `scope`, present and future: an ordinary click is swallowed and `confirmed`
 * runs only after the hold, or after a second press where nothing can be held.
 */
export function guardHolds(scope: HTMLElement, confirmed: (button: HTMLElement) => void): void {
  scope.addEventListener("pointerdown", (event) => {
    const button = heldButton(event);
    if (!button || event.button !== 0) return;
    if (button.title === "") button.title = t("hold.hint");
    startHold(button, () => confirmed(button));
  });
  scope.addEventListener("keydown", (event) => {
    const button = heldButton(event);
    if (!button || (event.key !== " " && event.key !== "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    if (!event.repeat) startHold(button, () => confirmed(button));
  });
  // Some browsers click on the way up of a space bar whatever happened on its way down.
  scope.addEventListener("keyup", (event) => {
    if (heldButton(event) && event.key === " ") event.preventDefault();
  });
  for (const name of ["click", "contextmenu"]) {
    scope.addEventListener(name, (event) => {
      const button = heldButton(event);
      if (!button) return;
      event.preventDefault();
      if (name === "click" && (event as MouseEvent).detail === 0) askAgain(button, () => confirmed(button));
    }, { capture: true });
  }
  scope.addEventListener("pointerout", (event) => {
    const isStillInside = event.relatedTarget instanceof Node && holding?.button.contains(event.relatedTarget);
    if (heldButton(event) && !isStillInside) release();
  });
}

/** The usual meaning of a confirmed button: its form goes, checked by the browser first. */
export function submitHeld(button: HTMLElement): void {
  if (button instanceof HTMLButtonElement) button.form?.requestSubmit(button);
}
