/** The city as the console serves it, turned into what MapLibre draws. No tile and no glyph comes from anywhere else. */
import type { Feature, FeatureCollection, Position } from "geojson";
import { FETCH_TIMEOUT_MS } from "../constants";

/** Sides of the square, in the city's longer one: a window twice as high as wide still shows the whole of it, with a margin. */
const SQUARE_SIDES = 2.5;

export interface City {
  name: string;
  /** West, south, east, north. */
  box: [number, number, number, number];
  outline: Position[][] | Position[][][];
  quarters: { name: string; rings: Position[][] }[];
  zones: { id: string; label: string; rings: Position[][] }[];
  docks: { id: string; zone_id: string; lon: number; lat: number; drone_id: string | null }[];
  streets: Position[][];
}

export interface Buttons {
  ids: string[];
  lon: number[];
  lat: number[];
}

export async function fetchJson<T>(url: string): Promise<T> {
  const answer = await fetch(url, { credentials: "same-origin", signal: AbortSignal.timeout(3 * FETCH_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return (await answer.json()) as T;
}

const collection = (features: Feature[]): FeatureCollection => ({ type: "FeatureCollection", features });

/** An outline is a list of rings, or of polygons when the city is in several pieces. */
function outlinePolygons(outline: City["outline"]): Position[][][] {
  const isPolygons = Array.isArray(outline[0]?.[0]?.[0]);
  return isPolygons ? (outline as Position[][][]) : (outline as Position[][]).map((ring) => [ring]);
}

export function outlineFeatures(city: City): FeatureCollection {
  return collection([{ type: "Feature", properties: {}, geometry: { type: "MultiPolygon", coordinates: outlinePolygons(city.outline) } }]);
}

export function zoneFeatures(city: City): FeatureCollection {
  return collection(city.zones.map((zone) => ({
    type: "Feature", properties: { id: zone.id }, geometry: { type: "MultiPolygon", coordinates: zone.rings.map((ring) => [ring]) },
  })));
}

export function quarterFeatures(city: City): FeatureCollection {
  return collection(city.quarters.map((quarter) => ({
    type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: quarter.rings },
  })));
}

export function streetFeatures(city: City): FeatureCollection {
  return collection([{ type: "Feature", properties: {}, geometry: { type: "MultiLineString", coordinates: city.streets } }]);
}

export function dockFeatures(city: City): FeatureCollection {
  return collection(city.docks.map((dock) => ({
    type: "Feature", properties: {}, geometry: { type: "Point", coordinates: [dock.lon, dock.lat] },
  })));
}

export function buttonFeatures(buttons: Buttons): FeatureCollection {
  return collection(buttons.ids.map((id, index) => ({
    type: "Feature", properties: { id }, geometry: { type: "Point", coordinates: [buttons.lon[index] ?? 0, buttons.lat[index] ?? 0] },
  })));
}

/**
 * How far one may look past the city's edge: a square, so that a city of any shape fits whole in a window of any shape,
 * and no larger, so that nobody gets lost.
 */
export function groundAround([west, south, east, north]: City["box"]): [[number, number], [number, number]] {
  const lon = (west + east) / 2, lat = (south + north) / 2;
  const narrow = Math.cos((lat * Math.PI) / 180);
  const half = SQUARE_SIDES * Math.max((east - west) * narrow, north - south) / 2;
  return [[lon - half / narrow, lat - half], [lon + half / narrow, lat + half]];
}

/** Where a name is written: the middle of the first ring's box, good enough for a faint word. */
export function labelPlace(rings: Position[][]): { lon: number; lat: number } {
  let west = 180, south = 90, east = -180, north = -90;
  for (const [lon = 0, lat = 0] of rings[0] ?? []) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  return { lon: (west + east) / 2, lat: (south + north) / 2 };
}
