// Development only: serves the built islands with a mock of the live process, under the same content security policy.
// `npm run build && npm run dev -- --incidents 60 --flying`
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { makeCity } from "./city.mjs";
import { boardPage, fieldPage, panel, pilotPage, pressPage, supervisorPage } from "./pages.mjs";
import { World } from "./world.mjs";

const { values } = parseArgs({ options: {
  port: { type: "string", default: "0" }, incidents: { type: "string", default: "24" }, flying: { type: "boolean", default: false },
  churn: { type: "string", default: "0" }, rate: { type: "string", default: "0.1" },
} });
const here = fileURLToPath(new URL(".", import.meta.url));
const staticRoot = join(here, "../../src/necmergitur/web/static");
const model = makeCity();
const world = new World(model, { incidents: Number(values.incidents), flying: values.flying, churn: Number(values.churn), rate: Number(values.rate) });
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; base-uri 'none'";
const TYPES = { ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png", ".json": "application/json" };
const presses = new Map();
let isDown = false;
let panelsAsked = 0;

const send = (response, status, type, body) => {
  response.writeHead(status, { "Content-Type": type, "Content-Security-Policy": CSP, "Cache-Control": "no-store" });
  response.end(body);
};
const json = (response, body, status = 200) => send(response, status, "application/json", JSON.stringify(body));
const html = (response, body, status = 200) => send(response, status, "text/html; charset=utf-8", body);

async function body(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
}

function events(response, after) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  const write = (type, id, data) => response.write(`event: ${type}\n${id === null ? "" : `id: ${id}\n`}data: ${JSON.stringify(data)}\n\n`);
  for (const row of [...world.incidents.values(), ...world.missions.values()]) {
    if (row.last_seq > after) write("incident_id" in row ? "mission" : "incident", row.last_seq, row);
  }
  world.listeners.add(write);
  response.on("close", () => world.listeners.delete(write));
}

async function post(path, request, response) {
  const text = await body(request);
  const [, proposal] = path.match(/^\/console\/proposals\/([^/]+)\/accept\/$/) ?? [];
  const [, demo] = path.match(/^\/console\/demo\/press\/([^/]+)\/$/) ?? [];
  const [, mission, action] = path.match(/^\/console\/missions\/([^/]+)\/([^/]+)\/$/) ?? [];
  const [, incident, act] = path.match(/^\/console\/incidents\/([^/]+)\/([^/]+)\/$/) ?? [];
  if (path === "/api/v1/presses") {
    const press = JSON.parse(text);
    if (press.kind === "cancel" && press.pin !== "1234") return json(response, { rule: "pin", detail: "wrong" }, 422);
    const name = `${press.device}/${press.boot_id}/${press.seq}`;
    const isDuplicate = presses.has(name);
    if (!isDuplicate) presses.set(name, { at: Date.now(), press });
    if (!isDuplicate && press.kind === "sos") world.openIncident(0);
    return json(response, { lamp: "lit", signal_id: 1, duplicate: isDuplicate, seen: false });
  }
  if (proposal) {
    world.decide(proposal);
    return json(response, { ok: true });
  }
  if (demo) {
    const at = model.buttons.ids.indexOf(demo);
    world.openIncident(0, [model.buttons.lon[at], model.buttons.lat[at]]);
    return json(response, { ok: true });
  }
  if (mission) return action === "land" ? json(response, { rule: "land", detail: "No safe place below.", until: "", what_now: "Return to the dock." }, 409) : json(response, { ok: world.order(mission, action) });
  if (incident) {
    const row = world.incidents.get(incident);
    if (act === "acknowledge") world.touch(row, { rung: "acknowledged", due_at: null, owner_id: "u-1", owner_name: "A. Roy" });
    if (act === "close") world.close(row);
    return html(response, panel(world, incident, panelsAsked));
  }
  if (path === "/field/actions/") return json(response, { ok: true });
  if (path === "/dev/down") isDown = true;
  if (path === "/dev/up") isDown = false;
  if (path === "/dev/offer") world.send(world.drones[5], [...world.incidents.values()][3], "offered");
  if (path === "/dev/alarm") {
    world.alarms = [{ name: "Broker lost", raised_at: new Date().toISOString(), detail: "Posts cannot be heard. Presses wait in the devices." }];
    world.tell("alarms", world.alarms, false);
  }
  return json(response, { ok: true });
}

async function get(path, url, response) {
  if (path.startsWith("/static/")) {
    const file = join(staticRoot, normalize(path.slice("/static/".length)));
    return send(response, 200, TYPES[extname(file)] ?? "application/octet-stream", await readFile(file));
  }
  const theme = url.searchParams.get("theme") ?? "dark";
  const seen = path.match(/^\/api\/v1\/presses\/(.+)$/)?.[1];
  if (seen) return json(response, { lamp: "lit", seen: Date.now() - (presses.get(seen)?.at ?? 0) > 6000 });
  const [, incident] = path.match(/^\/console\/incidents\/([^/]+)\/panel\/$/) ?? [];
  if (incident) return world.incidents.has(incident) ? html(response, panel(world, incident, (panelsAsked += 1))) : html(response, "", 404);
  switch (path) {
    case "/console/": return html(response, boardPage(world, theme, url.searchParams.get("incident")));
    case "/console/pilot/": return html(response, pilotPage(world, theme));
    case "/console/supervisor/": return html(response, supervisorPage(theme));
    case "/press/": return html(response, pressPage(theme));
    case "/field/": return html(response, fieldPage(world, theme));
    case "/press/sw.js": return send(response, 200, "text/javascript", await readFile(join(staticRoot, "build/press-sw.js")));
    case "/field/sw.js": return send(response, 200, "text/javascript", await readFile(join(staticRoot, "build/field-sw.js")));
    case "/field/incidents/i-1.json": return json(response, { incident: world.incidents.get("i-1"), observations: [{ at: new Date().toISOString(), kind: "people_down", text: "One person on the ground" }], way_in: "Courtyard, second door", fetched_at: new Date().toISOString() });
    case "/field/csrf.json": return json(response, { token: "dev" });
    case "/live/state": return json(response, world.state());
    case "/live/events": return events(response, Number(url.searchParams.get("after") ?? 0));
    case "/console/map/city.json": return json(response, model.city);
    case "/console/map/buttons.json": return json(response, model.buttons);
    default: return html(response, "not here", 404);
  }
}

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://localhost");
  if (isDown && !url.pathname.startsWith("/dev/") && !url.pathname.startsWith("/static/")) {
    response.destroy();
    return;
  }
  const answer = request.method === "POST" ? post(url.pathname, request, response) : get(url.pathname, url, response);
  answer?.catch?.((failure) => {
    console.error(failure.message);
    if (!response.headersSent) html(response, String(failure.message), 500);
  });
});
server.listen(Number(values.port), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/console/`));
setInterval(() => { if (isDown) for (const listener of world.listeners) world.listeners.delete(listener); }, 500);
