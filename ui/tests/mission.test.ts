import { describe, expect, it } from "vitest";
import { fromSnapshot } from "../src/live/fold";
import type { DroneRow } from "../src/live/types";
import { etaLeft_s } from "../src/mission/eta";
import { figuresOf } from "../src/mission/strip";
import { distance_m, Telemetry } from "../src/mission/telemetry";
import { aMission, aSnapshot } from "./samples";

const row = (altitude_m: number, linked = 1): DroneRow => ["D-117", 2.35, 48.85, altitude_m, 370, altitude_m > 0 ? 15 : 0, 81.4, "transit", 96, linked];
const fleet = (t: number, drone: DroneRow) => new Map([[drone[0], { t, row: drone }]]);

describe("telemetry", () => {
  it("keeps five minutes of a flying drone and nothing of a parked one", () => {
    const telemetry = new Telemetry();
    telemetry.take(fleet(0, row(0)), ["D-117"]);
    expect(telemetry.of("D-117")).toEqual([]);
    for (let second = 0; second < 900; second += 1) telemetry.take(fleet(second * 1000, row(60)), ["D-117"]);
    const kept = telemetry.of("D-117");
    expect([kept.length, kept[0]?.t, kept.at(-1)?.t]).toEqual([300, 600_000, 899_000]);
    expect(kept[0]).toEqual({ t: 600_000, lon: 2.35, lat: 48.85, altitude_m: 60, battery_pct: 81.4 });
  });
  it("ignores a reading that is not newer", () => {
    const telemetry = new Telemetry();
    telemetry.take(fleet(2_000, row(60)), ["D-117"]);
    telemetry.take(fleet(1_000, row(50)), ["D-117"]);
    expect(telemetry.of("D-117").length).toBe(1);
  });
  it("forgets a drone that has not been heard for as long as plots reach back", () => {
    const telemetry = new Telemetry();
    telemetry.take(fleet(1_000, row(60)), ["D-117"]);
    telemetry.forgetOld(1_000 + 5 * 60_000 + 1);
    expect(telemetry.of("D-117")).toEqual([]);
  });
});

const NOW = Date.parse("2026-11-22T20:00:12Z");

describe("the time to the scene", () => {
  const far: DroneRow = ["D-117", 2.35, 48.86, 60, 180, 15, 80, "transit", 99, 1];
  it("counts from the offer while the drone prepares", () => {
    expect(etaLeft_s(aMission({ phase: "open_dock", eta_s: 38 }), far, NOW)).toBe(28);
  });
  it("follows the distance left once it flies", () => {
    expect(etaLeft_s(aMission({ phase: "transit" }), far, NOW)).toBeCloseTo(1111.95 / 15, 1);
  });
  it("is not told for a drone that is there, goes back or holds", () => {
    expect(["on_scene", "return", "hold", "ended"].map((phase) => etaLeft_s(aMission({ phase: phase as "hold" }), far, NOW))).toEqual([null, null, null, null]);
  });
});

describe("a mission's figures", () => {
  const state = (linked: number) => fromSnapshot(aSnapshot({ fleet: { t: 1, d: [row(60, linked)] } }));
  it("are those of its drone, with units", () => {
    const figures = figuresOf(state(1), "D-117", aMission({ phase: "climb" }), NOW);
    expect(figures).toEqual({
      phase: "Climbing", altitude: "60 m", heading: "10°", speed: "15.0 m/s", battery: "81 %", link: "96 %", eta: "28 s", distance: "0 m",
    });
  });
  it("say that the link is lost rather than its last quality", () => {
    expect(figuresOf(state(0), "D-117", aMission(), NOW)["link"]).toBe("lost");
  });
  it("have no ETA once the mission is over", () => {
    expect(figuresOf(state(1), "D-117", aMission({ state: "ended" }), NOW)["eta"]).toBe("–");
  });
});

it("measures one degree of latitude as the mean Earth radius has it", () => {
  expect(distance_m(2.35, 48, 2.35, 49)).toBeCloseTo(111_195, 0);
});
