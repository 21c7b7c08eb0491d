// A living city for looking at the islands: incidents open, drones fly, deadlines pass. Not a simulator of anything.
import { random } from "./city.mjs";

const KINDS = ["sos", "sos", "sos", "medical", "fire", "violence", "possible_press"];
const NAMES = ["A. Roy", "L. Martin", "S. Diallo", "C. Nguyen"];

export class World {
  constructor({ city }, options) {
    this.city = city;
    this.options = options;
    this.next = random(11);
    this.seq = 1;
    this.incidents = new Map();
    this.missions = new Map();
    this.proposals = new Map();
    this.listeners = new Set();
    this.drones = city.docks.map((dock) => ({ id: dock.drone_id, dock, lon: dock.lon, lat: dock.lat, altitude: 0, heading: 0, speed: 0, battery: 95, phase: "dock", linked: 1 }));
    this.alarms = [];
    for (let index = 0; index < options.incidents; index += 1) this.openIncident(index * -400);
    if (options.flying) for (const drone of this.drones) this.send(drone, this.any([...this.incidents.values()]));
    this.propose();
    for (let index = 0; index < 6; index += 1) this.close(this.any([...this.incidents.values()]));
    setInterval(() => this.tick(), 1000);
  }

  any(list) {
    return list[Math.floor(this.next() * list.length)];
  }

  tell(type, data, numbered = true) {
    const id = numbered ? (this.seq += 1) : null;
    if (numbered && data.last_seq !== undefined) data.last_seq = id;
    for (const listener of this.listeners) listener(type, id, structuredClone(data));
  }

  openIncident(offset_ms = 0, at = null) {
    const zone = this.any(this.city.zones);
    const street = this.any(this.city.streets);
    const number = this.incidents.size + 1;
    const opened = Date.now() + offset_ms;
    const kind = this.any(KINDS);
    const stage = offset_ms === 0 ? 0 : this.next();
    const rung = stage < 0.15 ? "received" : stage < 0.25 ? "seen" : stage < 0.6 ? "acknowledged" : "acting";
    const isWaiting = rung === "received" || rung === "seen";
    const incident = {
      id: `i-${number}`, number: `2026-${String(1100 + number)}`, state: "open", rung, kind, test: false, exercise: false,
      duress: this.next() < 0.01, cancelled: this.next() < 0.02, lon: at?.[0] ?? street[0][0], lat: at?.[1] ?? street[0][1], accuracy_m: 8, zone_id: zone.id,
      label: zone.label, opened_at: new Date(opened).toISOString(), last_signal_at: new Date(opened).toISOString(),
      signal_count: 1 + Math.floor(this.next() ** 4 * 6), escalation: isWaiting && this.next() < 0.1 ? 1 : 0,
      due_at: isWaiting ? new Date(Date.now() + 3000 + this.next() * 40000).toISOString() : null,
      owner_id: isWaiting ? null : "u-1", owner_name: isWaiting ? null : this.any(NAMES), drone: isWaiting ? "searching" : "none", drone_reason: null,
      outcome: null, closed_at: null, merged_into: null, version: 1, last_seq: 0,
    };
    this.incidents.set(incident.id, incident);
    this.tell("incident", incident);
    return incident;
  }

  touch(incident, change) {
    Object.assign(incident, change, { version: incident.version + 1 });
    this.tell("incident", incident);
  }

  close(incident) {
    if (incident) this.touch(incident, { state: "closed", due_at: null, drone: "done", outcome: "helped", closed_at: new Date().toISOString() });
  }

  propose() {
    const [a, b] = [...this.incidents.values()];
    if (!a || !b) return;
    const proposal = { id: "p-1", incident_id: a.id, other_id: b.id, score: 0.71, reason: "48 m apart, 12 s, both SOS", proposed_at: new Date().toISOString(), state: "open" };
    this.proposals.set(proposal.id, proposal);
    this.tell("proposal", proposal);
  }

  decide(id) {
    const proposal = this.proposals.get(id);
    if (!proposal) return;
    this.proposals.delete(id);
    this.tell("proposal", { ...proposal, state: "accepted" });
  }

  send(drone, incident, state = "flying") {
    if (!drone || !incident) return null;
    const now = Date.now();
    const mission = {
      id: `m-${this.missions.size + 1}`, incident_id: incident.id, drone_id: drone.id, pilot_id: "u-1", pilot_name: "A. Roy", state, phase: state === "offered" ? "offered" : "transit",
      lon: incident.lon, lat: incident.lat, eta_s: 38, why: `${drone.id}: ETA 38 s, next best 51 s`, offered_at: new Date(now).toISOString(),
      offer_expires_at: new Date(now + 10000).toISOString(), accepted_at: state === "offered" ? null : new Date(now).toISOString(), airborne_at: null, on_scene_at: null, ended_at: null,
      end_reason: null, order_name: null, version: 1, last_seq: 0,
    };
    this.missions.set(mission.id, mission);
    if (state !== "offered") Object.assign(drone, { target: incident, phase: "transit", mission });
    this.touch(incident, { drone: state === "offered" ? "offered" : "flying" });
    this.tell("mission", mission);
    return mission;
  }

  order(id, action) {
    const mission = this.missions.get(id);
    if (!mission) return false;
    const drone = this.drones.find((one) => one.id === mission.drone_id);
    if (action === "accept") {
      Object.assign(mission, { state: "flying", phase: "transit", accepted_at: new Date().toISOString() });
      Object.assign(drone, { target: this.incidents.get(mission.incident_id), phase: "transit", mission });
    } else if (action === "decline") Object.assign(mission, { state: "ended", phase: "ended", ended_at: new Date().toISOString() });
    else mission.order_name = action;
    mission.version += 1;
    this.tell("mission", mission);
    return true;
  }

  move(drone) {
    if (!drone.target) return false;
    const k = Math.cos((drone.lat * Math.PI) / 180);
    const dx = (drone.target.lon - drone.lon) * k * 111320, dy = (drone.target.lat - drone.lat) * 110540;
    const far = Math.hypot(dx, dy);
    drone.heading = (Math.atan2(dx, dy) * 180) / Math.PI;
    drone.altitude = Math.min(60, drone.altitude + 5);
    drone.battery = Math.max(20, drone.battery - 0.05);
    const step = Math.min(15, far);
    drone.speed = step;
    if (far > 1) {
      drone.lon += ((dx / far) * step) / k / 111320;
      drone.lat += ((dy / far) * step) / 110540;
    }
    const { mission } = drone;
    if (far < 20 && mission?.phase === "transit") {
      Object.assign(mission, { phase: "on_scene", eta_s: null, on_scene_at: new Date().toISOString(), version: mission.version + 1 });
      this.touch(drone.target, { drone: "on_scene" });
      this.tell("mission", mission);
    } else if (mission && mission.phase === "transit" && Math.round(far / 15) % 5 === 0) {
      mission.eta_s = far / 15;
      mission.version += 1;
      this.tell("mission", mission);
    }
    if (this.options.flying && far < 20) drone.target = this.any([...this.incidents.values()]);
    return true;
  }

  row(drone) {
    const round = (value, by) => Math.round(value * by) / by;
    return [drone.id, round(drone.lon, 1e6), round(drone.lat, 1e6), round(drone.altitude, 10), round(drone.heading, 10), round(drone.speed, 10), round(drone.battery, 10), drone.phase, 97, drone.linked];
  }

  tick() {
    const moved = this.drones.filter((drone) => this.move(drone));
    this.tell("fleet", { t: Date.now(), d: moved.map((drone) => this.row(drone)) }, false);
    for (const incident of this.incidents.values()) {
      if (incident.state !== "open" || !incident.due_at || Date.parse(incident.due_at) > Date.now() - 4000) continue;
      this.touch(incident, { escalation: Math.min(3, incident.escalation + 1), due_at: new Date(Date.now() + 30000).toISOString() });
    }
    if (this.next() < this.options.rate) this.openIncident();
    if (this.options.churn) for (let n = 0; n < this.options.churn; n += 1) this.touch(this.any([...this.incidents.values()]), { signal_count: 1 + Math.floor(this.next() * 9) });
    this.tell("beat", { now: new Date().toISOString(), seq: this.seq }, false);
  }

  state() {
    const zones = this.city.zones.slice(40, 43).map((zone) => [zone.id, 12, 80]);
    return {
      seq: this.seq, now: new Date().toISOString(), city: { name: this.city.name }, incidents: [...this.incidents.values()], missions: [...this.missions.values()],
      proposals: [...this.proposals.values()], fleet: { t: Date.now(), d: this.drones.map((drone) => this.row(drone)) },
      deaf: { devices: zones.length * 12, zones, places: [] }, pilots: { on_shift: 12, free: 9 }, alarms: this.alarms,
    };
  }
}
