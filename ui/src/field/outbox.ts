/** Actions waiting for a network, in IndexedDB, oldest first. Each keeps its key, so sending twice does it once. */
import { FETCH_TIMEOUT_MS, OUTBOX_MAX } from "../constants";

export type FieldAction = "acknowledge" | "arrive" | "need_help";

export interface Entry {
  /** Idempotency key. */
  key: string;
  /** Who did it: a shared phone sends it as nobody else. */
  user: string;
  user_name: string;
  incident_id: string;
  action: FieldAction;
  text: string;
  /** When the responder did it, ISO 8601; the order of sending. */
  at: string;
}

export interface Store {
  all(): Promise<Entry[]>;
  put(entry: Entry): Promise<void>;
  remove(key: string): Promise<void>;
}

const DATABASE = "nec-field";
const TABLE = "outbox";

function asked<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("storage failed"));
  });
}

function byTime(a: Entry, b: Entry): number {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  return a.key < b.key ? -1 : 1;
}

/** Opens the browser's store; throws where it is forbidden (some private windows). */
export async function openStore(): Promise<Store> {
  const opening = indexedDB.open(DATABASE, 2);
  opening.onupgradeneeded = () => {
    // An entry of the first version says not whose it is, so nobody may send it.
    if (opening.result.objectStoreNames.contains(TABLE)) opening.result.deleteObjectStore(TABLE);
    opening.result.createObjectStore(TABLE, { keyPath: "key" });
  };
  const database = await asked(opening);
  const table = (mode: IDBTransactionMode): IDBObjectStore => database.transaction(TABLE, mode).objectStore(TABLE);
  return {
    all: async () => ((await asked(table("readonly").getAll())) as Entry[]).sort(byTime),
    put: async (entry) => { await asked(table("readwrite").put(entry)); },
    remove: async (key) => { await asked(table("readwrite").delete(key)); },
  };
}

/** Where nothing can be stored: this page's memory, which the page then says. */
export function memoryStore(): Store {
  const entries = new Map<string, Entry>();
  return {
    all: () => Promise.resolve([...entries.values()].sort(byTime)),
    put: (entry) => { entries.set(entry.key, entry); return Promise.resolve(); },
    remove: (key) => { entries.delete(key); return Promise.resolve(); },
  };
}

/** Status 0 means that no answer came. */
export interface Sent {
  status: number;
  detail: string;
}

export type Send = (entry: Entry, csrf: string) => Promise<Sent>;

export function sender(url: string): Send {
  return async (entry, csrf) => {
    try {
      const answer = await fetch(url, {
        method: "POST", credentials: "same-origin", body: JSON.stringify(entry), redirect: "manual",
        headers: { "Content-Type": "application/json", "X-CSRFToken": csrf, Accept: "application/json" },
        signal: AbortSignal.timeout(FETCH_TIMEOUT_MS),
      });
      const body = (await answer.json().catch(() => ({}))) as { detail?: string; rule?: string };
      return { status: answer.status, detail: body.detail ?? body.rule ?? "" };
    } catch {
      return { status: 0, detail: "" };
    }
  };
}

export interface OutboxListener {
  waiting(entries: readonly Entry[]): void;
  sent(entry: Entry): void;
  refused(entry: Entry, detail: string): void;
}

export class Outbox {
  private isSending = false;

  constructor(
    /** The person this page was made for. */
    private readonly me: string,
    private readonly store: Store, private readonly send: Send,
    /** The CSRF token the page holds, or a fresh one when the held one was refused. */
    private readonly token: (isRefused: boolean) => Promise<string>,
    private readonly listener: OutboxListener,
  ) {}

  /** Keep first, then send: an action that was shown as taken is never lost. Throws when nothing more can be kept. */
  async add(entry: Entry): Promise<void> {
    const held = await this.store.all();
    if (held.length >= OUTBOX_MAX) throw new Error("outbox full");
    await this.store.put(entry);
    this.listener.waiting([...held, entry]);
    await this.flush();
  }

  private async nextOfMine(): Promise<Entry | undefined> {
    return (await this.store.all()).find((entry) => entry.user === this.me);
  }

  /** Send what this person left waiting, oldest first; stop at the first that gets no answer, since the next would not either. */
  async flush(): Promise<void> {
    if (this.isSending) return;
    this.isSending = true;
    try {
      for (let next = await this.nextOfMine(); next; next = await this.nextOfMine()) {
        if (!(await this.sendOne(next))) break;
      }
    } finally {
      this.isSending = false;
      this.listener.waiting(await this.store.all());
    }
  }

  /** True when the entry is settled: done, or refused by a rule. 401, another has signed in; 503, try again: both stay. */
  private async sendOne(entry: Entry): Promise<boolean> {
    let answer = await this.send(entry, await this.token(false));
    if (answer.status === 403) answer = await this.send(entry, await this.token(true));
    const isDone = answer.status >= 200 && answer.status < 300;
    if (!isDone && ![404, 409, 422].includes(answer.status)) return false;
    await this.store.remove(entry.key);
    if (isDone) this.listener.sent(entry);
    else this.listener.refused(entry, answer.detail);
    return true;
  }
}
