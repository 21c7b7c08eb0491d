/** Everything has a key; `?` shows them all, and there single keys can be switched off (WCAG 2.2, 2.1.4). */
import { CHORD_MS } from "../constants";
import { h, keepsItsKeys } from "../dom";
import { t, type WordKey } from "../words";

export interface Key {
  /** As KeyboardEvent.key says it; several mean the same. */
  keys: readonly string[];
  word: WordKey;
  run: (event: KeyboardEvent) => void;
}

interface Goto {
  letter: string;
  link: HTMLAnchorElement;
}

const SWITCH_KEY = "nec-single-keys";

/** Whether letters, figures and signs act. Arrows, Enter and Escape always do: nobody says them by accident. */
function areSingleKeysOn(): boolean {
  return localStorage.getItem(SWITCH_KEY) !== "off";
}

function gotos(): Goto[] {
  return [...document.querySelectorAll<HTMLAnchorElement>("a[data-goto]")].map((link) => ({ letter: link.dataset["goto"] ?? "", link }));
}

/** On a control that Enter or Space already works, they keep their own meaning. */
function isOnControl(event: KeyboardEvent): boolean {
  if ((event.key !== "Enter" && event.key !== " ") || !(event.target instanceof Element)) return false;
  const control = event.target.closest("a,button,summary,input,select,textarea");
  // The button of a list of keys just closed holds the keyboard until the next frame: it is nobody's control any more.
  return control !== null && !control.hasAttribute("data-keys-through") && control.checkVisibility();
}

const SHOWN: Record<string, string> = { ArrowUp: "↑", ArrowDown: "↓", Enter: "↵", Escape: "Esc" };
const keyName = (name: string): HTMLElement => h("kbd", { class: "key" }, SHOWN[name] ?? name);

function keySwitch(): HTMLElement {
  const box = h("input", { type: "checkbox", id: "keymap-switch", checked: areSingleKeysOn() });
  box.addEventListener("change", () => localStorage.setItem(SWITCH_KEY, box.checked ? "on" : "off"));
  return h("p", { class: "keymap__switch" }, h("label", { for: "keymap-switch" }, box, " ", t("keys.single")));
}

function keyDialog(keys: readonly Key[]): HTMLDialogElement {
  const lines = keys.map((key) => h("div", { class: "keymap__line" }, h("dt", {}, ...key.keys.map(keyName)), h("dd", {}, t(key.word))));
  const pages = gotos().map(({ letter, link }) => h("div", { class: "keymap__line" },
    h("dt", {}, keyName("g"), keyName(letter)), h("dd", {}, link.firstChild?.textContent?.trim() ?? "")));
  const dialog = h("dialog", { class: "keymap", "aria-labelledby": "keymap-title" },
    h("h2", { id: "keymap-title" }, t("keys.title")), h("dl", {}, ...lines, ...pages), keySwitch(),
    h("form", { method: "dialog" }, h("button", { class: "button", autofocus: true }, t("keys.close"))));
  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

function showHelp(keys: readonly Key[]): void {
  const dialog = keyDialog([...keys, { keys: ["?"], word: "keys.help", run: () => undefined }]);
  document.body.append(dialog);
  dialog.showModal();
}

/** The bar's own door to the list: with single keys off, `?` no longer opens it. */
function openByButton(keys: readonly Key[]): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-keys-open]")) {
    button.hidden = false;
    button.addEventListener("click", () => showHelp(keys));
  }
}

export function listenKeys(keys: readonly Key[]): void {
  const byName = new Map(keys.flatMap((key) => key.keys.map((name) => [name, key] as const)));
  let chordUntilMs = 0;
  openByButton(keys);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && keepsItsKeys(event.target)) {
      (event.target as HTMLElement).blur();
      return;
    }
    if (keepsItsKeys(event.target) || isOnControl(event)) return;
    if (event.key.length === 1 && !areSingleKeysOn()) return;
    const isChord = performance.now() < chordUntilMs;
    chordUntilMs = 0;
    if (isChord) {
      const found = gotos().find(({ letter }) => letter === event.key);
      if (found) event.preventDefault();
      found?.link.click();
      return;
    }
    if (event.key === "g") chordUntilMs = performance.now() + CHORD_MS;
    if (event.key === "?") showHelp(keys);
    const key = byName.get(event.key);
    if (!key) return;
    event.preventDefault();
    key.run(event);
  });
}
