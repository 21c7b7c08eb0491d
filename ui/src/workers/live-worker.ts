/// The SharedWorker that holds the browser's one event stream.
import { browserWorld } from "../live/connection";
import { Hub, type FromTab } from "../live/hub";

const hub = new Hub(browserWorld());
let tabsSeen = 0;

(self as unknown as SharedWorkerGlobalScope).onconnect = (event: MessageEvent) => {
  const port = event.ports[0];
  if (!port) return;
  tabsSeen += 1;
  const tabId = `tab-${tabsSeen}`;
  port.onmessage = (message: MessageEvent<FromTab>) => hub.receive(tabId, message.data, (out) => port.postMessage(out));
};
