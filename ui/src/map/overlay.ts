/**
 * What lives on the map: incidents, drones, their trails and words, drawn on one canvas above MapLibre.
 * A move of 240 drones is then a redraw of this canvas alone: no tile is cut again, no glyph server is needed.
 */
import { toneOf, type Tone } from "../board/tone";
import { key, type Drone, type LiveState } from "../live/fold";
import type { DroneRow, Incident, Mission } from "../live/types";
import { etaLeft_s } from "../mission/eta";
import { isAloft } from "../mission/telemetry";
import { BUTTONS_MIN_ZOOM, PLACE_LABELS_MIN_ZOOM, TRAIL_POINTS_MAX } from "../constants";
import { Labels } from "./labels";
import { mercatorX, mercatorY, View, type Camera } from "./mercator";
import { arrow, drawMarks, stamp, type Marks } from "./shapes";
import type { Theme } from "./theme";

export interface PlaceLabel {
  text: string;
  lon: number;
  lat: number;
}

interface PlacedIncident {
  incident: Incident;
  tone: Tone;
  weight: number;
  x: number;
  y: number;
}

const TONE_ORDER: readonly Tone[] = ["resolved", "ours", "attention", "serious", "critical"];
const MARK_HIT_PX = 14;
const MARK_BLOCKED_PX = 9;
const SELECTED_WEIGHT = 9;
const SELECTED_RING_PX = 19;
const BESIDE_PX = 13;
/** More names than this are not read, only in the way. */
const DRONE_LABELS_MAX = 60;

export class Overlay {
  selectedId: string | null = null;
  private readonly context: CanvasRenderingContext2D;
  /** Mercator x, y pairs of each drone's way, oldest first. */
  private readonly trails = new Map<string, number[]>();
  private marks: Marks;
  private ratio = 1;
  private width = 0;
  private height = 0;
  private placed: PlacedIncident[] = [];
  private missionByDrone = new Map<string, Mission>();
  private readonly places: { text: string; x: number; y: number }[];
  /** Mercator places of incidents: a logarithm each for 500 of them at every frame of a drag would be felt. */
  private readonly known = new Map<string, { lon: number; lat: number; x: number; y: number }>();

  constructor(private readonly canvas: HTMLCanvasElement, private theme: Theme, places: readonly PlaceLabel[]) {
    const context = canvas.getContext("2d");
    if (!context) throw new Error("no 2D canvas");
    this.context = context;
    this.marks = drawMarks(theme, 1);
    this.places = places.map(({ text, lon, lat }) => ({ text, x: mercatorX(lon), y: mercatorY(lat) }));
  }

  wear(theme: Theme): void {
    this.theme = theme;
    this.marks = drawMarks(theme, this.ratio);
  }

  resize(width: number, height: number): void {
    this.ratio = Math.min(2, window.devicePixelRatio || 1);
    this.width = width;
    this.height = height;
    this.canvas.width = Math.round(width * this.ratio);
    this.canvas.height = Math.round(height * this.ratio);
    this.marks = drawMarks(this.theme, this.ratio);
  }

  /** Lengthen the trails of the drones that moved; a parked drone has none. */
  takeFleet(fleet: ReadonlyMap<string, Drone>, changed: Iterable<string>): void {
    for (const id of changed) {
      const row = fleet.get(id)?.row;
      if (!row || !isAloft(row)) {
        this.trails.delete(id);
        continue;
      }
      const trail = this.trails.get(id) ?? [];
      trail.push(mercatorX(row[1]), mercatorY(row[2]));
      if (trail.length > TRAIL_POINTS_MAX * 2) trail.splice(0, 2);
      this.trails.set(id, trail);
    }
  }

  takeMissions(missions: ReadonlyMap<string, Mission>): void {
    this.missionByDrone = new Map();
    for (const mission of missions.values()) if (mission.state !== "ended") this.missionByDrone.set(mission.drone_id, mission);
  }

  /** The incident whose mark is nearest to a point of the canvas, if one is under it. */
  incidentAt(x: number, y: number): string | null {
    let best: PlacedIncident | null = null;
    let best_px = MARK_HIT_PX;
    for (const one of this.placed) {
      const px = Math.hypot(one.x - x, one.y - y);
      if (px > best_px) continue;
      best_px = px;
      best = one;
    }
    return best ? key(best.incident.id) : null;
  }

  draw(state: LiveState, camera: Camera, nowMs: number): void {
    const { context } = this;
    const view = new View(camera, this.width, this.height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    context.clearRect(0, 0, this.width, this.height);
    const labels = new Labels(context, this.theme, this.width, this.height);
    if (camera.zoom >= BUTTONS_MIN_ZOOM) this.drawSilent(state, view);
    this.drawTrails(view);
    this.placeIncidents(state, view, nowMs);
    const told = this.drawDrones(state, view, labels, nowMs);
    this.drawIncidents(labels, markScale(camera.zoom));
    this.drawSelected(labels);
    for (const { text, x, y } of told.slice(0, DRONE_LABELS_MAX)) labels.write(text, x, y, 11, "plain");
    if (camera.zoom >= PLACE_LABELS_MIN_ZOOM) this.drawPlaces(view, labels);
  }

  /** A cross on each silent button, from where buttons can be seen at all. */
  private drawSilent(state: LiveState, view: View): void {
    const { context } = this;
    context.beginPath();
    for (const [lon, lat] of state.deaf.places) {
      const x = view.x(mercatorX(lon));
      const y = view.y(mercatorY(lat));
      if (view.isOutside(x, y)) continue;
      context.moveTo(x - 4, y - 4);
      context.lineTo(x + 4, y + 4);
      context.moveTo(x + 4, y - 4);
      context.lineTo(x - 4, y + 4);
    }
    context.strokeStyle = this.theme.deaf;
    context.lineWidth = 2;
    context.stroke();
  }

  private drawTrails(view: View): void {
    const { context } = this;
    context.beginPath();
    for (const points of this.trails.values()) {
      if (view.isOutside(view.x(points.at(-2) ?? 0), view.y(points.at(-1) ?? 0))) continue;
      for (let at = 0; at + 1 < points.length; at += 2) {
        const x = view.x(points[at] ?? 0);
        const y = view.y(points[at + 1] ?? 0);
        if (at === 0) context.moveTo(x, y);
        else context.lineTo(x, y);
      }
    }
    context.globalAlpha = 0.5;
    context.strokeStyle = this.theme.ours;
    context.lineWidth = 1.5;
    context.stroke();
    context.globalAlpha = 1;
  }

  private place(id: string, lon: number, lat: number): { x: number; y: number } {
    const held = this.known.get(id);
    if (held && held.lon === lon && held.lat === lat) return held;
    const made = { lon, lat, x: mercatorX(lon), y: mercatorY(lat) };
    this.known.set(id, made);
    return made;
  }

  private placeIncidents(state: LiveState, view: View, nowMs: number): void {
    if (this.known.size > 2 * state.incidents.size + 100) this.known.clear();
    const placed: PlacedIncident[] = [];
    for (const [id, incident] of state.incidents) {
      if (incident.state === "merged" || !incident.placed) continue;
      const at = this.place(id, incident.lon, incident.lat);
      const x = view.x(at.x);
      const y = view.y(at.y);
      if (view.isOutside(x, y)) continue;
      const tone = toneOf(incident, nowMs);
      placed.push({ incident, tone, x, y, weight: id === this.selectedId ? SELECTED_WEIGHT : TONE_ORDER.indexOf(tone) });
    }
    this.placed = placed.sort((a, b) => a.weight - b.weight);
  }

  private drawIncidents(labels: Labels, scale: number): void {
    for (const { tone, weight, x, y } of this.placed) {
      if (weight === SELECTED_WEIGHT) continue;
      stamp(this.context, this.marks[tone], x, y, scale);
      labels.block(x, y, MARK_BLOCKED_PX * scale);
    }
  }

  /** On top of everything, with its name. */
  private drawSelected(labels: Labels): void {
    const { context } = this;
    const selected = this.placed.at(-1);
    if (selected?.weight !== SELECTED_WEIGHT) return;
    const { incident, tone, x, y } = selected;
    stamp(context, this.marks[tone], x, y, 1.2);
    context.beginPath();
    context.arc(x, y, SELECTED_RING_PX, 0, 2 * Math.PI);
    for (const [width, colour] of [[5, this.theme.ground], [2, this.theme.ink]] as const) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      context.stroke();
    }
    labels.block(x, y, SELECTED_RING_PX);
    labels.write(incident.label, x, y, SELECTED_RING_PX + 5, "strong");
  }

  /** Draws the arrows and returns the words that go with them, written once all marks are there. */
  private drawDrones(state: LiveState, view: View, labels: Labels, nowMs: number): { text: string; x: number; y: number }[] {
    const told: { text: string; x: number; y: number }[] = [];
    for (const [id, { row }] of state.fleet) {
      if (!isAloft(row)) continue;
      const mission = this.missionByDrone.get(id);
      // Above its scene a drone is drawn beside the mark: neither may hide the other.
      const aside = mission?.phase === "on_scene" ? BESIDE_PX : 0;
      const x = view.x(mercatorX(row[1])) + aside;
      const y = view.y(mercatorY(row[2])) - aside;
      if (view.isOutside(x, y)) continue;
      arrow(this.context, x, y, row[4], this.theme.ours, this.theme.ground, row[9] === 1);
      labels.block(x, y, 7);
      if (mission) told.push({ text: droneText(mission, row, nowMs), x, y });
    }
    return told;
  }

  private drawPlaces(view: View, labels: Labels): void {
    for (const place of this.places) {
      const x = view.x(place.x);
      const y = view.y(place.y);
      if (!view.isOutside(x, y)) labels.write(place.text, x, y, 0, "faint");
    }
  }
}

/** Seen from far, marks are smaller: 500 of them must still leave the city visible. */
function markScale(zoom: number): number {
  return Math.max(0.7, Math.min(1, 0.7 + (zoom - 12) * 0.15));
}

function droneText(mission: Mission, row: DroneRow, nowMs: number): string {
  const eta_s = etaLeft_s(mission, row, nowMs);
  return eta_s === null ? mission.drone_id : `${mission.drone_id} · ${Math.round(eta_s)} s`;
}
