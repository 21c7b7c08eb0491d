import { TABS_MAX, TAB_SILENT_MS } from "../constants";
import { Connection, type Status, type Urls, type World } from "./connection";
import { applyEvents, emptyState, fromSnapshot, toSnapshot, type LiveState } from "./fold";
import type { LiveEvent, Snapshot } from "./types";

/** What tabs say to the hub and the hub to its tabs. */
export type FromTab = { say: "hello"; urls: Urls } | { say: "ping" } | { say: "bye" } | { say: "again" };
export type ToTab =
  | { say: "snapshot"; snapshot: Snapshot }
  | { say: "events"; events: LiveEvent[] }
  | { say: "status"; status: Status };

interface Tab {
  post(message: ToTab): void;
  heardAt: number;
}

/** One connection shared by every tab of the browser: it keeps the folded state so that a new tab starts at once. */
export class Hub {
  private readonly tabs = new Map<string, Tab>();
  private connection: Connection | null = null;
  private state: LiveState = emptyState();
  private hasState = false;
  private status: Status = "connecting";

  constructor(private readonly world: World) {}

  get tabCount(): number {
    return this.tabs.size;
  }

  receive(tabId: string, message: FromTab, post: (message: ToTab) => void): void {
    if (message.say === "bye") {
      this.tabs.delete(tabId);
      this.stopWhenAlone();
      return;
    }
    if (message.say === "hello") this.admit(tabId, message.urls, post);
    const tab = this.tabs.get(tabId);
    if (!tab) return;
    tab.heardAt = this.world.now();
    if (message.say === "again") this.greet(tab);
  }

  private admit(tabId: string, urls: Urls, post: (message: ToTab) => void): void {
    this.dropSilent();
    const tab: Tab = { post, heardAt: this.world.now() };
    this.tabs.set(tabId, tab);
    if (!this.connection) this.connect(urls);
    // Somebody who has just signed in again opens a page: what was refused to the old session is asked anew.
    else if (this.status === "signed_out") this.connection.refetch();
    this.greet(tab);
  }

  private connect(urls: Urls): void {
    this.status = "connecting";
    this.connection = new Connection(urls, {
      snapshot: (snapshot) => {
        this.state = fromSnapshot(snapshot);
        this.hasState = true;
        this.tell({ say: "snapshot", snapshot });
      },
      events: (events) => {
        this.state = applyEvents(this.state, events).state;
        this.tell({ say: "events", events });
      },
      status: (status) => {
        this.status = status;
        // Whoever opens the next tab may be somebody else: nothing read under the old session is handed on.
        if (status === "signed_out") this.hasState = false;
        this.tell({ say: "status", status });
      },
    }, this.world);
    this.connection.start();
  }

  private greet(tab: Tab): void {
    if (this.hasState) tab.post({ say: "snapshot", snapshot: toSnapshot(this.state) });
    tab.post({ say: "status", status: this.status });
  }

  private tell(message: ToTab): void {
    for (const tab of this.tabs.values()) tab.post(message);
  }

  /** A tab that crashed never says bye: forget the silent ones, and the oldest when there are too many. */
  private dropSilent(): void {
    const now = this.world.now();
    for (const [id, tab] of this.tabs) if (now - tab.heardAt > TAB_SILENT_MS) this.tabs.delete(id);
    while (this.tabs.size >= TABS_MAX) {
      const oldest = [...this.tabs].sort((a, b) => a[1].heardAt - b[1].heardAt)[0];
      if (!oldest) break;
      this.tabs.delete(oldest[0]);
    }
  }

  private stopWhenAlone(): void {
    if (this.tabs.size > 0) return;
    this.connection?.stop();
    this.connection = null;
    this.hasState = false;
    this.state = emptyState();
  }
}
