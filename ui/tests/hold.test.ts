// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { guardHolds } from "../src/console/hold";
import { keepsItsKeys } from "../src/dom";

let confirmed: number;
let button: HTMLButtonElement;
const click = (detail: number): boolean => button.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, detail }));

beforeEach(() => {
  vi.useFakeTimers();
  document.body.innerHTML = '<main id="main"><div id="scope"><button data-hold>Close (hold)</button></div></main>';
  button = document.querySelector("button") as HTMLButtonElement;
  confirmed = 0;
  guardHolds(document.getElementById("scope") as HTMLElement, () => { confirmed += 1; });
});
afterEach(() => {
  vi.advanceTimersByTime(60_000);
  vi.useRealTimers();
});

describe("a button to hold", () => {
  it("does nothing on a pointer's click, however often", () => {
    for (const _ of [1, 2, 3]) expect(click(1)).toBe(false);
    vi.advanceTimersByTime(2_000);
    expect(click(1)).toBe(false);
    expect(confirmed).toBe(0);
  });

  it("asks whoever cannot hold for a second press, in words on it and aloud", () => {
    expect(click(0)).toBe(false);
    expect(confirmed).toBe(0);
    expect(button.textContent).toBe("Press again to confirm");
    vi.advanceTimersByTime(500);
    expect(document.querySelector("[data-announcer=assertive]")?.textContent).toBe("Press again to confirm Close (hold)");
    click(0);
    expect(confirmed).toBe(1);
    expect(button.textContent).toBe("Close (hold)");
  });

  it("takes two clicks at once for one, and forgets its question", () => {
    click(0);
    click(0);
    expect(confirmed).toBe(0);
    vi.advanceTimersByTime(9_000);
    expect(button.textContent).toBe("Close (hold)");
    click(0);
    expect(confirmed).toBe(0);
  });

  it("acts after a second under a key, and not before", () => {
    button.dispatchEvent(new KeyboardEvent("keydown", { key: " ", bubbles: true, cancelable: true }));
    vi.advanceTimersByTime(900);
    expect(confirmed).toBe(0);
    vi.advanceTimersByTime(200);
    expect(confirmed).toBe(1);
  });
});

describe("keys", () => {
  it.each([
    ["input type=radio", "<input type=radio>", true], ["input type=checkbox", "<input type=checkbox>", true],
    ["select", "<select></select>", true], ["textarea", "<textarea></textarea>", true],
    ["summary", "<details><summary>x</summary></details>", true], ["map", '<div class="maplibregl-map"><div tabindex=0></div></div>', true],
    ["button", "<button>x</button>", false], ["a link", "<a href=x>x</a>", false], ["nothing", "<p>x</p>", false],
  ])("are left to %s or taken", (_name, html, isKept) => {
    document.body.innerHTML = html;
    const target = document.querySelector("input,select,textarea,summary,[tabindex],button,a,p");
    expect(keepsItsKeys(target)).toBe(isKept);
  });
});
