import {
  BACKOFF_FIRST_MS, BACKOFF_MAX_MS, FETCH_TIMEOUT_MS, REDIAL_AFTER_MS, SIGNED_OUT_RETRY_MS, STALE_AFTER_MS,
  WATCHDOG_EVERY_MS,
} from "../constants";
import { EVENT_NAMES, type EventName, type LiveEvent, type Snapshot } from "./types";

export type Status = "connecting" | "live" | "stale" | "signed_out";

export interface Urls {
  state: string;
  events: string;
}

export interface StateAnswer {
  status: number;
  snapshot: Snapshot | null;
}

/** What the connection needs from the outside world; a test hands in its own. */
export interface World {
  now(): number;
  random(): number;
  fetchState(url: string): Promise<StateAnswer>;
  openEvents(url: string): EventSource;
  setTimeout(run: () => void, ms: number): number;
  clearTimeout(timer: number): void;
}

export interface Listener {
  snapshot(snapshot: Snapshot): void;
  events(events: LiveEvent[]): void;
  status(status: Status): void;
}

/** Wait before attempt number `attempt` (from 0): doubles up to a maximum, half of it random. */
export function backoffMs(attempt: number, random: () => number): number {
  const whole = Math.min(BACKOFF_MAX_MS, BACKOFF_FIRST_MS * 2 ** Math.min(attempt, 16));
  return whole / 2 + random() * (whole / 2);
}

async function fetchState(url: string): Promise<StateAnswer> {
  const answer = await fetch(url, {
    credentials: "same-origin", cache: "no-store", headers: { Accept: "application/json" },
    signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
  });
  const isJson = (answer.headers.get("content-type") ?? "").includes("json");
  // A sign-in page reached by redirect is also "signed out", though its status is 200.
  if (answer.ok && !isJson) return { status: 401, snapshot: null };
  return { status: answer.status, snapshot: answer.ok ? ((await answer.json()) as Snapshot) : null };
}

/** The browser as the connection's world. */
export function browserWorld(): World {
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    fetchState,
    openEvents: (url) => new EventSource(url),
    setTimeout: (run, ms) => setTimeout(run, ms) as unknown as number,
    clearTimeout: (timer) => clearTimeout(timer),
  };
}

/**
 * One snapshot, then the events after it, for ever. Dials again by itself (never leaving it to EventSource, whose
 * retry has no jitter and gives up on an error page), and says when what it shows can no longer be trusted.
 */
export class Connection {
  private source: EventSource | null = null;
  private cursor = 0;
  private hasSnapshot = false;
  private attempt = 0;
  private heardAt = 0;
  private status: Status = "connecting";
  private redialTimer: number | null = null;
  private watchdogTimer: number | null = null;
  private isStopped = false;
  /** Each dialling has a number; answers to an older one are ignored. */
  private generation = 0;

  constructor(private readonly urls: Urls, private readonly listener: Listener, private readonly world: World) {}

  start(): void {
    this.heardAt = this.world.now();
    this.dial();
    this.watch();
  }

  stop(): void {
    this.isStopped = true;
    this.hangUp();
    for (const timer of [this.redialTimer, this.watchdogTimer]) if (timer !== null) this.world.clearTimeout(timer);
  }

  /** Forget what was read and start from a fresh snapshot. */
  refetch(): void {
    this.hasSnapshot = false;
    this.hangUp();
    this.dial();
  }

  private say(status: Status): void {
    if (status === this.status) return;
    this.status = status;
    this.listener.status(status);
  }

  private hangUp(): void {
    this.generation += 1;
    this.source?.close();
    this.source = null;
  }

  private redial(afterMs?: number): void {
    if (this.isStopped) return;
    this.hangUp();
    if (this.redialTimer !== null) this.world.clearTimeout(this.redialTimer);
    const waitMs = afterMs ?? backoffMs(this.attempt, this.world.random);
    this.attempt += 1;
    this.redialTimer = this.world.setTimeout(() => this.dial(), waitMs);
  }

  private dial(): void {
    if (this.isStopped) return;
    if (this.redialTimer !== null) this.world.clearTimeout(this.redialTimer);
    this.redialTimer = null;
    if (this.hasSnapshot) this.follow(this.generation);
    else void this.fetchThenFollow(this.generation);
  }

  private async fetchThenFollow(generation: number): Promise<void> {
    const answer = await this.world.fetchState(this.urls.state).catch(() => null);
    if (generation !== this.generation || this.isStopped) return;
    if (answer?.status === 401 || answer?.status === 403) {
      this.say("signed_out");
      this.redial(SIGNED_OUT_RETRY_MS);
      return;
    }
    if (!answer?.snapshot) {
      this.redial();
      return;
    }
    this.hasSnapshot = true;
    this.cursor = answer.snapshot.seq;
    this.heard();
    this.listener.snapshot(answer.snapshot);
    this.follow(generation);
  }

  private follow(generation: number): void {
    const joint = this.urls.events.includes("?") ? "&" : "?";
    const source = this.world.openEvents(`${this.urls.events}${joint}after=${this.cursor}`);
    this.source = source;
    source.onerror = () => {
      if (generation !== this.generation) return;
      // The browser hides why; a refused stream is told apart by asking for the state again.
      if (source.readyState === 2 /* CLOSED */) this.hasSnapshot = false;
      this.redial();
    };
    for (const name of EVENT_NAMES) {
      source.addEventListener(name, (message) => {
        if (generation === this.generation) this.receive(name, message as MessageEvent<string>);
      });
    }
  }

  private receive(name: EventName, message: MessageEvent<string>): void {
    this.heard();
    if (name === "reset") {
      this.refetch();
      return;
    }
    // Only these carry a place in the ledger; a beat repeats the browser's last id without being one.
    const isNumbered = name === "incident" || name === "mission";
    const id = isNumbered && message.lastEventId !== "" ? Number(message.lastEventId) : null;
    if (id !== null && id > this.cursor) this.cursor = id;
    // An event that arrives is the proof that the line is good: only then is the next wait short again.
    this.attempt = 0;
    this.listener.events([{ type: name, id, data: JSON.parse(message.data) } as LiveEvent]);
  }

  private heard(): void {
    this.heardAt = this.world.now();
    this.say("live");
  }

  private watch(): void {
    if (this.isStopped) return;
    const silentMs = this.world.now() - this.heardAt;
    if (silentMs > STALE_AFTER_MS && this.status === "live") this.say("stale");
    if (silentMs > REDIAL_AFTER_MS && this.source) {
      this.heardAt = this.world.now() - STALE_AFTER_MS - 1;
      this.redial();
    }
    this.watchdogTimer = this.world.setTimeout(() => this.watch(), WATCHDOG_EVERY_MS);
  }
}
