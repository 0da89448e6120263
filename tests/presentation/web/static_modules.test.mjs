// Run by test_static_files.py on a copy of the static files; FOLDER names it.
import assert from "node:assert/strict";
import { test } from "node:test";

const from = (name) => import(`${process.env.FOLDER}/${name}`);
const { EventParser, events } = await from("sse.js");
const text = await from("text.js");

const STREAM = [
  ": …\r\n\r\n",
  'event: status\ndata: {"stage":"searching"}\n\n',
  'event: sentence\rdata: {"text":"Zażółć gęślą jaźń – 🙂, żółw"}\r\r',
  'data: {"a":\ndata:  1}\n\nevent\ndata:x\n\n',
  'event: done\nid: 7\ndata: {"text":"linia\\nlinia"}\r\n\r\n',
  'event: cut\ndata: {"never":',
].join("");
const EXPECTED = [
  { event: "status", data: '{"stage":"searching"}' },
  { event: "sentence", data: '{"text":"Zażółć gęślą jaźń – 🙂, żółw"}' },
  { event: "message", data: '{"a":\n 1}' },
  { event: "message", data: "x" },
  { event: "done", data: '{"text":"linia\\nlinia"}' },
];

test("a stream cut anywhere gives the same events", () => {
  for (let at = 0; at <= STREAM.length; at += 1) {
    const parser = new EventParser();
    assert.deepEqual([...parser.push(STREAM.slice(0, at)), ...parser.push(STREAM.slice(at))], EXPECTED, `at ${at}`);
  }
  const parser = new EventParser();
  assert.deepEqual([...STREAM].flatMap((sign) => parser.push(sign)), EXPECTED);
});

const JSONS = 'event: a\ndata: {"t":"żółć 🙂"}\n\n: x\n\nevent: b\r\ndata: {"t":2}\r\n\r\n';

function stream(pieces) {
  return new ReadableStream({
    start(control) {
      for (const piece of pieces) control.enqueue(piece);
      control.close();
    },
  });
}

async function all(pieces) {
  const found = [];
  for await (const event of events(stream(pieces), 1000)) found.push(event);
  return found;
}

test("bytes cut inside a letter lose nothing", async () => {
  const bytes = new TextEncoder().encode(JSONS);
  const expected = [{ event: "a", data: { t: "żółć 🙂" } }, { event: "b", data: { t: 2 } }];
  for (let at = 0; at <= bytes.length; at += 1) {
    assert.deepEqual(await all([bytes.slice(0, at), bytes.slice(at)]), expected, `at ${at}`);
  }
  assert.deepEqual(await all([...bytes].map((byte) => Uint8Array.of(byte))), expected);
});

test("a stream that falls silent is an error, not an endless wait", async () => {
  const silent = new ReadableStream({ start() {} });
  await assert.rejects(async () => {
    for await (const event of events(silent, 20)) assert.fail(String(event));
  }, /silence/);
});

test("data that is no JSON is an error", async () => {
  await assert.rejects(all([new TextEncoder().encode("data: <html>\n\n")]), SyntaxError);
});

test("nothing invisible or steering reaches the screen", () => {
  const cases = [
    ["a\u200bb\u202ec\u2066d\ufeffe\u00adf", "abcdef"],
    ["\u001b[31mred\u0007\u0000\u009b", "·[31mred···"],
    ["tag\u{e0041}\u{e007f}", "tag"],
    ["half \ud800 pair", "half · pair"],
    ["line\u2028line\nline\tend", "line line\nline\tend"],
    ["a\u0300\u0301\u0302\u0303\u0304\u0305", "a\u0300\u0301\u0302"],
    ["zażółć – „cytat” 🙂 שלום", "zażółć – „cytat” 🙂 שלום"],
    [null, ""],
  ];
  for (const [given, shown] of cases) assert.equal(text.harmless(given), shown);
});

test("only strong, em and code are Markdown", () => {
  const kinds = (given) => text.tokens(given).map(({ kind, text: words }) => `${kind}:${words}`);
  assert.deepEqual(kinds("a **b c** *d* `e*f*`"), ["text:a ", "strong:b c", "text: ", "em:d", "text: ", "code:e*f*"]);
  for (const words of ["2*3*4 * 5", "**", "* a * b", "[x](javascript:alert(1))", "![i](x.png)", "<b>x</b>", "_x_", "# x", "`"]) {
    assert.deepEqual(kinds(words), [`text:${words}`]);
  }
  const long = "**a ".repeat(20_000) + "`".repeat(20_000);
  const started = performance.now();
  text.tokens(long);
  assert.ok(performance.now() - started < 1000);
});

test("table cells, numbers, quotes", () => {
  assert.deepEqual(text.cells("a | b |  | c|d"), ["a", "b", "", "c|d"]);
  assert.deepEqual(text.cells("| a | "), ["", "a", ""]);
  assert.deepEqual(text.numbered("12. Krok"), { value: 12, rest: "Krok" });
  for (const words of ["2026 r.", "1.", "a. b", "12.5 zł"]) assert.equal(text.numbered(words), null);
  assert.deepEqual(text.quoteLines("Wstęp:\n\n| a | b |\n| --- | :-: |\n| c | d |\n- e"), ["Wstęp:", "a | b", "c | d", "- e"]);
});

test("pages are named only where a reader can turn to them", () => {
  const words = { place: { page: "s. {pages}", slide: "slajd {pages}" } };
  assert.equal(text.pagesText("pl/a.PDF", [12, 12], words), "s. 12");
  assert.equal(text.pagesText("pl/a.pptx", [3, 4], words), "slajd 3–4");
  for (const [path, pages] of [["pl/a.md", [1, 1]], ["a.docx", [1, 2]], ["a.pdf", null], [undefined, [1, 1]]]) {
    assert.equal(text.pagesText(path, pages, words), "");
  }
});

test("a copied answer carries its sources", () => {
  const words = {
    place: { page: "s. {pages}", edition: "wydanie {edition}", state_of_law: "stan prawny: {date}" },
    answer: { question: "Pytanie", sources: "Źródła" },
  };
  const answer = {
    question: "Co?",
    opening: "",
    sentences: [
      { text: "To **jest**:", citations: [1], form: "lead" },
      { text: "jedno", citations: [1, 2], form: "item" },
      { text: "1. krok", citations: [], form: "item" },
    ],
    citations: [
      { n: 1, title: "Podręcznik", path: "a.pdf", pages: [3, 3], headings: [], quote: "To jest:", edition: "2026", state_of_law: "" },
      { n: 2, title: "Słownik", path: "b.md", pages: [1, 1], headings: ["Słownik", "Hasło"], quote: "| a |\n|---|\n| b |", edition: "", state_of_law: "2024" },
    ],
  };
  const expected = [
    "Pytanie: Co?",
    "",
    "Odpowiedź, 14:05",
    "",
    "To jest: [1]",
    "- jedno [1] [2]",
    "1. krok",
    "",
    "Źródła:",
    "[1] Podręcznik, s. 3, wydanie 2026",
    "    „To jest:”",
    "[2] Słownik, Hasło, stan prawny: 2024",
    "    „a",
    "    b”",
    "",
  ].join("\n");
  assert.equal(text.answerText(answer, "Odpowiedź, 14:05", words), expected);
});
