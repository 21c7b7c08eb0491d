/** Marks drawn once and stamped: an incident's shape says its state, its colour only repeats it. */
import type { Tone } from "../board/tone";
import type { Theme } from "./theme";

const MARK_PX = 30;
const RADIUS_PX = 9;

function polygon(context: CanvasRenderingContext2D, points: readonly (readonly [number, number])[]): void {
  context.beginPath();
  points.forEach(([x, y], index) => (index === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.closePath();
}

function disc(context: CanvasRenderingContext2D, radius: number): void {
  context.beginPath();
  context.arc(0, 0, radius, 0, 2 * Math.PI);
}

/** ◆ critical, ▲ serious, ■ attention, ● ours, and a small ring for what is resolved. */
function trace(context: CanvasRenderingContext2D, tone: Tone): void {
  const r = RADIUS_PX;
  if (tone === "critical") polygon(context, [[0, -r * 1.25], [r * 1.25, 0], [0, r * 1.25], [-r * 1.25, 0]]);
  else if (tone === "serious") polygon(context, [[0, -r * 1.15], [r * 1.1, r * 0.85], [-r * 1.1, r * 0.85]]);
  else if (tone === "attention") polygon(context, [[-r * 0.85, -r * 0.85], [r * 0.85, -r * 0.85], [r * 0.85, r * 0.85], [-r * 0.85, r * 0.85]]);
  else disc(context, tone === "ours" ? r * 0.85 : r * 0.5);
}

function drawMark(theme: Theme, tone: Tone, ratio: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = MARK_PX * ratio;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.setTransform(ratio, 0, 0, ratio, canvas.width / 2, canvas.height / 2);
  context.lineJoin = "round";
  trace(context, tone);
  context.lineWidth = 4;
  context.strokeStyle = theme.ground;
  context.stroke();
  if (tone === "resolved") {
    context.lineWidth = 2;
    context.strokeStyle = theme.resolved;
    context.stroke();
  } else {
    context.fillStyle = theme[tone];
    context.fill();
  }
  return canvas;
}

export type Marks = Record<Tone, HTMLCanvasElement>;

/** One canvas per tone, its middle the place. */
export function drawMarks(theme: Theme, ratio: number): Marks {
  const mark = (tone: Tone): HTMLCanvasElement => drawMark(theme, tone, ratio);
  return { critical: mark("critical"), serious: mark("serious"), attention: mark("attention"), ours: mark("ours"), resolved: mark("resolved") };
}

export function stamp(context: CanvasRenderingContext2D, mark: HTMLCanvasElement, x: number, y: number, scale: number): void {
  const size = MARK_PX * scale;
  context.drawImage(mark, x - size / 2, y - size / 2, size, size);
}

/** A drone: an arrow whose head is its heading, hollow when its link is lost. */
export function arrow(
  context: CanvasRenderingContext2D, x: number, y: number, heading_deg: number, colour: string, edge: string, isLinked: boolean,
): void {
  const angle = (heading_deg * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const to = (dx: number, dy: number): void => context.lineTo(x + dx * cos - dy * sin, y + dx * sin + dy * cos);
  context.beginPath();
  to(0, -8.5);
  to(5.5, 6.5);
  to(0, 3);
  to(-5.5, 6.5);
  context.closePath();
  context.lineJoin = "round";
  context.lineWidth = 2.5;
  context.strokeStyle = isLinked ? edge : colour;
  context.stroke();
  context.fillStyle = isLinked ? colour : edge;
  context.fill();
}
