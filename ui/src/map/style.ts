/** The ground of the map: greys only, so that an incident is the one saturated thing. */
import type { FeatureCollection } from "geojson";
import type { LayerSpecification, Map as MapLibre, StyleSpecification } from "maplibre-gl";
import { BUTTONS_MIN_ZOOM } from "../constants";
import { dockFeatures, outlineFeatures, quarterFeatures, streetFeatures, zoneFeatures, type City } from "./city";
import type { Theme } from "./theme";

const HATCH_PX = 8;
const NONE: FeatureCollection = { type: "FeatureCollection", features: [] };

/** Everything a theme decides, by layer: the layers themselves never change. */
function paints(theme: Theme): Record<string, Record<string, unknown>> {
  return {
    ground: { "background-color": theme.ground },
    city: { "fill-color": theme.city },
    deaf: { "fill-pattern": "hatch" },
    streets: { "line-color": theme.street, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 11, 0.5, 14, 1.4, 18, 9] },
    zones: { "line-color": theme.line, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.6, 16, 1.4] },
    quarters: { "line-color": theme.quarter, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.8, 16, 2] },
    docks: {
      "circle-color": theme.city, "circle-stroke-color": theme.dock,
      "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 11, 0.75, 15, 1.5],
      "circle-radius": ["interpolate", ["linear"], ["zoom"], 11, 1.25, 15, 4],
    },
    buttons: {
      "circle-color": theme.button, "circle-radius": ["interpolate", ["linear"], ["zoom"], 13.5, 1.25, 17, 4.5],
      "circle-stroke-color": theme.city, "circle-stroke-width": ["interpolate", ["linear"], ["zoom"], 13.5, 0, 17, 1],
    },
  };
}

export function buildStyle(city: City, theme: Theme): StyleSpecification {
  const paint = paints(theme);
  const layer = (id: string, type: string, source: string, extra: object = {}): LayerSpecification =>
    ({ id, type, source, paint: paint[id] ?? {}, ...extra }) as LayerSpecification;
  return {
    version: 8,
    sources: {
      outline: { type: "geojson", data: outlineFeatures(city), tolerance: 0.5, maxzoom: 14 },
      streets: { type: "geojson", data: streetFeatures(city), tolerance: 0.5, maxzoom: 14 },
      zones: { type: "geojson", data: zoneFeatures(city), tolerance: 0.5, maxzoom: 14 },
      quarters: { type: "geojson", data: quarterFeatures(city), tolerance: 0.5, maxzoom: 14 },
      docks: { type: "geojson", data: dockFeatures(city), maxzoom: 12 },
      buttons: { type: "geojson", data: NONE, maxzoom: 14 },
    },
    layers: [
      { id: "ground", type: "background", paint: paint["ground"] ?? {} },
      layer("city", "fill", "outline"),
      layer("deaf", "fill", "zones", { filter: deafFilter([]) }),
      layer("streets", "line", "streets", { layout: { "line-cap": "round", "line-join": "round" } }),
      layer("zones", "line", "zones"),
      layer("quarters", "line", "quarters"),
      layer("docks", "circle", "docks"),
      layer("buttons", "circle", "buttons", { minzoom: BUTTONS_MIN_ZOOM }),
    ],
  };
}

export function deafFilter(zoneIds: readonly string[]): ["in", ["get", "id"], ["literal", string[]]] {
  return ["in", ["get", "id"], ["literal", [...zoneIds]]];
}

/** Diagonal strokes: a deaf area must be read without its colour. */
function hatch(theme: Theme): ImageData | null {
  const side = HATCH_PX * 2;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  if (!context) return null;
  context.strokeStyle = theme.deaf;
  context.globalAlpha = 0.85;
  context.lineWidth = 3;
  for (const offset of [-side, 0, side]) {
    context.beginPath();
    context.moveTo(offset, side);
    context.lineTo(offset + side, 0);
    context.stroke();
  }
  return context.getImageData(0, 0, side, side);
}

export function putHatch(map: MapLibre, theme: Theme): void {
  const image = hatch(theme);
  if (!image) return;
  if (map.hasImage("hatch")) map.removeImage("hatch");
  map.addImage("hatch", image, { pixelRatio: 2 });
}

export function repaint(map: MapLibre, theme: Theme): void {
  putHatch(map, theme);
  for (const [layer, properties] of Object.entries(paints(theme))) {
    for (const [name, value] of Object.entries(properties)) map.setPaintProperty(layer, name as never, value as never);
  }
}
