/** Under the queue: proposals to merge, and what is quiet. */
import { PROPOSALS_SHOWN_MAX, QUIET_SHOWN_MAX } from "../constants";
import { h, setText } from "../dom";
import { key, type LiveState } from "../live/fold";
import type { Incident, Proposal } from "../live/types";
import { reasonInWords } from "../reasons";
import { age } from "../time";
import { t } from "../words";
import { kindOf, wordOf } from "./tone";

export type Decision = "accept" | "decline";

/** The likeliest first. An incident that is over takes its proposals with it. */
export function orderedProposals(state: LiveState): Proposal[] {
  const isOpen = (id: Proposal["id"]): boolean => state.incidents.get(key(id))?.state === "open";
  const open = [...state.proposals.values()].filter((one) => isOpen(one.incident_id) && isOpen(one.other_id));
  return open.sort((a, b) => b.score - a.score || (key(a.id) < key(b.id) ? -1 : 1));
}

/** Those that name one incident: `m` accepts the first. */
export function proposalsOf(state: LiveState, id: string): Proposal[] {
  return orderedProposals(state).filter((one) => key(one.incident_id) === id || key(one.other_id) === id);
}

export class Proposals {
  private drawn = "";

  constructor(private readonly section: HTMLElement, private readonly decide: (id: string, decision: Decision) => void) {}

  draw(state: LiveState): void {
    const proposals = orderedProposals(state).slice(0, PROPOSALS_SHOWN_MAX);
    const number = (id: string): string => state.incidents.get(id)?.number ?? id;
    const pair = (one: Proposal): string => `${number(key(one.incident_id))} + ${number(key(one.other_id))}`;
    const picture = proposals.map((one) => `${one.id}:${one.score}:${pair(one)}`).join();
    if (picture === this.drawn) return;
    this.drawn = picture;
    this.section.hidden = proposals.length === 0;
    this.section.querySelector("ol")?.replaceChildren(...proposals.map((one) => this.item(one, pair(one))));
  }

  private item(one: Proposal, pair: string): HTMLLIElement {
    const id = key(one.id);
    return h(
      "li", { class: "proposal", "data-id": id },
      h("span", { class: "proposal__pair num" }, pair),
      h("span", { class: "proposal__why", role: "status" }, t("proposal.why", { reason: reasonInWords(one.reason), percent: Math.round(one.score * 100) })),
      h("button", {
        class: "button", type: "button", "aria-label": t("proposal.accept_one", { pair }), onclick: () => this.decide(id, "accept"),
      }, t("proposal.accept")),
      h("button", {
        class: "button button--quiet", type: "button", "aria-label": t("proposal.decline_one", { pair }), onclick: () => this.decide(id, "decline"),
      }, t("proposal.decline")),
    );
  }

  /** Say under a proposal why a decision was not taken. */
  say(id: string, text: string): void {
    const line = this.section.querySelector(`.proposal[data-id="${CSS.escape(id)}"] .proposal__why`);
    if (line) setText(line, text);
  }
}

export class Quiet {
  private drawn = "";
  private readonly counts = [...document.querySelectorAll("[data-live='quiet-count']")];

  constructor(
    private readonly details: HTMLDetailsElement,
    private readonly choose: (id: string) => void,
    private readonly url: (id: string) => string,
  ) {
    details.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-id]") : null;
      if (!link?.dataset["id"] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.choose(link.dataset["id"]);
    });
  }

  draw(state: LiveState, nowMs: number, timeZone: string, language: string): void {
    let count = 0;
    for (const one of state.incidents.values()) if (one.state !== "open") count += 1;
    for (const slot of this.counts) setText(slot, String(count));
    if (!this.details.open) return;
    const over = [...state.incidents.values()].filter((one) => one.state !== "open").sort((a, b) => ((a.closed_at ?? "") > (b.closed_at ?? "") ? -1 : 1));
    const shown = over.slice(0, QUIET_SHOWN_MAX);
    const picture = shown.map((one) => `${one.id}:${one.version}`).join() + Math.floor(nowMs / 10_000);
    if (picture === this.drawn) return;
    this.drawn = picture;
    const item = (one: Incident): HTMLLIElement => h(
      "li", { class: "quiet__row" },
      faded(Date.parse(one.closed_at ?? one.opened_at) - nowMs),
      h("a", { href: this.url(key(one.id)), "data-id": key(one.id) }, `${one.number} · ${one.label}`),
      h("span", { class: "num" }, age(Date.parse(one.closed_at ?? one.opened_at), nowMs, timeZone, language)),
      h("span", { class: "quiet__what" }, `${kindOf(one)} · ${wordOf(one, nowMs)}`));
    this.details.querySelector("ol")?.replaceChildren(...shown.map(item));
  }
}

/** The shape of what is over. Rows are drawn again and again: each time the fade goes on from where it was. */
function faded(closedIn_ms: number): HTMLSpanElement {
  const shape = h("span", { class: "shape", "data-tone": "resolved", "aria-hidden": "true" });
  shape.style.animationDelay = `${Math.min(0, closedIn_ms)}ms`;
  return shape;
}
