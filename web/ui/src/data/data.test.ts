import assert from "node:assert/strict";
import { test } from "node:test";
import { Finder } from "./find";
import { children, indented, keyOf, kindOf, outline, rawOf, Reader, ROOT, stringOf } from "./outline";
import { celOf, nodeAt, partsTo, pathOf } from "./path";
import { depthOf, openAlike, Rows } from "./rows";

const sample = ` {"a": [1, {"b c": "x\\ny", "é": null}, []], "n": 12345678901234567890.10, "a\\"b": true, "e": {}, "s": "it \\u003cis\\u003e"} `;

test("an outline has every value once, in order, with what is below it", () => {
  const o = outline(sample);
  assert.deepEqual([...children(o, ROOT)].map((n) => keyOf(o, n)), ["a", "n", 'a"b', "e", "s"]);
  assert.equal(o.count[ROOT], 5);
  assert.deepEqual([...children(o, 1)].map((n) => kindOf(o, n)), ["number", "object", "array"]);
  assert.equal(o.after[1], nodeAt(o, ["n"]));
  assert.equal(stringOf(o, nodeAt(o, ["a", 1, "b c"])).text, "x\ny");
});

test("a number stays as it was written", () => {
  const o = outline(sample);
  assert.equal(rawOf(o, nodeAt(o, ["n"])), "12345678901234567890.10");
  assert.match(indented(o, ROOT), /"n": 12345678901234567890\.10,/);
});

test("read in slices of any length, the outline is the same", () => {
  const whole = outline(sample);
  for (const slice of [1, 2, 7]) {
    const reader = new Reader(sample);
    while (!reader.read(slice));
    const o = reader.outline();
    assert.equal(o.length, whole.length);
    for (const field of ["start", "end", "key", "parent", "after", "count", "place"] as const) {
      assert.deepEqual([...o[field].slice(0, o.length)], [...whole[field].slice(0, whole.length)], field);
    }
  }
});

test("random values are outlined as JSON.parse reads them", () => {
  let seed = 7;
  const dice = (n: number) => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  const some = (deep: number): unknown => {
    switch (dice(deep > 4 ? 5 : 7)) {
      case 0: return dice(1000) - 500;
      case 1: return null;
      case 2: return dice(2) === 1;
      case 3: return ["", "\"", "\\", "a\\\"", "\u2028<é>", "\ud83d\ude00"][dice(6)];
      case 4: return dice(1000) / 8;
      case 5: return Array.from({ length: dice(5) }, () => some(deep + 1));
      default: return Object.fromEntries(Array.from({ length: dice(5) }, (_, i) => [["k", "\"", "\\", "in", "x y"][i]!, some(deep + 1)]));
    }
  };
  for (let i = 0; i < 500; i++) {
    const value = some(0);
    for (const text of [JSON.stringify(value), JSON.stringify(value, null, 3)]) {
      const o = outline(text);
      assert.deepEqual(JSON.parse(indented(o, ROOT)), value);
      for (let n = 0; n < o.length; n++) {
        assert.equal(nodeAt(o, partsTo(o, n)), n);
        let at = value as never;
        for (const p of partsTo(o, n)) at = at[p];
        assert.deepEqual(JSON.parse(rawOf(o, n)), at);
      }
    }
  }
});

test("what is not JSON is refused with its place", () => {
  for (const bad of ["", "{", "[1", "[1,]", '{"a"}', '{"a":1,}', '{"a" 1}', "[1 2]", '"a', "1 2", "{1:2}", "]", "[}", "@"]) {
    assert.throws(() => outline(bad), /not JSON at character/, bad);
  }
});

test("a long string is cut between two characters", () => {
  const text = `"ab\\u00e9\\\\\\n${"\\ud83d\\ude00".repeat(3)}"`;
  const o = outline(text);
  const all = JSON.parse(text) as string;
  for (let most = 0; most < text.length; most++) {
    const got = stringOf(o, ROOT, most);
    assert.ok(all.startsWith(got.text), `${most}: ${got.text}`);
    assert.ok(!/[\ud800-\udbff]$/.test(got.text));
    assert.equal(got.whole, most >= text.length - 2);
  }
});

test("a value's path and expression", () => {
  const o = outline('{"items": [{"id": 1, "content-type": {"in": [0]}, "a\\"b": 1, "9": 2}]}');
  const of = (...parts: (string | number)[]) => partsTo(o, nodeAt(o, parts));
  assert.equal(celOf("steps.charge.output", of("items", 0, "id")), "steps.charge.output.items[0].id");
  assert.equal(celOf("steps.charge.output", of("items", 0, "content-type", "in", 0)), 'steps.charge.output.items[0]["content-type"]["in"][0]');
  assert.equal(celOf("input", of("items", 0, 'a"b')), 'input.items[0]["a\\"b"]');
  assert.equal(pathOf(of("items", 0, "9")), '$.items[0]["9"]');
  assert.equal(pathOf([]), "$");
});

test("rows are what is below open values, and are found again in a text that has changed", () => {
  const o = outline('{"a": [1, 2], "b": {"c": {"d": 1}}}');
  const rows = new Rows(o, new Set([ROOT]));
  assert.equal(rows.length, 3);
  rows.toggle(1);
  assert.equal(rows.length, 5);
  const d = nodeAt(o, ["b", "c", "d"]);
  assert.equal(rows.row(d), -1);
  rows.reveal(d);
  assert.equal(rows.nodes[rows.row(d)], d);
  assert.equal(depthOf(o, d), 3);
  const changed = outline('{"new": 0, "a": 1, "b": {"c": {"d": 2, "e": 3}}}');
  const again = new Rows(changed, openAlike(o, rows.open, changed));
  assert.ok(again.row(nodeAt(changed, ["b", "c", "e"])) > 0);
  rows.all(ROOT, false);
  assert.equal(rows.length, 1);
  rows.all(ROOT, true);
  assert.equal(rows.length, o.length);
});

test("what fits is open at first, and one long list with little around it", () => {
  const list = (n: number) => `[${Array.from({ length: n }, (_, i) => `{"n":${i}}`).join(",")}]`;
  const shown = (text: string) => new Rows(outline(text)).length;
  assert.equal(shown(`{"a":{"b":{"c":1}}}`), 4);
  assert.equal(shown(`{"rows":${list(500)},"n":1}`), 503);
  assert.equal(shown(`{"rows":${list(500)},"more":${list(15)}}`), 33); // enough is to be seen without
});

test("search finds keys and values, decoded, whatever the case, and nothing that joins them", () => {
  const o = outline(sample);
  const found = (text: string) => new Finder(o).find(text).map((n) => pathOf(partsTo(o, n)));
  assert.deepEqual(found("B C"), ['$.a[1]["b c"]']);
  assert.deepEqual(found("x\ny"), ['$.a[1]["b c"]']);
  assert.deepEqual(found("<is>"), ["$.s"]);
  assert.deepEqual(found("u003c"), []);
  assert.deepEqual(found("\":"), []);
  assert.deepEqual(found("1"), ["$.a[0]", "$.n"]);
  assert.deepEqual(found("É"), ['$.a[1]["é"]']);
  assert.deepEqual(found('a"B'), ['$["a\\"b"]']);
  assert.deepEqual(new Finder(outline('{"İx": "Ayx"}')).find("YX").length, 1); // lower case that is longer
});
