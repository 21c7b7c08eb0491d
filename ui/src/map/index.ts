/** The map: MapLibre for the ground, an overlay canvas for what lives. Loaded after the queue has been painted. */
import { Map as MapLibre, setWorkerUrl, type GeoJSONSource } from "maplibre-gl";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?url";
import { BUTTONS_MIN_ZOOM } from "../constants";
import type { Page } from "../console/page";
import { h, setText } from "../dom";
import { placeText } from "../place";
import { emptyState, type Changes, type LiveState } from "../live/fold";
import type { Incident } from "../live/types";
import { t } from "../words";
import { buttonFeatures, fetchJson, groundAround, labelPlace, type Buttons, type City } from "./city";
import { PressOffer } from "./demo";
import { Overlay } from "./overlay";
import { buildStyle, deafFilter, putHatch, repaint } from "./style";
import { onThemeChange, readTheme, type Theme } from "./theme";

const FIT_PADDING_PX = 24;
const FOCUS_ZOOM = 15.5;
const BUTTON_HIT_PX = 7;
const KEY_HIT_PX = 300;

export class CityMap {
  private state: LiveState = emptyState();
  private nowMs = Date.now();
  private selected: Incident | null = null;
  private hasButtons = false;
  private isOverButton = false;
  private readonly offer: PressOffer;

  constructor(
    private readonly host: HTMLElement,
    private readonly map: MapLibre,
    private readonly overlay: Overlay,
    private readonly city: City,
    private readonly page: Page,
    private readonly choose: (id: string) => void,
  ) {
    this.offer = new PressOffer(host, page);
    map.on("render", () => this.draw());
    map.on("resize", () => this.resized());
    map.on("zoomend", () => void this.wantButtons());
    map.on("movestart", () => this.offer.close());
    map.on("click", (event) => this.clicked(event.point.x, event.point.y));
    // The arrows move the map and + and - its scale: Enter takes what lies in its middle.
    host.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.target !== map.getCanvas()) return;
      event.preventDefault(); // or the same Enter presses the button of what opens
      if (!event.repeat) this.clicked(host.clientWidth / 2, host.clientHeight / 2, KEY_HIT_PX);
    });
    this.point();
    this.readout();
    onThemeChange(() => this.wear(readTheme(host)));
    this.resized();
  }

  begin(state: LiveState, nowMs: number): void {
    this.state = state;
    this.nowMs = nowMs;
    this.overlay.takeFleet(state.fleet, state.fleet.keys());
    this.overlay.takeMissions(state.missions);
    this.drawDeaf();
    this.draw();
  }

  changed(state: LiveState, changes: Changes, nowMs: number): void {
    this.state = state;
    this.nowMs = nowMs;
    const isAll = changes.snapshot;
    if (isAll || changes.drones.size > 0) this.overlay.takeFleet(state.fleet, isAll ? state.fleet.keys() : changes.drones);
    if (isAll || changes.missions.size > 0) this.overlay.takeMissions(state.missions);
    if (changes.deaf) this.drawDeaf();
    if (isAll || changes.incidents.size > 0 || changes.missions.size > 0 || changes.drones.size > 0) this.draw();
  }

  /** Once a second: a deadline that passes changes a shape, drawn with the next move of the fleet. */
  tick(nowMs: number): void {
    if (nowMs - this.nowMs > 1_500) {
      this.nowMs = nowMs;
      this.draw();
    }
  }

  select(id: string, incident: Incident | null): void {
    this.overlay.selectedId = id;
    this.selected = incident;
    // Centred at once: nothing moves on this screen but drones and deadlines.
    if (incident?.placed) this.map.jumpTo({ center: [incident.lon, incident.lat] });
    this.draw();
  }

  focusSelected(): void {
    const incident = this.selected;
    if (incident?.placed) this.map.jumpTo({ center: [incident.lon, incident.lat], zoom: Math.max(FOCUS_ZOOM, this.map.getZoom()) });
    else this.fit();
  }

  fit(): void {
    const [west, south, east, north] = this.city.box;
    this.map.fitBounds([[west, south], [east, north]], { padding: FIT_PADDING_PX, duration: 0 });
  }

  private draw(): void {
    const centre = this.map.getCenter();
    this.overlay.draw(this.state, { lon: centre.lng, lat: centre.lat, zoom: this.map.getZoom() }, this.nowMs);
  }

  private resized(): void {
    const { clientWidth, clientHeight } = this.map.getContainer();
    this.overlay.resize(clientWidth, clientHeight);
    this.draw();
  }

  private wear(theme: Theme): void {
    this.overlay.wear(theme);
    repaint(this.map, theme);
    this.draw();
  }

  private drawDeaf(): void {
    this.map.setFilter("deaf", deafFilter(this.state.deaf.zones.map(([id]) => id)));
  }

  /** 20,000 buttons are fetched the first time somebody looks closely enough to see them. */
  private async wantButtons(): Promise<void> {
    if (this.hasButtons || this.map.getZoom() < BUTTONS_MIN_ZOOM) return;
    this.hasButtons = true;
    try {
      const buttons = await fetchJson<Buttons>(this.page.root.dataset["buttonsUrl"] ?? "/console/map/buttons.json");
      void this.map.getSource<GeoJSONSource>("buttons")?.setData(buttonFeatures(buttons));
    } catch {
      this.hasButtons = false;
    }
  }

  private clicked(x: number, y: number, reach = BUTTON_HIT_PX): void {
    this.offer.close();
    const incidentId = this.overlay.incidentAt(x, y);
    if (incidentId !== null) {
      this.choose(incidentId);
      return;
    }
    const id = this.page.isDemo && this.map.getZoom() >= BUTTONS_MIN_ZOOM ? this.nearestButton(x, y, reach) : null;
    if (id !== null) this.offer.open(id, x, y);
  }

  private nearestButton(x: number, y: number, reach: number): string | null {
    const around = this.map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: ["buttons"] });
    const placed = around.flatMap(({ geometry, properties }) => {
      const id: unknown = properties["id"];
      if (geometry.type !== "Point" || typeof id !== "string") return [];
      const at = this.map.project([geometry.coordinates[0] ?? 0, geometry.coordinates[1] ?? 0]);
      return [{ id, far: Math.hypot(at.x - x, at.y - y) }];
    });
    return placed.sort((one, other) => one.far - other.far)[0]?.id ?? null;
  }

  /** A hand over whatever a click would take. */
  private point(): void {
    if (this.page.isDemo) {
      this.map.on("mouseenter", "buttons", () => { this.isOverButton = true; });
      this.map.on("mouseleave", "buttons", () => { this.isOverButton = false; });
    }
    this.map.on("mousemove", ({ point }) => {
      this.map.getCanvas().style.cursor = this.isOverButton || this.overlay.incidentAt(point.x, point.y) !== null ? "pointer" : "";
    });
  }

  private readout(): void {
    const place = h("output", { class: "map__place num", "aria-hidden": "true" });
    const hint = this.page.isDemo ? h("p", { class: "map__hint" }, t("demo.hint")) : null;
    this.host.append(place, h("button", { class: "button map__fit", type: "button", onclick: () => this.fit() }, t("map.fit")));
    if (hint) this.host.append(hint);
    this.map.on("mousemove", (event) => setText(place, placeText(event.lngLat.lng, event.lngLat.lat)));
    this.map.on("zoom", () => {
      if (hint) hint.hidden = this.map.getZoom() >= BUTTONS_MIN_ZOOM;
    });
  }
}

function styled(map: MapLibre): Promise<void> {
  return new Promise((resolve) => {
    if (map.isStyleLoaded()) resolve();
    else map.once("style.load", () => resolve());
  });
}

/** Open the map in `host`. Throws when the browser has no WebGL or the city cannot be fetched. */
export async function openMap(host: HTMLElement, page: Page, choose: (id: string) => void): Promise<CityMap> {
  const city = await fetchJson<City>(page.root.dataset["cityUrl"] ?? "/console/map/city.json");
  const theme = readTheme(host);
  setWorkerUrl(new URL(workerUrl, import.meta.url).href);
  const ground = h("div", { class: "map__ground" });
  const canvas = h("canvas", { class: "map__overlay", "aria-hidden": "true" });
  host.replaceChildren(ground, canvas);
  const [west, south, east, north] = city.box;
  const map = new MapLibre({
    container: ground, style: buildStyle(city, theme), bounds: [[west, south], [east, north]],
    fitBoundsOptions: { padding: FIT_PADDING_PX }, attributionControl: false, dragRotate: false, pitchWithRotate: false,
    maxPitch: 0, touchPitch: false, renderWorldCopies: false, fadeDuration: 0, maxZoom: 19,
    maxBounds: groundAround(city.box),
    locale: { "Map.Title": t("map.label") },
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  const overlay = new Overlay(canvas, theme, city.quarters.map((quarter) => ({ text: quarter.name, ...labelPlace(quarter.rings) })));
  await styled(map);
  putHatch(map, theme);
  return new CityMap(host, map, overlay, city, page, choose);
}
