/** Plain SVG charts of one size: a line, an axis, a label where the eye already is. Colours come from classes. */
import { svg } from "../dom";
import { clock } from "../time";
import { t } from "../words";

export interface Response {
  bin_s: number;
  /** Flights per bin, the first from 0 s. */
  counts: number[];
  n: number;
  mean_s: number;
  p50_s: number;
  p95_s: number;
}

export interface Figure {
  element: SVGElement;
  /** The chart in one sentence. */
  says: string;
}

export interface Line {
  label: string;
  /** Null where nothing was counted: the line breaks. */
  values: (number | null)[];
  style: "solid" | "dashed" | "area";
}

/** What every chart of one page shares. */
export interface Axis {
  timeZone: string;
  language: string;
  /** Pixels a chart may take across; drawn one to one, so that its words stay the page's size. */
  width: number;
}

const HEIGHT = 190;
const BOX = { left: 34, top: 22, bottom: HEIGHT - 24 };
const MARGIN_RIGHT = 12;
const LABEL_PX = 14;

/** A round top for an axis: 1, 2, 4, 5 times a power of ten, at least `least`. */
export function niceTop(value: number, least = 4): number {
  const wanted = Math.max(value, least);
  const power = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 4, 5, 10].map((step) => step * power).find((top) => top >= wanted) ?? wanted;
}

/** A top for an axis of counts: its half is a whole number too. */
export function countTop(value: number): number {
  const power = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(value, 4))));
  return [2, 4, 6, 8, 10].map((step) => step * power).find((top) => top >= value && top >= 4) ?? value;
}

const rightOf = (axis: Axis): number => axis.width - MARGIN_RIGHT;

function frame(axis: Axis, says: string): SVGElement {
  return svg("svg", { class: "chart", viewBox: `0 0 ${axis.width} ${HEIGHT}`, role: "img", "aria-label": says });
}

function text(x: number, y: number, words: string, anchor: "start" | "middle" | "end", kind = "chart__text"): SVGElement {
  return svg("text", { class: kind, x, y, "text-anchor": anchor }, words);
}

function yAxis(chart: Axis, top: number): SVGElement {
  const axis = svg("g", {});
  for (const part of [0, 0.5, 1]) {
    const y = BOX.bottom - part * (BOX.bottom - BOX.top);
    axis.append(svg("line", { class: part === 0 ? "chart__base" : "chart__grid", x1: BOX.left, x2: rightOf(chart), y1: y, y2: y }));
    axis.append(text(BOX.left - 6, y + 4, String(top * part), "end"));
  }
  return axis;
}

const DAY_MS = 24 * 3_600_000;

/** "20 Nov": beyond a day a clock time says nothing. */
function day(atMs: number, axis: Axis): string {
  return new Intl.DateTimeFormat(axis.language, { timeZone: axis.timeZone, day: "numeric", month: "short" }).format(atMs);
}

function timeAxis(axis: Axis, times: readonly string[]): SVGElement {
  const group = svg("g", {});
  const last = times.length - 1;
  const isLong = Date.parse(times[last] ?? "") - Date.parse(times[0] ?? "") > DAY_MS;
  for (const index of new Set([0, Math.round(last / 3), Math.round((2 * last) / 3), last])) {
    const x = BOX.left + (last === 0 ? 0.5 : index / last) * (rightOf(axis) - BOX.left);
    const words = isLong ? day(Date.parse(times[index] ?? ""), axis) : clock(Date.parse(times[index] ?? ""), axis.timeZone, axis.language, false);
    group.append(text(x, HEIGHT - 6, words, index === last ? "end" : index === 0 ? "start" : "middle"));
  }
  return group;
}

function marker(x: number, words: string, kind: string, isLeft: boolean): SVGElement {
  return svg("g", { class: kind },
    svg("line", { x1: x, x2: x, y1: BOX.top - 14, y2: BOX.bottom }),
    text(isLeft ? x - 5 : x + 5, BOX.top - 6, words, isLeft ? "end" : "start", "chart__label"));
}

/** Distribution of press to on-scene times against the target; the late part is hollow, not only of another colour. */
export function responsePlot(axis: Axis, response: Response, target_s: number): Figure {
  const { bin_s, counts, n } = response;
  const end_s = Math.max(target_s * 1.4, counts.length * bin_s);
  const top = countTop(Math.max(...counts));
  const x = (value_s: number): number => BOX.left + (Math.min(value_s, end_s) / end_s) * (rightOf(axis) - BOX.left);
  const within = counts.reduce((sum, count, index) => sum + ((index + 1) * bin_s <= target_s ? count : 0), 0);
  const says = [
    t("supervisor.within", { percent: Math.round((100 * within) / Math.max(1, n)), n }),
    t("supervisor.mean", { value: Math.round(response.mean_s) }), t("supervisor.p95", { value: Math.round(response.p95_s) }),
  ].join(" · ");
  const chart = frame(axis, says);
  chart.append(yAxis(axis, top));
  counts.forEach((count, index) => {
    if (count === 0) return;
    const height = (count / top) * (BOX.bottom - BOX.top);
    const isLate = (index + 1) * bin_s > target_s;
    chart.append(svg("rect", {
      class: isLate ? "chart__bar chart__bar--late" : "chart__bar", x: x(index * bin_s) + 1, y: BOX.bottom - height,
      width: Math.max(1, x((index + 1) * bin_s) - x(index * bin_s) - 2), height,
    }));
  });
  const step_s = niceTop(end_s / 6, 5);
  for (let at_s = 0; at_s <= end_s; at_s += step_s) chart.append(text(x(at_s), HEIGHT - 6, at_s === 0 ? "0 s" : String(at_s), "middle"));
  chart.append(marker(x(target_s), t("supervisor.target", { value: target_s }), "chart__target", false));
  // On the side where its words fit.
  chart.append(marker(x(response.p50_s), t("supervisor.p50", { value: Math.round(response.p50_s) }), "chart__mark", x(response.p50_s) > axis.width / 3));
  return { element: chart, says };
}

export function columnsPlot(axis: Axis, rows: readonly (readonly [string, number])[]): Figure | null {
  if (rows.length === 0) return null;
  const top = countTop(Math.max(...rows.map(([, count]) => count)));
  const says = t("supervisor.this_hour", { value: rows.at(-1)?.[1] ?? 0 });
  const chart = frame(axis, says);
  chart.append(yAxis(axis, top), timeAxis(axis, rows.map(([at]) => at)));
  const step = (rightOf(axis) - BOX.left) / rows.length;
  rows.forEach(([, count], index) => {
    const height = (count / top) * (BOX.bottom - BOX.top);
    chart.append(svg("rect", { class: "chart__bar", x: BOX.left + index * step + 1, y: BOX.bottom - height, width: Math.max(1, step - 2), height }));
  });
  return { element: chart, says };
}

/** The path of a line, broken where nothing was counted; and of the ground under it, closed at each break. */
function pathsOf(points: readonly (readonly [x: number, y: number] | null)[], baseline: number): { line: string; area: string } {
  let line = "";
  let area = "";
  let from: number | null = null;
  let to = 0;
  const close = (): void => {
    if (from !== null) area += `L${to} ${baseline}L${from} ${baseline}Z`;
    from = null;
  };
  for (const point of points) {
    if (point === null) {
      close();
      continue;
    }
    const step = `${from === null ? "M" : "L"}${point[0].toFixed(1)} ${point[1].toFixed(1)}`;
    line += step;
    area += step;
    from ??= point[0];
    to = point[0];
  }
  close();
  return { line, area };
}

export function linesPlot(axis: Axis, times: readonly string[], lines: readonly Line[]): Figure | null {
  const counted = lines.flatMap((line) => line.values.filter((value) => value !== null));
  if (counted.length === 0) return null;
  const top = countTop(Math.max(...counted));
  const says = t("supervisor.now", { value: lines.map((line) => `${line.values.at(-1) ?? "–"} ${line.label}`.trim()).join(" · ") });
  const chart = frame(axis, says);
  chart.append(yAxis(axis, top), timeAxis(axis, times));
  const last = times.length - 1;
  const x = (index: number): number => BOX.left + (last === 0 ? 0.5 : index / last) * (rightOf(axis) - BOX.left);
  const y = (value: number): number => BOX.bottom - (value / top) * (BOX.bottom - BOX.top);
  const labelled: number[] = [];
  for (const line of lines) {
    const paths = pathsOf(line.values.map((value, index) => (value === null ? null : [x(index), y(value)])), BOX.bottom);
    if (line.style === "area") chart.append(svg("path", { class: "chart__area", d: paths.area }));
    chart.append(svg("path", { class: `chart__line chart__line--${line.style}`, d: paths.line }));
    if (line.label === "") continue;
    let labelY = y(line.values.at(-1) ?? 0) - 6;
    while (labelled.some((other) => Math.abs(other - labelY) < LABEL_PX)) labelY += LABEL_PX;
    labelled.push(labelY);
    chart.append(text(rightOf(axis), labelY, `${line.values.at(-1) ?? 0} ${line.label}`, "end", "chart__label"));
  }
  return { element: chart, says };
}
