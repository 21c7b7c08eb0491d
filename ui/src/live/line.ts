/** How a tab reaches the browser's one stream: a SharedWorker, else one tab for all, else its own. */
import { browserWorld, type Urls } from "./connection";
import { Hub, type FromTab, type ToTab } from "./hub";

export interface Line {
  post(message: FromTab): void;
  close(): void;
}

const CHANNEL = "nec-live";

function sharedWorkerLine(workerUrl: string, receive: (message: ToTab) => void): Line {
  const worker = new SharedWorker(workerUrl, { name: CHANNEL });
  worker.port.onmessage = (event: MessageEvent<ToTab>) => receive(event.data);
  worker.port.start();
  return { post: (message) => worker.port.postMessage(message), close: () => worker.port.close() };
}

interface OnChannel {
  from?: string;
  to?: string;
  tab?: FromTab;
  hub?: ToTab;
  hasNewLeader?: true;
}

/** Without SharedWorker: the tab that holds a lock runs the hub and the others listen to it on a channel. */
function leaderLine(urls: Urls, receive: (message: ToTab) => void): Line {
  const me = crypto.randomUUID();
  const channel = new BroadcastChannel(CHANNEL);
  const release = new AbortController();
  let hub: Hub | null = null;
  const say = (message: OnChannel): void => channel.postMessage(message);
  channel.onmessage = ({ data }: MessageEvent<OnChannel>) => {
    const { from, to, tab } = data;
    if (data.hasNewLeader && !hub) say({ from: me, tab: { say: "hello", urls } });
    if (tab && from !== undefined && hub) hub.receive(from, tab, (out) => say({ to: from, hub: out }));
    if (data.hub && to === me) receive(data.hub);
  };
  void navigator.locks.request(CHANNEL, { signal: release.signal }, () => {
    hub = new Hub(browserWorld());
    hub.receive(me, { say: "hello", urls }, receive);
    say({ hasNewLeader: true });
    return new Promise<void>((resolve) => release.signal.addEventListener("abort", () => resolve()));
  }).catch(() => undefined);
  return {
    post: (message) => {
      if (hub) hub.receive(me, message, receive);
      else say({ from: me, tab: message });
    },
    close: () => {
      release.abort();
      channel.close();
    },
  };
}

/** The plainest: this tab alone. */
function ownLine(receive: (message: ToTab) => void): Line {
  const hub = new Hub(browserWorld());
  return { post: (message) => hub.receive("me", message, receive), close: () => hub.receive("me", { say: "bye" }, receive) };
}

export function openLine(urls: Urls, workerUrl: string, receive: (message: ToTab) => void): Line {
  try {
    if (typeof SharedWorker === "function") return sharedWorkerLine(workerUrl, receive);
    if ("locks" in navigator && typeof BroadcastChannel === "function") return leaderLine(urls, receive);
  } catch {
    // Private windows may refuse workers: fall through to a stream of our own.
  }
  return ownLine(receive);
}
