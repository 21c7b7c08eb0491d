import { HIDDEN_FLUSH_MS, PENDING_EVENTS_MAX, STALE_AFTER_MS, TAB_PING_MS, WATCHDOG_EVERY_MS } from "../constants";
import type { Status, Urls } from "./connection";
import { applyEvents, emptyState, fromSnapshot, noChanges, type Changes, type LiveState } from "./fold";
import type { ToTab } from "./hub";
import { openLine, type Line } from "./line";
import type { LiveEvent, Snapshot } from "./types";

export type Listener = (state: LiveState, changes: Changes) => void;

/** The live state of a page: events are folded once per animation frame and listeners told what changed. */
export class Live {
  state: LiveState = emptyState();
  status: Status = "connecting";
  private readonly listeners: Listener[] = [];
  private readonly statusListeners: ((status: Status) => void)[] = [];
  private pending: LiveEvent[] = [];
  private isScheduled = false;
  private line: Line | null = null;
  private heardAt = Date.now();
  private offsetMs = 0;

  constructor(private readonly urls: Urls, private readonly workerUrl: string) {}

  /** The server's clock in ms since the epoch, as well as beats let us know it. */
  now(): number {
    return Date.now() + this.offsetMs;
  }

  onChange(listener: Listener): void {
    this.listeners.push(listener);
  }

  onStatus(listener: (status: Status) => void): void {
    this.statusListeners.push(listener);
  }

  /** What the page was rendered with, so that the first picture needs no network. */
  begin(snapshot: Snapshot | null): void {
    if (snapshot) this.takeSnapshot(snapshot);
  }

  connect(): void {
    this.open();
    window.setInterval(() => this.watch(), WATCHDOG_EVERY_MS);
    window.setInterval(() => this.line?.post({ say: "ping" }), TAB_PING_MS);
    window.addEventListener("pagehide", () => {
      this.line?.post({ say: "bye" });
      this.line?.close();
      this.line = null;
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted && !this.line) this.open();
    });
  }

  private open(): void {
    this.line = openLine(this.urls, this.workerUrl, (message) => this.receive(message));
    this.line.post({ say: "hello", urls: this.urls });
  }

  private receive(message: ToTab): void {
    if (message.say === "status") {
      if (message.status === "live") this.heardAt = Date.now();
      this.say(message.status);
      return;
    }
    this.heardAt = Date.now();
    this.say("live");
    if (message.say === "snapshot") {
      this.drop();
      this.takeSnapshot(message.snapshot);
      return;
    }
    this.pending.push(...message.events);
    if (this.pending.length > PENDING_EVENTS_MAX) {
      this.drop();
      this.line?.post({ say: "again" });
      return;
    }
    this.schedule();
  }

  private drop(): void {
    this.pending = [];
  }

  private schedule(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    const run = (): void => {
      cancelAnimationFrame(frame);
      window.clearTimeout(timer);
      this.flush();
    };
    // A hidden page gets no frames, so whichever comes first: a new call must sound in a hidden tab too.
    const frame = requestAnimationFrame(run);
    const timer = window.setTimeout(run, HIDDEN_FLUSH_MS);
  }

  private flush(): void {
    this.isScheduled = false;
    const events = this.pending;
    this.pending = [];
    if (events.length === 0) return;
    const { state, changes } = applyEvents(this.state, events);
    const lastBeat = events.findLast((event) => event.type === "beat");
    if (lastBeat?.type === "beat") this.offsetMs = Date.parse(lastBeat.data.now) - Date.now();
    this.state = state;
    for (const listener of this.listeners) listener(state, changes);
  }

  private takeSnapshot(snapshot: Snapshot): void {
    this.state = fromSnapshot(snapshot);
    this.offsetMs = Date.parse(snapshot.now) - Date.now();
    const changes = noChanges();
    changes.snapshot = changes.deaf = changes.pilots = changes.alarms = changes.proposals = true;
    for (const listener of this.listeners) listener(this.state, changes);
  }

  private say(status: Status): void {
    if (status === this.status) return;
    this.status = status;
    for (const listener of this.statusListeners) listener(status);
  }

  /** The hub watches the stream; the page watches the hub, which a browser may kill. */
  private watch(): void {
    if (this.status !== "live" || Date.now() - this.heardAt <= STALE_AFTER_MS) return;
    this.say("stale");
    this.line?.post({ say: "hello", urls: this.urls });
  }
}
