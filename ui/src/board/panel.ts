/** The incident panel: a server-rendered fragment kept fresh without losing focus, scroll or a half-typed word. */
import { FETCH_TIMEOUT_MS, PANEL_REFRESH_MS } from "../constants";
import { guardHolds, submitHeld } from "../console/hold";
import { forgetTyped, keepTyped, morph } from "../console/morph";
import { h } from "../dom";
import { t } from "../words";

export interface PanelOptions {
  url: (id: string) => string;
  csrf: string;
  /** Called after each new content, for what is drawn inside (plots, picture). */
  refreshed: (panel: HTMLElement) => void;
}

export class Panel {
  private id: string | null = null;
  private refreshTimer: number | null = null;
  private refreshedAtMs = Number.NEGATIVE_INFINITY;
  private abort: AbortController | null = null;

  constructor(private readonly panel: HTMLElement, private readonly options: PanelOptions) {
    keepTyped(panel);
    panel.addEventListener("submit", (event) => {
      const form = event.target;
      if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
      event.preventDefault();
      void this.send(form, event.submitter);
    });
    guardHolds(panel, submitHeld);
  }

  get selectedId(): string | null {
    return this.id;
  }

  /** Show this incident. `isRendered`: the server already put its panel in the page. */
  show(id: string, isRendered = false): void {
    if (this.id === id) return;
    this.id = id;
    this.abort?.abort();
    if (this.refreshTimer !== null) window.clearTimeout(this.refreshTimer);
    this.refreshTimer = null;
    if (isRendered) {
      this.options.refreshed(this.panel);
      return;
    }
    this.panel.replaceChildren(h("p", { class: "loading", role: "status" }, t("panel.loading")));
    this.panel.scrollTop = 0;
    void this.fetch();
  }

  /** Something about the shown incident changed: fetch again, at most twice a second, and always once more at the end. */
  refresh(): void {
    if (this.id === null || this.refreshTimer !== null) return;
    const waitMs = Math.max(0, this.refreshedAtMs + PANEL_REFRESH_MS - performance.now());
    this.refreshTimer = window.setTimeout(() => {
      this.refreshTimer = null;
      void this.fetch();
    }, waitMs);
  }

  nextForm(): HTMLFormElement | null {
    return this.panel.querySelector<HTMLFormElement>("form[data-next-action]");
  }

  actionForm(name: string): HTMLFormElement | null {
    return this.panel.querySelector<HTMLFormElement>(`form[data-action="${name}"]`);
  }

  /** Put the keyboard on the first thing to fill in or press of an action, unfolding it where it is folded. */
  focusForm(name: string): boolean {
    const form = this.actionForm(name);
    const details = form?.closest("details");
    if (details) details.open = true;
    const first = form?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea, button");
    first?.focus();
    return Boolean(first);
  }

  private async fetch(): Promise<void> {
    const id = this.id;
    if (id === null) return;
    this.refreshedAtMs = performance.now();
    this.abort?.abort();
    const abort = new AbortController();
    this.abort = abort;
    try {
      const answer = await fetch(this.options.url(id), {
        credentials: "same-origin", headers: { "X-Fragment": "panel" }, redirect: "manual",
        signal: AbortSignal.any([abort.signal, AbortSignal.timeout(FETCH_TIMEOUT_MS)]),
      });
      const html = answer.ok ? await answer.text() : "";
      if (this.id !== id || abort.signal.aborted) return;
      if (answer.ok) this.put(html);
      else if (answer.status === 404) this.panel.replaceChildren(h("p", { class: "empty" }, t("panel.gone")));
      else this.sayOld();
    } catch {
      if (this.id === id && !abort.signal.aborted) this.sayOld();
    }
  }

  private put(html: string): void {
    const { scrollTop } = this.panel;
    morph(this.panel, html);
    this.panel.scrollTop = scrollTop;
    this.options.refreshed(this.panel);
  }

  /** The server did not answer: a line at the top, and what was read before stays below it. */
  private sayOld(): void {
    this.panel.querySelector(":scope > .panel__old")?.remove();
    this.panel.querySelector(":scope > .loading")?.remove();
    this.panel.prepend(h("p", { class: "panel__old banner banner--attention", role: "status" }, t("panel.unavailable")));
  }

  private async send(form: HTMLFormElement, submitter: HTMLElement | null): Promise<void> {
    if (form.dataset["sending"] === "1") return;
    form.dataset["sending"] = "1";
    form.querySelector(".panel__unsent")?.remove();
    const data = new FormData(form, submitter);
    const isMultipart = form.enctype === "multipart/form-data";
    try {
      const answer = await fetch(form.action, {
        method: "POST", credentials: "same-origin", redirect: "manual",
        body: isMultipart ? data : new URLSearchParams(data as unknown as Record<string, string>),
        headers: { "X-Fragment": "panel", "X-CSRFToken": this.options.csrf }, signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      await this.settle(form, answer);
    } catch {
      this.unsent(form, t("panel.unsent"));
    } finally {
      delete form.dataset["sending"];
    }
  }

  private async settle(form: HTMLFormElement, answer: Response): Promise<void> {
    if (answer.status === 401) window.location.reload();
    else if (answer.status === 403) this.unsent(form, t("panel.forbidden"));
    else if (answer.ok || answer.status === 409 || answer.status === 422) {
      const html = await answer.text();
      if (answer.ok) this.forget(form);
      this.put(html);
    } else this.unsent(form, t("panel.unsent"));
  }

  /** What was typed has been sent: empty the form so that fresh content shows. */
  private forget(form: HTMLFormElement): void {
    forgetTyped(form.elements);
    if (form.contains(document.activeElement)) this.panel.focus({ preventScroll: true });
    form.reset();
  }

  private unsent(form: HTMLFormElement, why: string): void {
    form.append(h("p", { class: "panel__unsent banner banner--attention", role: "alert" }, why));
  }
}
