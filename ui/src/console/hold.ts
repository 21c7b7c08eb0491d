/** Hold to confirm: a dangerous button acts only after one second under a finger, a pointer or a key. */
import { HOLD_MS } from "../constants";
import { t } from "../words";

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

/**
 * Guard every [data-hold] button inside `scope`, present and future: an ordinary click is swallowed and `confirmed`
 * runs only after the hold.
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
  for (const name of ["click", "contextmenu"]) {
    scope.addEventListener(name, (event) => {
      if (heldButton(event)) event.preventDefault();
    }, { capture: true });
  }
  scope.addEventListener("pointerout", (event) => {
    const isStillInside = event.relatedTarget instanceof Node && holding?.button.contains(event.relatedTarget);
    if (heldButton(event) && !isStillInside) release();
  });
}
