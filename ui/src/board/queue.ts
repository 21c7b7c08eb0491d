/** The queue: only rows on screen exist in the page, whatever the number of incidents. */
import { ORDER_HOLD_MS, READING_HOLD_MS, ROWS_OVERSCAN, ROW_HEIGHT_PX } from "../constants";
import { setAttribute } from "../dom";
import { key } from "../live/fold";
import type { Incident, Mission } from "../live/types";
import { t } from "../words";
import { Row, type RowContext } from "./row";
import { compareIncidents, kindOf } from "./tone";

const plain = (text: string): string => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

export class Queue {
  private ordered: Incident[] = [];
  private shown: Incident[] = [];
  private readonly rows = new Map<string, Row>();
  private missions: ReadonlyMap<string, Mission> = new Map();
  private wanted = "";
  private pointerMovedAtMs = Number.NEGATIVE_INFINITY;
  private touchedAtMs = Number.NEGATIVE_INFINITY;
  private isTakenOver = false;
  /** Read when they change and not at each draw: reading them after a write would force a layout. */
  private viewHeightPx = 0;
  private scrollTopPx = 0;

  constructor(
    private readonly list: HTMLElement,
    private readonly context: () => RowContext,
    private readonly choose: (id: string) => void,
  ) {
    list.addEventListener("scroll", () => {
      this.scrollTopPx = list.scrollTop;
      this.draw();
    }, { passive: true });
    list.addEventListener("pointermove", () => { this.pointerMovedAtMs = performance.now(); }, { passive: true });
    for (const name of ["wheel", "touchmove", "pointerdown", "pointermove"]) {
      list.addEventListener(name, () => this.touch(), { passive: true });
    }
    list.addEventListener("pointerleave", () => { this.pointerMovedAtMs = Number.NEGATIVE_INFINITY; });
    list.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".qrow") : null;
      if (!row?.dataset["id"] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.choose(row.dataset["id"]);
    });
    new ResizeObserver(() => {
      if (this.viewHeightPx === list.clientHeight) return;
      this.viewHeightPx = list.clientHeight;
      this.draw();
    }).observe(list);
  }

  private scrollTo(topPx: number): void {
    if (topPx === this.scrollTopPx) return;
    this.scrollTopPx = topPx;
    this.list.scrollTop = topPx;
  }

  private touch(): void {
    this.touchedAtMs = performance.now();
  }

  /** A new call or an escalation is at the top: go there, unless somebody is reading further down. */
  toTop(): void {
    if (performance.now() - this.touchedAtMs > READING_HOLD_MS) this.scrollTo(0);
  }

  search(text: string): void {
    this.wanted = plain(text.trim());
    this.filter();
    this.scrollTo(0);
    this.draw();
  }

  /** Take new facts. The order waits while a pointer is moving over the list. */
  take(incidents: Iterable<Incident>, missions: ReadonlyMap<string, Mission>): void {
    const open = new Map<string, Incident>();
    for (const incident of incidents) if (incident.state === "open") open.set(key(incident.id), incident);
    this.missions = missions;
    if (performance.now() - this.pointerMovedAtMs < ORDER_HOLD_MS && this.ordered.length > 0) {
      const kept = this.ordered.flatMap((old) => open.get(key(old.id)) ?? []);
      const known = new Set(kept.map((one) => key(one.id)));
      this.ordered = [...kept, ...[...open.values()].filter((one) => !known.has(key(one.id))).sort(compareIncidents)];
    } else {
      this.ordered = [...open.values()].sort(compareIncidents);
    }
    this.filter();
    this.draw();
  }

  private filter(): void {
    const says = (one: Incident): string => plain(`${one.number} ${one.label} ${kindOf(one)} ${one.owner_name ?? ""} ${one.zone_id ?? ""}`);
    this.shown = this.wanted === "" ? this.ordered : this.ordered.filter((one) => says(one).includes(this.wanted));
  }

  /** The id `step` rows away from `fromId`, or of the first row. */
  neighbour(fromId: string | null, step: number): string | null {
    const at = fromId === null ? -1 : this.shown.findIndex((one) => key(one.id) === fromId);
    const wanted = at < 0 ? 0 : Math.max(0, Math.min(this.shown.length - 1, at + step));
    const incident = this.shown[wanted];
    return incident ? key(incident.id) : null;
  }

  /** Bring a row into view, and the keyboard with it when it already was in the list. */
  reveal(id: string): void {
    this.touch();
    const hasFocus = this.list.contains(document.activeElement);
    const index = this.shown.findIndex((one) => key(one.id) === id);
    if (index >= 0) {
      const top = index * ROW_HEIGHT_PX;
      const bottom = top + ROW_HEIGHT_PX;
      if (top < this.scrollTopPx) this.scrollTo(top);
      else if (bottom > this.scrollTopPx + this.viewHeightPx) this.scrollTo(bottom - this.viewHeightPx);
    }
    this.draw();
    if (hasFocus) this.list.querySelector<HTMLElement>("[aria-current] .qrow__label")?.focus({ preventScroll: true });
  }

  /** Write the rows that can be seen. */
  draw(): void {
    if (!this.isTakenOver) {
      this.list.replaceChildren();
      this.list.setAttribute("role", "list");
      this.list.removeAttribute("tabindex");
      this.viewHeightPx = this.list.clientHeight;
      this.isTakenOver = true;
    }
    const context = this.context();
    const count = this.shown.length;
    const first = Math.max(0, Math.min(Math.floor(this.scrollTopPx / ROW_HEIGHT_PX) - ROWS_OVERSCAN, count - 1));
    const last = Math.min(count, first + Math.ceil(this.viewHeightPx / ROW_HEIGHT_PX) + 2 * ROWS_OVERSCAN);
    this.drawRows(this.shown.slice(first, last), first, count, context);
    this.pad(first, count - last);
    setAttribute(this.list, "data-empty", count > 0 ? null : t(this.wanted === "" ? "queue.empty" : "queue.no_match"));
  }

  /** Rows are moved only when their order changed: one row that goes elsewhere does not move all the others. */
  private drawRows(incidents: readonly Incident[], first: number, count: number, context: RowContext): void {
    const visible = new Set(incidents.map((one) => key(one.id)));
    for (const [id, row] of this.rows) {
      if (visible.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    let next: Element | null = this.list.firstElementChild;
    incidents.forEach((incident, index) => {
      const id = key(incident.id);
      let row = this.rows.get(id);
      if (!row) this.rows.set(id, (row = new Row(id, context)));
      row.update(incident, this.missions.get(id), first + index + 1, count, context);
      const { element } = row;
      if (next !== null && element !== next && element === next.nextElementSibling) {
        next.remove();
        next = element;
      }
      if (element === next) next = element.nextElementSibling;
      else this.list.insertBefore(element, next);
    });
  }

  private pad(rowsAbove: number, rowsBelow: number): void {
    const { style } = this.list;
    const above = `${Math.max(0, rowsAbove) * ROW_HEIGHT_PX}px`;
    const below = `${Math.max(0, rowsBelow) * ROW_HEIGHT_PX}px`;
    if (style.getPropertyValue("--above") !== above) style.setProperty("--above", above);
    if (style.getPropertyValue("--below") !== below) style.setProperty("--below", below);
  }
}
