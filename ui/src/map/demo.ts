/** Demonstration only: a click on a street button offers to press it. */
import { fillUrl, type Page } from "../console/page";
import { command, refusalText } from "../console/post";
import { h } from "../dom";
import { t } from "../words";

const BOX_PX = { width: 260, height: 130, gap: 10 };

/** A small box at a place of the map; one at a time, closed by Escape or a click elsewhere. */
export class PressOffer {
  private box: HTMLElement | null = null;

  constructor(private readonly host: HTMLElement, private readonly page: Page) {
    host.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !this.box) return;
      this.close();
      host.querySelector("canvas")?.focus(); // back on the map
    });
  }

  close(): void {
    this.box?.remove();
    this.box = null;
  }

  open(deviceId: string, x: number, y: number): void {
    this.close();
    const said = h("p", { class: "press-offer__said", role: "status" });
    const button = h("button", { class: "button button--primary", type: "button" }, t("demo.press"));
    button.addEventListener("click", () => void this.press(deviceId, button, said));
    const name = t("demo.button", { id: deviceId });
    this.box = h("div", { class: "press-offer panel", role: "group", tabindex: "-1", "aria-label": name }, h("p", { class: "press-offer__name num" }, name), button, said);
    this.box.style.left = `${Math.max(8, Math.min(x + BOX_PX.gap, this.host.clientWidth - BOX_PX.width))}px`;
    this.box.style.top = `${Math.max(8, Math.min(y + BOX_PX.gap, this.host.clientHeight - BOX_PX.height))}px`;
    this.host.append(this.box);
    button.focus();
  }

  private async press(deviceId: string, button: HTMLButtonElement, said: HTMLElement): Promise<void> {
    button.disabled = true;
    this.box?.focus(); // a button that cannot be pressed loses the keyboard to nowhere
    const url = fillUrl(this.page.root.dataset["demoPressUrl"] ?? "/console/demo/press/{id}/", { id: deviceId });
    const answer = await command(url, this.page.csrf);
    if (answer.ok) {
      said.textContent = t("demo.pressed");
      return;
    }
    said.textContent = answer.refused ? refusalText(answer.refused) : t("demo.unpressed");
    button.disabled = false;
  }
}
