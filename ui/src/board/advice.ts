/** Advice of a solution on trial in live mode: a calm list the server renders, asked for again now and then. */
import { ADVICE_REFRESH_MS, FETCH_TIMEOUT_MS } from "../constants";
import { morph } from "../console/morph";

export class Advice {
  constructor(private readonly host: HTMLElement, private readonly csrf: string) {
    host.addEventListener("submit", (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement)) return;
      event.preventDefault();
      void this.ask(form.action, new FormData(form, event.submitter));
    });
  }

  start(): void {
    window.setInterval(() => void this.ask(this.host.dataset["url"] ?? ""), ADVICE_REFRESH_MS);
  }

  /** Press the first button that marks an advice so: what is listed first is what matters most. */
  mark(how: "useful" | "false"): void {
    if (this.host.hidden) return;
    this.host.querySelector<HTMLButtonElement>(`button[data-mark="${how}"]`)?.click();
  }

  private async ask(url: string, data?: FormData): Promise<void> {
    const body = data ? { method: "POST", body: new URLSearchParams(data as unknown as Record<string, string>) } : {};
    try {
      const answer = await fetch(url, {
        ...body, credentials: "same-origin", redirect: "manual", signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
        headers: { "X-Fragment": "advice", "X-CSRFToken": this.csrf },
      });
      // A mark that came too late is answered with what is shown now, too.
      const html = answer.ok || answer.status === 409 ? await answer.text() : "";
      morph(this.host, html);
      this.host.hidden = this.host.childElementCount === 0;
    } catch {
      // Advice that cannot be kept fresh is not shown: it is no alarm, and old advice is worse than none.
      this.host.hidden = true;
    }
  }
}
