/** The mission strip inside a panel: figures, plots, and the picture only while on scene. */
import { setText } from "../dom";
import { key, type LiveState } from "../live/fold";
import type { Mission } from "../live/types";
import { t, type WordKey } from "../words";
import { etaLeft_s } from "./eta";
import { drawPicture } from "./picture";
import type { DronePlots, Target } from "./plots";
import { distance_m, type Telemetry } from "./telemetry";

const UNKNOWN = "–";

let oneDecimal: Intl.NumberFormat | null = null;

/** "1.2", or "1,2" where that is how it is written. */
function tenths(value: number): string {
  oneDecimal ??= new Intl.NumberFormat(globalThis.document?.documentElement.lang || "en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return oneDecimal.format(value);
}

/** Texts by [data-telemetry] name. */
export function figuresOf(state: LiveState, droneId: string, mission: Mission | undefined, nowMs: number): Record<string, string> {
  const row = state.fleet.get(droneId)?.row;
  const eta_s = etaLeft_s(mission, row, nowMs);
  return {
    phase: mission ? t(`phase.${mission.phase}` as WordKey) : UNKNOWN,
    altitude: row ? `${Math.round(row[3])} m` : UNKNOWN,
    heading: row ? `${(Math.round(row[4]) % 360 + 360) % 360}°` : UNKNOWN,
    speed: row ? `${tenths(row[5])} m/s` : UNKNOWN,
    battery: row ? `${Math.round(row[6])} %` : UNKNOWN,
    link: row ? (row[9] === 1 ? `${Math.round(row[8])} %` : t("telemetry.lost")) : UNKNOWN,
    eta: eta_s === null ? UNKNOWN : `${Math.round(eta_s)} s`,
    distance: row && mission ? `${Math.round(distance_m(row[1], row[2], mission.lon, mission.lat))} m` : UNKNOWN,
  };
}

export class Strips {
  private plots: DronePlots[] = [];

  constructor(private readonly telemetry: Telemetry) {}

  /** Draw every strip inside `scope`; the plotting chunk loads when the first one needs it. */
  draw(scope: HTMLElement, state: LiveState, nowMs: number): void {
    for (const plots of this.plots) if (!plots.host.isConnected) plots.destroy();
    this.plots = this.plots.filter((plots) => plots.host.isConnected);
    for (const strip of scope.querySelectorAll<HTMLElement>("[data-mission][data-drone]")) this.drawOne(strip, state, nowMs);
  }

  private drawOne(strip: HTMLElement, state: LiveState, nowMs: number): void {
    const droneId = strip.dataset["drone"] ?? "";
    const mission = state.missions.get(key(strip.dataset["mission"] ?? ""));
    const figures = figuresOf(state, droneId, mission, nowMs);
    for (const slot of strip.querySelectorAll<HTMLElement>("[data-telemetry]")) {
      const text = figures[slot.dataset["telemetry"] ?? ""];
      if (text !== undefined) setText(slot, text);
    }
    drawPicture(strip, mission?.phase === "on_scene" && mission.state !== "ended");
    const host = strip.querySelector<HTMLElement>("[data-plots]");
    // Without its mission there is no scene to be far from: the plots wait for it.
    if (host && mission) this.drawPlots(host, droneId, mission);
  }

  private drawPlots(host: HTMLElement, droneId: string, target: Target): void {
    const held = this.plots.find((plots) => plots.host === host);
    if (held?.droneId === droneId) {
      held.draw(this.telemetry.of(droneId), target);
      return;
    }
    held?.destroy();
    this.plots = this.plots.filter((plots) => plots !== held);
    if (host.dataset["loading"] === droneId) return;
    host.dataset["loading"] = droneId;
    void import("./plots").then(({ DronePlots }) => {
      if (!host.isConnected || host.dataset["loading"] !== droneId) return;
      delete host.dataset["loading"];
      const plots = new DronePlots(host, droneId);
      this.plots.push(plots);
      plots.draw(this.telemetry.of(droneId), target);
    });
  }
}
