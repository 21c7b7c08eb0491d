import { describe, expect, it } from "vitest";
import { Connection, backoffMs, type StateAnswer, type Status, type World } from "../src/live/connection";
import { Hub, type ToTab } from "../src/live/hub";
import type { LiveEvent, Snapshot } from "../src/live/types";
import { anIncident, aSnapshot } from "./samples";

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

class FakeSource {
  readyState = 1;
  onerror: (() => void) | null = null;
  isClosed = false;
  private readonly listeners = new Map<string, (message: unknown) => void>();
  constructor(readonly url: string) {}
  addEventListener(name: string, run: (message: unknown) => void): void {
    this.listeners.set(name, run);
  }
  close(): void {
    this.isClosed = true;
  }
  emit(name: string, data: unknown, id = ""): void {
    this.listeners.get(name)?.({ data: JSON.stringify(data), lastEventId: id });
  }
  fail(readyState: number): void {
    this.readyState = readyState;
    this.onerror?.();
  }
}

class FakeWorld implements World {
  clock_ms = 0;
  sources: FakeSource[] = [];
  stateAsked = 0;
  answer: StateAnswer = { status: 200, snapshot: aSnapshot() };
  private timers: { id: number; at_ms: number; run: () => void }[] = [];
  private nextTimer = 1;
  now = (): number => this.clock_ms;
  random = (): number => 0.5;
  fetchState = (): Promise<StateAnswer> => {
    this.stateAsked += 1;
    return Promise.resolve(this.answer);
  };
  openEvents = (url: string): EventSource => {
    const source = new FakeSource(url);
    this.sources.push(source);
    return source as unknown as EventSource;
  };
  setTimeout = (run: () => void, ms: number): number => {
    this.timers.push({ id: this.nextTimer, at_ms: this.clock_ms + ms, run });
    return this.nextTimer++;
  };
  clearTimeout = (id: number): void => {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  };
  get source(): FakeSource {
    return this.sources.at(-1) as FakeSource;
  }
  async pass(ms: number): Promise<void> {
    const until = this.clock_ms + ms;
    await settled();
    for (;;) {
      const next = this.timers.filter((timer) => timer.at_ms <= until).sort((a, b) => a.at_ms - b.at_ms)[0];
      if (!next) break;
      this.clock_ms = next.at_ms;
      this.timers = this.timers.filter((timer) => timer !== next);
      next.run();
      await settled();
    }
    this.clock_ms = until;
  }
}

async function opened(): Promise<{ world: FakeWorld; said: Status[]; events: LiveEvent[]; snapshots: Snapshot[]; connection: Connection }> {
  const world = new FakeWorld();
  const said: Status[] = [];
  const events: LiveEvent[] = [];
  const snapshots: Snapshot[] = [];
  const connection = new Connection({ state: "/live/state", events: "/live/events" }, {
    snapshot: (snapshot) => snapshots.push(snapshot), events: (some) => events.push(...some), status: (status) => said.push(status),
  }, world);
  connection.start();
  await world.pass(1);
  return { world, said, events, snapshots, connection };
}

const beat = { now: "2026-11-22T20:00:01Z", seq: 999 };

describe("connection", () => {
  it("asks for the state, then for the events after it", async () => {
    const { world, snapshots } = await opened();
    expect(snapshots.length).toBe(1);
    expect(world.source.url).toBe("/live/events?after=10");
  });

  it("says stale after three seconds without a beat, and live at the next one", async () => {
    const { world, said } = await opened();
    world.source.emit("beat", beat);
    await world.pass(2_900);
    expect(said).toEqual(["live"]);
    await world.pass(1_000);
    expect(said).toEqual(["live", "stale"]);
    world.source.emit("beat", beat);
    expect(said).toEqual(["live", "stale", "live"]);
  });

  it("resumes after the last row it received, never after what a beat announced", async () => {
    const { world } = await opened();
    world.source.emit("incident", anIncident(), "42");
    world.source.emit("beat", beat, "42");
    world.source.fail(0);
    await world.pass(1_000);
    expect(world.source.url).toBe("/live/events?after=42");
    expect(world.stateAsked).toBe(1);
  });

  it("asks for the whole state again after a reset, and ignores what the old stream still says", async () => {
    const { world, events } = await opened();
    const old = world.source;
    old.emit("reset", {});
    await world.pass(1);
    old.emit("incident", anIncident(), "43");
    expect(world.stateAsked).toBe(2);
    expect(events).toEqual([]);
    expect(old.isClosed).toBe(true);
  });

  it("takes down a line that is silent though open", async () => {
    const { world } = await opened();
    await world.pass(9_000);
    expect(world.sources.length).toBe(2);
    expect(world.sources[0]?.isClosed).toBe(true);
  });

  it("says signed out on 401 and on a sign-in page, and dials rarely", async () => {
    const { world, said } = await opened();
    world.answer = { status: 401, snapshot: null };
    world.source.fail(2);
    await world.pass(1_000);
    expect(said.at(-1)).toBe("signed_out");
    const asked = world.stateAsked;
    await world.pass(20_000);
    expect(world.stateAsked).toBe(asked);
  });

  it("waits longer each time, never more than its maximum, never the same for everybody", () => {
    const waits = [0, 1, 2, 3, 10, 1000].map((attempt) => backoffMs(attempt, () => 1));
    expect(waits).toEqual([400, 800, 1600, 3200, 10_000, 10_000]);
    expect(backoffMs(3, () => 0)).toBe(1600);
  });
});

describe("hub", () => {
  it("opens one stream for many tabs and gives a late one the folded state", async () => {
    const world = new FakeWorld();
    const hub = new Hub(world);
    const urls = { state: "/live/state", events: "/live/events" };
    hub.receive("a", { say: "hello", urls }, () => undefined);
    await world.pass(1);
    world.source.emit("incident", anIncident({ id: "i-7" }), "11");
    const heard: ToTab[] = [];
    hub.receive("b", { say: "hello", urls }, (message) => heard.push(message));
    expect(world.sources.length).toBe(1);
    const first = heard[0];
    expect(first?.say === "snapshot" ? first.snapshot.incidents.map((one) => one.id) : null).toEqual(["i-7"]);
  });

  it("closes the stream when the last tab leaves and forgets what it knew", async () => {
    const world = new FakeWorld();
    const hub = new Hub(world);
    hub.receive("a", { say: "hello", urls: { state: "s", events: "e" } }, () => undefined);
    await world.pass(1);
    hub.receive("a", { say: "bye" }, () => undefined);
    expect(world.source.isClosed).toBe(true);
    expect(hub.tabCount).toBe(0);
  });

  it("hands nothing on to a new tab once the session is over", async () => {
    const world = new FakeWorld();
    const hub = new Hub(world);
    const urls = { state: "s", events: "e" };
    hub.receive("a", { say: "hello", urls }, () => undefined);
    await world.pass(1);
    world.answer = { status: 403, snapshot: null };
    world.source.fail(2);
    await world.pass(1_000);
    const heard: ToTab[] = [];
    hub.receive("b", { say: "hello", urls }, (message) => heard.push(message));
    expect(heard).toEqual([{ say: "status", status: "signed_out" }]);
  });

  it("never keeps more tabs than its bound", () => {
    const hub = new Hub(new FakeWorld());
    for (let tab = 0; tab < 100; tab += 1) hub.receive(`t${tab}`, { say: "hello", urls: { state: "s", events: "e" } }, () => undefined);
    expect(hub.tabCount).toBe(32);
  });
});
