import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { History, renamesOf } from "./history";

beforeEach(() => {
  const kept = new Map<string, string>();
  Object.assign(globalThis, { sessionStorage: { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) } });
});

test("typing that does not rest is one entry, a gesture always one of its own", () => {
  const h = History.load("f", "a");
  h.add({ label: "Edit YAML", before: "a", after: "ab" }, true, 1000);
  h.add({ label: "Edit YAML", before: "ab", after: "abc" }, true, 2000);
  h.add({ label: "Edit YAML", before: "abc", after: "abcd" }, true, 9000);
  h.add({ label: "Add x", before: "abcd", after: "abcde" }, false, 9001);
  h.add({ label: "Add x", before: "abcde", after: "abcdef" }, false, 9002);
  assert.deepEqual(h.undo.map((e) => `${e.before}>${e.after}`), ["a>abc", "abc>abcd", "abcd>abcde", "abcde>abcdef"]);
});

test("undo and redo move entries, and something new ends redo", () => {
  const h = History.load("f", "a");
  h.add({ label: "one", before: "a", after: "b" }, false);
  h.add({ label: "two", before: "b", after: "c" }, false);
  h.move("undo");
  assert.deepEqual([h.undo.map((e) => e.label), h.redo.map((e) => e.label)], [["one"], ["two"]]);
  h.move("redo");
  assert.deepEqual([h.undo.length, h.redo.length], [2, 0]);
  h.move("undo");
  h.add({ label: "three", before: "b", after: "d" }, false);
  assert.deepEqual([h.undo.map((e) => e.label), h.redo.length], [["one", "three"], 0]);
});

test("it survives a reload, unless the draft has moved on", () => {
  History.load("f", "a").add({ label: "one", before: "a", after: "b" }, false);
  assert.equal(History.load("f", "b").undo.length, 1);
  assert.equal(History.load("f", "somebody else's").undo.length, 0);
  assert.equal(History.load("another", "b").undo.length, 0);
});

test("it stays within what sessionStorage holds", () => {
  const h = History.load("f", "a");
  const big = "x".repeat(400_000);
  for (let i = 0; i < 5; i++) h.add({ label: `${i}`, before: `${big}${i}`, after: `${big}${i + 1}` }, false);
  assert.deepEqual(h.undo.map((e) => e.label), ["4"]);
});

test("undoing renames takes them back, the last one first", () => {
  const entry = { label: "Rename", before: "a", after: "b", renames: [["pay", "charge"], ["ship", "pay"]] as [string, string][] };
  assert.deepEqual(renamesOf(entry, "undo"), [["pay", "ship"], ["charge", "pay"]]);
  assert.deepEqual(renamesOf(entry, "redo"), entry.renames);
  assert.deepEqual(renamesOf({ label: "Add", before: "a", after: "b" }, "undo"), []);
});
