/** The supervisor's board: small plots that say their own figures, each downloadable as CSV and PNG. */
import "../styles/supervisor.css";
import { readJson } from "../console/page";
import { h } from "../dom";
import { download, pngOf, saveButton, toCsv } from "../export";
import { t, type WordKey } from "../words";
import { columnsPlot, linesPlot, responsePlot, type Axis, type Figure, type Response } from "./charts";

export interface SupervisorData {
  target_s: number;
  now: string;
  response: Response | null;
  load: [at: string, incidents: number][];
  pilots: [at: string, on_shift: number, need: number][];
  /** Null where nobody counted. */
  deaf: [at: string, devices: number | null][];
}

interface Plot {
  title: WordKey;
  name: string;
  figure: Figure | null;
  header: string[];
  rows: (string | number | null)[][];
}

function responseOf(axis: Axis, { response, target_s }: SupervisorData): Plot {
  const bin_s = response?.bin_s ?? 0;
  return {
    title: "supervisor.response", name: "response", header: ["from_s", "to_s", "flights"],
    figure: response && response.n > 0 ? responsePlot(axis, response, target_s) : null,
    rows: (response?.counts ?? []).map((count, index) => [index * bin_s, (index + 1) * bin_s, count]),
  };
}

function plotsOf(data: SupervisorData, axis: Axis): Plot[] {
  const pilots = linesPlot(axis, data.pilots.map(([at]) => at), [
    { label: t("supervisor.on_shift"), values: data.pilots.map((row) => row[1]), style: "solid" },
    { label: t("supervisor.need"), values: data.pilots.map((row) => row[2]), style: "dashed" },
  ]);
  const deaf = linesPlot(axis, data.deaf.map(([at]) => at), [{ label: "", values: data.deaf.map((row) => row[1]), style: "area" }]);
  return [
    responseOf(axis, data),
    { title: "supervisor.load", name: "load", header: ["hour", "incidents"], figure: columnsPlot(axis, data.load), rows: data.load },
    { title: "supervisor.pilots", name: "pilots", header: ["at", "on_shift", "need"], figure: pilots, rows: data.pilots },
    { title: "supervisor.deaf", name: "silent-devices", header: ["at", "devices"], figure: deaf, rows: data.deaf },
  ];
}

function card(plot: Plot, stamp: string): HTMLElement {
  const title = t(plot.title);
  const { figure } = plot;
  const csv = (): void => download(`${plot.name}-${stamp}.csv`, new Blob([toCsv(plot.header, plot.rows)], { type: "text/csv" }));
  const png = (chart: SVGElement) => async (): Promise<void> => download(`${plot.name}-${stamp}.png`, await pngOf(chart, title));
  return h("figure", { class: "plotcard panel" },
    h("figcaption", { class: "plotcard__head" },
      h("span", { class: "plotcard__title" }, title),
      h("span", {}, saveButton("supervisor.as_csv", title, csv), figure && saveButton("supervisor.as_png", title, png(figure.element)))),
    figure && h("p", { class: "plotcard__says num" }, figure.says),
    figure ? figure.element : h("p", { class: "empty" }, t("supervisor.empty")));
}

/** As the style sheet lays the cards: as many columns as fit, each at least this wide, its padding taken off. */
const CARD_LEAST_PX = 416;
const CARD_GAP_PX = 12;
const CARD_PADDING_PX = 34;

function chartWidth(wholePx: number): number {
  const columns = Math.max(1, Math.min(4, Math.floor((wholePx + CARD_GAP_PX) / (CARD_LEAST_PX + CARD_GAP_PX))));
  return Math.round((wholePx - (columns - 1) * CARD_GAP_PX) / columns - CARD_PADDING_PX);
}

function draw(root: HTMLElement, data: SupervisorData): void {
  const axis = {
    timeZone: root.dataset["timeZone"] ?? "Europe/Paris", language: document.documentElement.lang || "en", width: chartWidth(root.clientWidth),
  };
  const stamp = data.now.slice(0, 16).replace(/[:T]/g, "-");
  root.replaceChildren(...plotsOf(data, axis).map((plot) => card(plot, stamp)));
}

const root = document.getElementById("supervisor");
const data = readJson<SupervisorData>("supervisor-data");
if (root && data) {
  let drawnPx = 0;
  new ResizeObserver(() => {
    if (root.clientWidth === drawnPx) return;
    drawnPx = root.clientWidth;
    draw(root, data);
  }).observe(root);
}
