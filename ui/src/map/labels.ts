/** Words on the canvas: each is written only where it hides nothing, the important ones having come first. */
import type { Theme } from "./theme";

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export type Weight = "strong" | "plain" | "faint";

const CELL_PX = 64;
const CELLS_PER_COLUMN = 4096;
const HEIGHT_PX = 15;
const FAMILY = '"IBM Plex Sans", system-ui, sans-serif';
const FONTS: Record<Weight, string> = { strong: `600 13px ${FAMILY}`, plain: `400 12px ${FAMILY}`, faint: `400 12px ${FAMILY}` };

/** Widths of words already measured, by weight and text; measuring is the dear part of canvas text. */
const widths = new Map<string, number>();
const WIDTHS_MAX = 4_000;

export class Labels {
  private readonly cells = new Map<number, Box[]>();

  constructor(
    private readonly context: CanvasRenderingContext2D,
    private readonly theme: Theme,
    private readonly width: number,
    private readonly height: number,
  ) {
    context.textBaseline = "middle";
  }

  /** Keep words off this mark. */
  block(x: number, y: number, radius: number): void {
    this.keep({ left: x - radius, top: y - radius, right: x + radius, bottom: y + radius });
  }

  /** Write to the right of a mark, else to its left; across the place itself when `gap` is 0. A strong word is always
   * written. */
  write(text: string, x: number, y: number, gap: number, weight: Weight): void {
    const wide = this.measure(text, weight);
    const lefts = gap === 0 ? [x - wide / 2] : [x + gap, x - gap - wide];
    const boxes = lefts.map((left) => ({ left: left - 3, top: y - HEIGHT_PX / 2, right: left + wide + 3, bottom: y + HEIGHT_PX / 2 }));
    const free = boxes.find((box) => this.isInside(box) && !this.isTaken(box))
      ?? (weight === "strong" ? (boxes.find((box) => this.isInside(box)) ?? boxes[0]) : undefined);
    if (!free) return;
    this.put(text, free.left + 3, y, weight);
    this.keep(free);
  }

  private put(text: string, left: number, y: number, weight: Weight): void {
    const { context, theme } = this;
    context.font = FONTS[weight];
    context.lineWidth = weight === "faint" ? 2.5 : 3.5;
    context.lineJoin = "round";
    context.strokeStyle = weight === "faint" ? theme.city : theme.ground;
    context.strokeText(text, left, y);
    context.fillStyle = weight === "faint" ? theme.label : theme.ink;
    context.fillText(text, left, y);
  }

  private measure(text: string, weight: Weight): number {
    const name = `${weight}|${text}`;
    let wide = widths.get(name);
    if (wide === undefined) {
      if (widths.size > WIDTHS_MAX) widths.clear();
      this.context.font = FONTS[weight];
      wide = this.context.measureText(text).width;
      widths.set(name, wide);
    }
    return wide;
  }

  private isInside(box: Box): boolean {
    return box.left >= 0 && box.top >= 0 && box.right <= this.width && box.bottom <= this.height;
  }

  private *cellsOf(box: Box): Generator<number> {
    for (let column = Math.floor(box.left / CELL_PX); column <= Math.floor(box.right / CELL_PX); column += 1) {
      for (let line = Math.floor(box.top / CELL_PX); line <= Math.floor(box.bottom / CELL_PX); line += 1) {
        yield column * CELLS_PER_COLUMN + line;
      }
    }
  }

  private isTaken(box: Box): boolean {
    for (const cell of this.cellsOf(box)) {
      for (const other of this.cells.get(cell) ?? []) {
        if (box.left < other.right && box.right > other.left && box.top < other.bottom && box.bottom > other.top) return true;
      }
    }
    return false;
  }

  private keep(box: Box): void {
    for (const cell of this.cellsOf(box)) {
      const held = this.cells.get(cell);
      if (held) held.push(box);
      else this.cells.set(cell, [box]);
    }
  }
}
