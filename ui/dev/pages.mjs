// Stand-ins for the server's templates, with the same contract of ids and data attributes.

const json = (id, value) => `<script type="application/json" id="${id}">${JSON.stringify(value).replaceAll("<", "\\u003c")}</script>`;

function page({ theme, density, island, title, body, sheet = true }) {
  const links = ["tokens", "base", "components", "console"].map((name) => `<link rel="stylesheet" href="/static/css/${name}.css">`).join("");
  return `<!doctype html><html lang="en" data-theme="${theme}" data-density="${density}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title>${links}${sheet ? `<link rel="stylesheet" href="/static/build/${island}.css">` : ""}<script type="module" src="/static/build/${island}.js"></script></head>
<body class="${density === "console" ? "console" : ""}">${body}</body></html>`;
}

const ROOT = 'data-worker-url="/static/build/live-worker.js" data-csrf="dev" data-me="u-1" data-language="en"';
const bar = `<header class="bar"><div class="bar__start"><a class="bar__brand" href="/console/" data-goto="q">Paris</a><span class="num" data-live="clock"></span>
<span><b class="num" data-live="pilots-free"></b> pilots free</span><span><b class="num" data-live="deaf-zones"></b> deaf areas</span></div>
<nav class="bar__end"><a href="/console/pilot/" data-goto="m">Pilot</a><a href="/console/supervisor/" data-goto="s">Supervisor</a><button class="button button--quiet" data-live="mute">Sound</button></nav></header>
<div data-live="alarms" hidden></div><p id="live-status" role="status" hidden></p>`;

export function panel(world, id, count) {
  const one = world.incidents.get(id);
  const mission = [...world.missions.values()].findLast((row) => row.incident_id === id && row.state !== "ended");
  const next = one.rung === "received" || one.rung === "seen" ? ["acknowledge", "Acknowledge", ""] : ["close", "Close", "data-hold"];
  return `<article class="incident" data-incident="${id}" data-version="${one.version}"><h2>${one.number} · ${one.kind}</h2><p>${one.label}</p>
<form method="post" action="/console/incidents/${id}/${next[0]}/" data-action="${next[0]}" data-next-action><button class="button button--primary button--wide" ${next[2]}>${next[1]} <kbd class="key">↵</kbd></button></form>
<p class="num" id="panel-count">fetched ${count}, ${one.signal_count} signals</p>
${mission ? `<section class="panel" data-mission="${mission.id}" data-drone="${mission.drone_id}"><h3>${mission.drone_id} · <span data-telemetry="phase">–</span></h3>
<p class="num"><span data-telemetry="altitude">–</span> · <span data-telemetry="battery">–</span> · ETA <span data-telemetry="eta">–</span></p><img data-picture="/live/picture/${mission.id}" alt="Live picture" hidden><p data-picture-off>No picture before the scene.</p><div data-plots></div></section>` : ""}
<form method="post" action="/console/incidents/${id}/note/" data-action="note"><label class="field__label" for="note">Note</label><textarea class="control" id="note" name="text" data-note></textarea><button class="button">Add</button></form>
<h3>Timeline</h3><ol>${Array.from({ length: 12 }, (_, index) => `<li>20:0${index % 10}:00 Something happened</li>`).join("")}</ol></article>`;
}

export function boardPage(world, theme, selected) {
  return page({ theme, density: "console", island: "board", title: "Queue", body: `${bar}<main id="main"><h1 class="visually-hidden">Queue</h1><div id="board" class="board" ${ROOT} data-demo="1" data-panel-url="/console/incidents/{id}/panel/"
 data-incident-url="/console/?incident={id}" data-proposal-url="/console/proposals/{id}/{decision}/" data-demo-press-url="/console/demo/press/{id}/" data-selected="${selected ?? ""}">
<section class="board__queue" aria-labelledby="queue-title"><h2 id="queue-title">Queue</h2><input type="search" id="queue-search" placeholder="Search" aria-label="Search the queue">
<ol id="queue" aria-labelledby="queue-title"></ol><section id="proposals" hidden><h3>Perhaps the same</h3><ol></ol></section><details id="quiet"><summary>Quiet <span data-live="quiet-count"></span></summary><ol></ol></details></section>
<section class="board__map" aria-label="Map"><div id="map"></div></section><aside class="board__panel" id="panel" aria-label="Incident" tabindex="-1">${selected ? panel(world, selected, 0) : '<p class="empty">Choose an incident in the queue.</p>'}</aside></div></main>${json("board-initial", world.state())}` });
}

export function pilotPage(world, theme) {
  return page({ theme, density: "console", island: "pilot", title: "Pilot", body: `${bar}<main id="main"><div id="pilot" ${ROOT} data-action-url="/console/missions/{id}/{action}/"></div></main>${json("board-initial", world.state())}${json("pilot-colleagues", [{ id: "u-1", name: "A. Roy" }, { id: "u-2", name: "L. Martin" }])}` });
}

export function supervisorPage(theme) {
  const hour = (n) => new Date(Date.UTC(2026, 10, 22, n)).toISOString();
  const counts = Array.from({ length: 20 }, (_, index) => Math.round(60 * Math.exp(-((index - 8) ** 2) / 8)));
  const data = {
    target_s: 60, now: hour(21), response: { bin_s: 5, counts, n: counts.reduce((a, b) => a + b), mean_s: 42.4, p50_s: 41, p95_s: 57 },
    load: Array.from({ length: 24 }, (_, index) => [hour(index), Math.round(20 + 18 * Math.sin(index / 3))]),
    pilots: Array.from({ length: 24 }, (_, index) => [hour(index), index > 6 && index < 20 ? 12 : 6, 4 + Math.round(5 + 4 * Math.sin(index / 4))]),
    deaf: Array.from({ length: 24 }, (_, index) => [hour(index), Math.max(0, Math.round(12 * Math.sin(index / 5)))]),
  };
  return page({ theme, density: "console", island: "supervisor", title: "Supervisor", body: `${bar}<main id="main" class="page"><h1>Response</h1><div id="supervisor" class="plots"></div></main>${json("supervisor-data", data)}` });
}

export function pressPage(theme) {
  return page({ theme, density: "population", island: "press", title: "My button", body: `<main id="main"><div class="page"><h1>My button</h1><div id="press" data-sw="/press/sw.js"><form id="press-form" method="post" action="/press/">
<button class="press__button" name="kind" value="sos">Call for help</button><div class="press__others"><button class="button" name="kind" value="medical">Medical</button><button class="button" name="kind" value="fire">Fire</button><button class="button" name="kind" value="violence">Violence</button></div>
<button class="button button--quiet" name="kind" value="test">Test my button</button></form><p id="press-status" role="status" aria-live="assertive"></p><form id="press-cancel" hidden><label class="field"><span class="field__label">PIN</span><input class="control" name="pin" inputmode="numeric" autocomplete="off"></label><button class="button">Cancel my call</button></form></div></div></main>` });
}

export function fieldPage(world, theme) {
  const one = world.incidents.get("i-1");
  return page({ theme, density: "field", island: "field", title: "Incident", body: `<main id="main"><div class="page" id="field" data-incident="i-1" data-sw="/field/sw.js" data-incident-url="/field/incidents/{id}.json" data-actions-url="/field/actions/" data-csrf="dev">
<p data-field="age" role="status"></p><h1><span data-field="kind">${one.kind}</span></h1><p><strong data-field="label">${one.label}</strong></p><p><span data-field="word"></span> · <span data-field="drone"></span></p><p data-field="way_in"></p><ul data-field="observations"></ul>
<div class="stack"><form method="post" action="/field/incidents/i-1/act/" data-field-action="acknowledge"><button class="button button--primary button--wide">Acknowledge</button></form><form method="post" action="/field/incidents/i-1/act/" data-field-action="arrive"><button class="button button--wide">I have arrived</button></form><form method="post" action="/field/incidents/i-1/act/" data-field-action="need_help"><button class="button button--danger button--wide">I need help</button></form></div><div id="field-outbox" role="status"></div></div></main>` });
}
