/** Live plots of one drone: altitude, battery, distance to the scene; one small chart each, its figure beside its name. */
import uPlot from "uplot";
import { TELEMETRY_KEEP_MS } from "../constants";
import { h, setText } from "../dom";
import { download, pngOfImages, saveButton, toCsv, type Panel } from "../export";
import { t, type WordKey } from "../words";
import { distance_m, type Reading } from "./telemetry";

export interface Target {
  lon: number;
  lat: number;
}

interface Measure {
  word: WordKey;
  unit: string;
  /** The scale never zooms in past this span, so that noise does not look like news. */
  least_span: number;
  read: (reading: Reading, target: Target) => number;
}

const MEASURES: readonly Measure[] = [
  { word: "telemetry.altitude", unit: "m", least_span: 60, read: ({ altitude_m }) => altitude_m },
  { word: "telemetry.battery", unit: "%", least_span: 100, read: ({ battery_pct }) => battery_pct },
  { word: "telemetry.distance", unit: "m", least_span: 200, read: ({ lon, lat }, target) => distance_m(lon, lat, target.lon, target.lat) },
];
const HEIGHT_PX = 60;
const GAP_PX = 12;
const LEAST_SPAN_S = 60;

function token(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

class Chart {
  readonly element: HTMLElement;
  private readonly value = h("span", { class: "plot__value num" });
  private readonly plot: uPlot;

  constructor(private readonly measure: Measure, width: number) {
    const body = h("div", { class: "plot__body", "aria-hidden": "true" });
    this.element = h("figure", { class: "plot" }, h("figcaption", { class: "plot__title" }, t(measure.word), " ", this.value), body);
    this.plot = new uPlot({
      width, height: HEIGHT_PX, cursor: { show: false }, legend: { show: false }, padding: [4, 2, 2, 2],
      scales: {
        // From the first reading to the right, at least a minute wide: a flight that has just begun grows from the left
        // edge. At most what is kept.
        x: { time: false, range: (_plot, min, max) => [Math.max(min, max - TELEMETRY_KEEP_MS / 1000), Math.max(max, min + LEAST_SPAN_S)] },
        y: { range: (_plot, _min, max) => [0, Math.max(measure.least_span, (max ?? 0) * 1.1)] },
      },
      axes: [{ show: false }, { show: false }],
      series: [{}, { stroke: () => token("--ours"), width: 1.5, points: { show: false } }],
      hooks: { drawClear: [(plot) => this.baseline(plot)] },
    }, [[], []], body);
  }

  private baseline(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = token("--grey-7");
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(bbox.left, bbox.top + bbox.height - 0.5);
    ctx.lineTo(bbox.left + bbox.width, bbox.top + bbox.height - 0.5);
    ctx.stroke();
    ctx.restore();
  }

  /** For a picture of all charts together. */
  get panel(): Panel {
    const { width, height } = this.plot;
    return { image: this.plot.ctx.canvas, title: `${t(this.measure.word)} ${this.value.textContent}`, width, height };
  }

  draw(readings: readonly Reading[], target: Target): void {
    const y = readings.map((reading) => this.measure.read(reading, target));
    this.plot.setData([readings.map((reading) => reading.t / 1000), y]);
    const last = y.at(-1);
    setText(this.value, last === undefined ? "–" : `${Math.round(last)} ${this.measure.unit}`);
  }

  resize(width: number): void {
    this.plot.setSize({ width, height: HEIGHT_PX });
  }

  destroy(): void {
    this.plot.destroy();
  }
}

const chartWidth = (hostWidth: number): number =>
  Math.max(70, Math.floor((hostWidth - (MEASURES.length - 1) * GAP_PX) / MEASURES.length));

/** The plots of one drone inside one element. Destroy them when the element leaves the page. */
export class DronePlots {
  private readonly charts: Chart[];
  private readonly resizer: ResizeObserver;
  private width: number;
  private readings: readonly Reading[] = [];
  private target: Target = { lon: 0, lat: 0 };

  constructor(readonly host: HTMLElement, readonly droneId: string) {
    host.dataset["kept"] = "1";
    this.width = chartWidth(host.clientWidth);
    this.charts = MEASURES.map((measure) => new Chart(measure, this.width));
    const save = h("p", { class: "plots__save" },
      saveButton("supervisor.as_csv", droneId, () => download(`${droneId}.csv`, new Blob([this.csv()], { type: "text/csv" }))),
      saveButton("supervisor.as_png", droneId, async () => download(`${droneId}.png`, await pngOfImages(this.charts.map((chart) => chart.panel)))));
    host.replaceChildren(...this.charts.map((chart) => chart.element), save);
    this.resizer = new ResizeObserver(() => {
      const width = chartWidth(host.clientWidth);
      if (width === this.width) return;
      this.width = width;
      for (const chart of this.charts) chart.resize(width);
    });
    this.resizer.observe(host);
  }

  private csv(): string {
    const rows = this.readings.map(({ t: atMs, lat, lon, altitude_m, battery_pct }) =>
      [new Date(atMs).toISOString(), lat.toFixed(6), lon.toFixed(6), altitude_m, battery_pct, Math.round(distance_m(lon, lat, this.target.lon, this.target.lat))]);
    return toCsv(["at", "latitude", "longitude", "altitude_m", "battery_pct", "distance_m"], rows);
  }

  draw(readings: readonly Reading[], target: Target): void {
    this.readings = readings;
    this.target = target;
    for (const chart of this.charts) chart.draw(readings, target);
  }

  destroy(): void {
    this.resizer.disconnect();
    for (const chart of this.charts) chart.destroy();
  }
}
