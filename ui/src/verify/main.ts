/** The page that checks a proof, kept in one file: it asks for nothing, and sends nothing. */

import { h } from "../dom";
import { judge, type Fact, type Verdict } from "./proof";
import { parseKey } from "./note";
import { KINDS, say, WORDS, type Language, type Words } from "./words";

const PROOF_LENGTH_MAX = 1_000_000; // ours: a hundred times the longest

let language: Language = navigator.language.startsWith("fr") ? "fr" : "en";
let shown: { verdict: Verdict } | { wrong: string } | null = null;
const main = document.querySelector("main")!;
const result = h("div", { role: "status", id: "result" });
const pasted = h("textarea", { id: "proof", rows: 6, spellcheck: "false" });
const keys = h("textarea", { id: "keys", rows: 4, spellcheck: "false" });
const number = h("input", { id: "number", inputmode: "numeric", size: 10 });
const file = h("input", { id: "file", type: "file", accept: ".json,application/json", onchange: () => void readFile(file.files?.[0]) });

async function readFile(given: File | undefined): Promise<void> {
  if (given === undefined || given.size > PROOF_LENGTH_MAX) return;
  pasted.value = await given.text();
  await check();
}

async function check(): Promise<void> {
  const words = WORDS[language];
  const trusted = keys.value.split("\n").map((line) => line.trim()).filter((line) => line !== "");
  try {
    const unread = crypto.subtle === undefined ? "" : await firstNoKey(trusted);
    if (crypto.subtle === undefined) shown = { wrong: words.tooOld };
    else if (unread !== "") shown = { wrong: say(words.badKey, { line: unread.slice(0, 80) }) };
    else shown = { verdict: await judge(pasted.value, trusted) };
  } catch {
    shown = { wrong: words.unreadable };
  }
  drawResult();
}

/** The first line that is no key, "" when all are. */
async function firstNoKey(lines: readonly string[]): Promise<string> {
  for (const one of lines) {
    try {
      await parseKey(one);
    } catch {
      return one;
    }
  }
  return "";
}

async function fetchProof(seq: string): Promise<void> {
  const words = WORDS[language];
  try {
    const answer = await fetch(`../proof/${encodeURIComponent(seq)}.json`);
    if (!answer.ok) throw new Error(String(((await answer.json()) as { detail?: string }).detail ?? answer.status));
    pasted.value = await answer.text();
  } catch (error) {
    shown = { wrong: say(words.away, { why: error instanceof Error ? error.message : String(error) }) };
    drawResult();
    return;
  }
  await check();
}

function line(state: "yes" | "no" | "unsure", text: string): HTMLElement {
  return h("li", { class: state }, h("strong", {}, WORDS[language][state]), ` ${text}`);
}

const when = (at: Date): string => at.toLocaleString(language, { dateStyle: "long", timeStyle: "medium" });

function drawResult(): void {
  const words = WORDS[language];
  if (shown === null) result.replaceChildren();
  else if ("wrong" in shown) result.replaceChildren(h("p", { class: "verdict no" }, shown.wrong));
  else result.replaceChildren(...drawVerdict(shown.verdict, words));
}

function drawVerdict(verdict: Verdict, words: Words): HTMLElement[] {
  const { fact, checkpoint } = verdict;
  const holds = verdict.included && verdict.signed;
  const sure = verdict.ownKey && verdict.witnesses.some((one) => one.own);
  return [
    h("p", { class: `verdict ${holds ? (sure ? "yes" : "unsure") : "no"}` }, holds ? (sure ? words.good : words.half) : words.bad),
    h("ul", { class: "findings" },
      line(verdict.included ? "yes" : "no", verdict.included ? words.included : words.notIncluded),
      line(verdict.signed ? "yes" : "no", verdict.signed ? words.signed : words.notSigned),
      !verdict.ownKey && line("unsure", words.borrowedKey),
      ...verdict.witnesses.map((one) => line(
        one.own ? "yes" : "unsure", say(words.witness, { name: one.name, at: when(one.at) }) + (one.own ? "" : ` ${words.witnessBorrowed}`),
      )),
      verdict.witnesses.length === 0 && line("unsure", words.noWitness),
    ),
    h("h2", {}, words.entry),
    drawFact(fact, words),
    ...(holds ? [
      h("h2", {}, words.proved), h("p", {}, say(words.provedText, { seq: fact.seq, size: checkpoint.size })),
      h("h2", {}, words.notProved), h("p", {}, words.notProvedText),
    ] : []),
  ];
}

/** Whoever acted, by what they do: an account's number would tell a citizen nothing, and a colleague too much. */
function actor(said: string, stream: string, words: Words): string {
  if (/^user:\d+$/.test(said)) return /^(assessment|dialogue):/.test(stream) ? words.byOfficer : words.byPerson;
  return /^(engine|worker)(:|$)/.test(said) ? words.bySystem : said;
}

function withoutAccounts(said: unknown, words: Words): unknown {
  return typeof said === "string" ? said.replace(/\buser:\d+/g, words.byPerson) : said;
}

function kindOf(kind: string): string {
  const word = Object.hasOwn(KINDS[language], kind) ? KINDS[language][kind] : undefined;
  return word === undefined ? kind : `${word} (${kind})`;
}

function drawFact(fact: Fact, words: Words): HTMLElement {
  const rows: [string, string][] = [
    [words.entryNumber, String(fact.seq)], [words.entryKind, kindOf(fact.kind)], [words.entryStream, fact.stream],
    [words.entryAt, when(fact.at)], [words.entryUnder, fact.authorisation],
  ];
  if (fact.detail !== null) rows.push([words.entryBy, actor(fact.detail[0], fact.stream, words)]);
  return h("div", {},
    h("dl", {}, ...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    fact.detail === null
      ? h("p", {}, words.entryHidden)
      : h("details", {}, h("summary", {}, words.entryDetail), h("p", { class: "why" }, words.byNamed),
        h("pre", { tabindex: 0 }, JSON.stringify(fact.detail[1], (_name, said: unknown) => withoutAccounts(said, words), 2))),
  );
}

function field(control: HTMLElement, label: string, why: string | null = null): HTMLElement {
  if (why !== null) control.setAttribute("aria-describedby", `${control.id}-why`);
  return h("div", { class: "field" },
    h("label", { for: control.id }, label), why !== null && h("p", { id: `${control.id}-why`, class: "why" }, why), control);
}

function draw(): void {
  const words = WORDS[language];
  document.documentElement.lang = language;
  document.title = words.title;
  const other: Language = language === "fr" ? "en" : "fr";
  const served = location.protocol !== "file:";
  main.replaceChildren(
    h("p", { class: "tools" },
      h("button", { type: "button", lang: other, onclick: () => { language = other; draw(); } }, other === "fr" ? "Français" : "English"),
      served && h("a", { href: "", download: "nec-mergitur-verify.html" }, words.save), served && h("span", {}, words.saveWhy)),
    h("h1", {}, words.title),
    h("p", {}, words.lead),
    h("form", { onsubmit: (event) => { event.preventDefault(); void check(); } },
      field(keys, words.keys, words.keysWhy),
      field(file, words.file),
      field(pasted, words.orPaste),
      h("p", {}, h("button", { type: "submit" }, words.check))),
    served && h("form", { onsubmit: (event) => { event.preventDefault(); void fetchProof(number.value.trim()); } },
      field(number, words.number), h("p", {}, h("button", { type: "submit" }, words.fetch))) || "",
    result,
  );
  drawResult();
}

document.documentElement.dataset["theme"] = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  void readFile(event.dataTransfer?.files[0]);
});
draw();
const asked = /^#([1-9][0-9]{0,17})$/.exec(location.hash)?.[1];
if (asked !== undefined) {
  number.value = asked;
  void fetchProof(asked);
}
