/** Every other page of the console: the bar, the alarms and the line about the connection are true there too. */
import "../styles/bar.css";
import { Live } from "../live/client";
import { prepareAnnouncer } from "./announce";
import { drawAlarms, drawBar, drawClock, watchStatus } from "./bar";
import { guardHolds, submitHeld } from "./hold";
import { listenKeys } from "./keys";
import { readPage } from "./page";

prepareAnnouncer();
guardHolds(document.body, submitHeld);
const page = readPage("live-status");
if (page) {
  const live = new Live(page.urls, page.workerUrl);
  live.onChange((_state, changes) => {
    drawBar(live);
    if (changes.alarms) drawAlarms(live, page);
  });
  const drawStatus = watchStatus(live, page);
  live.connect();
  listenKeys([]);
  window.setInterval(() => {
    if (live.state.seq > 0) drawClock(live, page);
    drawStatus();
  }, 1_000);
}
