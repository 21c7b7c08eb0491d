// A city to look at while no back-end runs: the published Paris sample when it is there, else a made-up one.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const corpus = process.env.NEC_CORPUS ?? "../../shared/data";
const QUARTERS = join(corpus, "paris/quartier_paris.geojson");
const STREETS = join(corpus, "paris/paris_54000.txt");

/** Small seeded generator: two runs show the same city. */
export function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

function round(value) {
  return Math.round(value * 1e5) / 1e5;
}

function readQuarters() {
  const { features } = JSON.parse(readFileSync(QUARTERS, "utf8"));
  return features.map((feature) => {
    const name = feature.properties.l_qu ?? feature.properties.nom ?? Object.values(feature.properties).find((one) => typeof one === "string");
    const { coordinates, type } = feature.geometry;
    const rings = type === "MultiPolygon" ? coordinates.map((polygon) => polygon[0]) : [coordinates[0]];
    return { name, rings: rings.map((ring) => ring.map(([lon, lat]) => [round(lon), round(lat)])) };
  });
}

function readStreets() {
  const lines = readFileSync(STREETS, "utf8").trim().split(/\n/);
  const [junctionCount, streetCount] = lines[0].split(" ").map(Number);
  const places = lines.slice(1, 1 + junctionCount).map((line) => line.split(" ").map(Number));
  return lines.slice(1 + junctionCount, 1 + junctionCount + streetCount).map((line) => {
    const [from, to] = line.split(" ").map(Number);
    return [from, to].map((at) => [round(places[at][1]), round(places[at][0])]);
  });
}

function madeUp() {
  const quarters = [];
  const streets = [];
  for (let x = 0; x < 8; x += 1) {
    for (let y = 0; y < 6; y += 1) {
      const west = 2.3 + x * 0.012, south = 48.82 + y * 0.008;
      quarters.push({ name: `Quarter ${x + 1}-${y + 1}`, rings: [[[west, south], [west + 0.012, south], [west + 0.012, south + 0.008], [west, south + 0.008], [west, south]]] });
      for (let part = 0; part < 6; part += 1) {
        streets.push([[west + part * 0.002, south], [west + part * 0.002, south + 0.008]], [[west, south + part * 0.0013], [west + 0.012, south + part * 0.0013]]);
      }
    }
  }
  return { quarters, streets };
}

export function makeCity() {
  const isThere = existsSync(QUARTERS) && existsSync(STREETS);
  const { quarters, streets } = isThere ? { quarters: readQuarters(), streets: readStreets() } : madeUp();
  const places = streets.map(([[lon, lat]]) => [lon, lat]);
  const west = Math.min(...places.map((p) => p[0])), east = Math.max(...places.map((p) => p[0]));
  const south = Math.min(...places.map((p) => p[1])), north = Math.max(...places.map((p) => p[1]));
  const next = random(7);
  const zones = [], docks = [];
  quarters.forEach((quarter) => {
    // Three bands of each quarter's box stand for zones: enough to look at.
    const ring = quarter.rings[0];
    const w = Math.min(...ring.map((p) => p[0])), e = Math.max(...ring.map((p) => p[0]));
    const s = Math.min(...ring.map((p) => p[1])), n = Math.max(...ring.map((p) => p[1]));
    for (let band = 0; band < 3; band += 1) {
      const id = `z-${String(zones.length + 1).padStart(3, "0")}`;
      const a = w + ((e - w) * band) / 3, b = w + ((e - w) * (band + 1)) / 3;
      zones.push({ id, label: `${quarter.name} · ${id}`, rings: [clipToBand(ring, a, b)] });
      docks.push({ id: `k-${id.slice(2)}`, zone_id: id, lon: round((a + b) / 2), lat: round((s + n) / 2), drone_id: `D-${id.slice(2)}` });
    }
  });
  const buttons = { ids: [], lon: [], lat: [] };
  for (let index = 0; index < 20000; index += 1) {
    const [from, to] = streets[Math.floor(next() * streets.length)];
    const part = next();
    buttons.ids.push(`b-${String(index + 1).padStart(5, "0")}`);
    buttons.lon.push(round(from[0] + (to[0] - from[0]) * part));
    buttons.lat.push(round(from[1] + (to[1] - from[1]) * part));
  }
  const outline = quarters.flatMap((quarter) => quarter.rings);
  return { city: { name: isThere ? "Paris" : "Model", box: [west, south, east, north], outline, quarters, zones, docks, streets }, buttons };
}

/** The part of a ring between two meridians (Sutherland-Hodgman against two lines). */
function clipToBand(ring, west, east) {
  const cut = (points, isInside, at) => points.flatMap((point, index) => {
    const before = points[(index + points.length - 1) % points.length];
    const cross = () => {
      const part = (at - before[0]) / (point[0] - before[0]);
      return [at, round(before[1] + (point[1] - before[1]) * part)];
    };
    if (isInside(point)) return isInside(before) ? [point] : [cross(), point];
    return isInside(before) ? [cross()] : [];
  });
  const open = ring.slice(0, -1);
  const clipped = cut(cut(open, (p) => p[0] >= west, west), (p) => p[0] <= east, east);
  return clipped.length > 2 ? [...clipped, clipped[0]] : ring;
}
