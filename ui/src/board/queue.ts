/** The queue: only rows on screen exist in the page, whatever the number of incidents. */
import { ORDER_HOLD_MS, ROWS_OVERSCAN, ROW_HEIGHT_PX } from "../constants";
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
  private isTakenOver = false;
  private viewHeightPx = 0;

  constructor(
    private readonly list: HTMLElement,
    private readonly context: () => RowContext,
    private readonly choose: (id: string) => void,
  ) {
    list.addEventListener("scroll", () => this.draw(), { passive: true });
    list.addEventListener("pointermove", () => { this.pointerMovedAtMs = performance.now(); }, { passive: true });
    list.addEventListener("pointerleave", () => { this.pointerMovedAtMs = Number.NEGATIVE_INFINITY; });
    list.addEventListener("click", (event) => {
      const row = event.target instanceof Element ? event.target.closest<HTMLElement>(".qrow") : null;
      if (!row?.dataset["id"] || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      this.choose(row.dataset["id"]);
    });
    // Reading the height forces layout, so it is read when it changes and not at each draw.
    new ResizeObserver(() => {
      if (this.viewHeightPx === list.clientHeight) return;
      this.viewHeightPx = list.clientHeight;
      this.draw();
    }).observe(list);
  }

  search(text: string): void {
    this.wanted = plain(text.trim());
    this.filter();
    this.list.scrollTop = 0;
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

  reveal(id: string): void {
    const index = this.shown.findIndex((one) => key(one.id) === id);
    if (index >= 0) {
      const top = index * ROW_HEIGHT_PX;
      const bottom = top + ROW_HEIGHT_PX;
      if (top < this.list.scrollTop) this.list.scrollTop = top;
      else if (bottom > this.list.scrollTop + this.viewHeightPx) this.list.scrollTop = bottom - this.viewHeightPx;
    }
    this.draw();
  }

  /** Write the rows that can be seen. */
  draw(): void {
    if (!this.isTakenOver) {
      this.list.replaceChildren();
      this.viewHeightPx = this.list.clientHeight;
      this.isTakenOver = true;
    }
    const context = this.context();
    const count = this.shown.length;
    const first = Math.max(0, Math.min(Math.floor(this.list.scrollTop / ROW_HEIGHT_PX) - ROWS_OVERSCAN, count - 1));
    const last = Math.min(count, first + Math.ceil(this.viewHeightPx / ROW_HEIGHT_PX) + 2 * ROWS_OVERSCAN);
    const visible = this.drawRows(first, last, count, context);
    for (const [id, row] of this.rows) {
      if (visible.has(id)) continue;
      row.element.remove();
      this.rows.delete(id);
    }
    this.pad(first, count - last);
    const selected = context.selectedId;
    setAttribute(this.list, "aria-activedescendant", selected !== null && visible.has(selected) ? `q-${selected}` : null);
    setAttribute(this.list, "data-empty", count > 0 ? null : t(this.wanted === "" ? "queue.empty" : "queue.no_match"));
  }

  /** Rows are moved only when their order changed: a row already in its place is not touched. */
  private drawRows(first: number, last: number, count: number, context: RowContext): Set<string> {
    const visible = new Set<string>();
    let next: Element | null = this.list.firstElementChild;
    for (let index = first; index < last; index += 1) {
      const incident = this.shown[index];
      if (!incident) continue;
      const id = key(incident.id);
      visible.add(id);
      let row = this.rows.get(id);
      if (!row) this.rows.set(id, (row = new Row(id, context)));
      row.update(incident, this.missions.get(id), index + 1, count, context);
      if (row.element === next) next = next.nextElementSibling;
      else this.list.insertBefore(row.element, next);
    }
    return visible;
  }

  private pad(rowsAbove: number, rowsBelow: number): void {
    const above = `${Math.max(0, rowsAbove) * ROW_HEIGHT_PX}px`;
    const below = `${Math.max(0, rowsBelow) * ROW_HEIGHT_PX}px`;
    if (this.list.style.paddingTop !== above) this.list.style.paddingTop = above;
    if (this.list.style.paddingBottom !== below) this.list.style.paddingBottom = below;
  }
}
