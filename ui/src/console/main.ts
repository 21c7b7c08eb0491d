/** Every other page of the console: the bar, the alarms and the line about the connection are true there too. */
import "../styles/bar.css";
import { Live } from "../live/client";
import { prepareAnnouncer } from "./announce";
import { drawAlarms, drawBar, drawClock, watchStatus } from "./bar";
import { guardHolds, submitHeld } from "./hold";
import { listenKeys } from "./keys";
import { readPage } from "./page";

/** On an incident's own page its drones' figures, plots and picture live as they do on the board. */
async function drawMissions(live: Live): Promise<void> {
  const scope = document.querySelector<HTMLElement>(".incident-page");
  if (!scope?.querySelector("[data-mission][data-drone]")) return;
  const [{ Strips }, { Telemetry }] = await Promise.all([import("../mission/strip"), import("../mission/telemetry")]);
  const telemetry = new Telemetry();
  const strips = new Strips(telemetry);
  live.onChange((state, changes) => {
    telemetry.take(state.fleet, changes.snapshot ? state.fleet.keys() : changes.drones);
    strips.draw(scope, state, live.now());
  });
}

prepareAnnouncer();
guardHolds(document.body, submitHeld);
const page = readPage("live-status");
if (page) {
  const live = new Live(page.urls, page.workerUrl);
  live.onChange((_state, changes) => {
    drawBar(live);
    if (changes.alarms) drawAlarms(live, page);
  });
  void drawMissions(live);
  const drawStatus = watchStatus(live, page);
  live.connect();
  listenKeys([]);
  window.setInterval(() => {
    if (live.state.seq > 0) drawClock(live, page);
    drawStatus();
  }, 1_000);
}
