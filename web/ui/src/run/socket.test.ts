import assert from "node:assert/strict";
import test from "node:test";
import type { Gathered } from "../types.gen";
import { LiveSocket, type Connection } from "./socket";

/** A websocket that a test opens, speaks for and closes. */
class Wire {
  static readonly CONNECTING = 0;
  static all: Wire[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((m: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  readyState = 0;
  shut = false;
  constructor(readonly url: string) {
    Wire.all.push(this);
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  say(after: number, seq: number): void {
    this.onmessage?.({ data: JSON.stringify({ after, seq, sent: "", beat_ms: 2000, events: [], steps: [] }) });
  }
  close(): void {
    this.shut = true;
  }
}

function follow(): { socket: LiveSocket; said: string[]; wires: Wire[] } {
  Wire.all = [];
  Object.assign(globalThis, { WebSocket: Wire, addEventListener: () => {}, document: { addEventListener: () => {}, visibilityState: "visible" } });
  let seq = 3;
  const said: string[] = [];
  const socket = new LiveSocket({
    url: (after) => `after ${after}`,
    seq: () => seq,
    onHeard: () => said.push("heard"),
    onMessage: (g: Gathered) => {
      seq = g.seq;
      said.push(`seq ${g.seq}`);
    },
    onConnection: (c: Connection) => said.push(c.state === "live" ? `live after ${c.awayMs}` : `paused since ${c.since}`),
  });
  return { socket, said, wires: Wire.all };
}

test("a message without news is heard and no more", () => {
  const { said, wires } = follow();
  wires[0]!.open();
  wires[0]!.say(3, 3);
  wires[0]!.say(3, 5);
  assert.deepEqual(said, ["live after 0", "heard", "heard", "seq 5"]);
});

test("a silent line is given up for another one, which goes on where the page is", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 50_000 });
  const { socket, said, wires } = follow();
  wires[0]!.open();
  wires[0]!.say(3, 4);
  t.mock.timers.tick(12_000);
  socket.abandon(50_000);
  assert.ok(wires[0]!.shut);
  assert.equal(wires[1]?.url, "after 4");
  wires[0]!.say(4, 9); // what it says after all comes over the other one, too
  t.mock.timers.tick(1000);
  wires[1]!.open();
  assert.deepEqual(said, ["live after 0", "heard", "seq 4", "paused since 50000", "live after 13000"]);
});

test("an attempt that hangs is followed by others; the loss is told once", (t) => {
  t.mock.timers.enable({ apis: ["setTimeout", "Date"], now: 50_000 });
  const { said, wires } = follow();
  for (let s = 0; s < 35; s++) t.mock.timers.tick(1000);
  assert.equal(wires.length, 4);
  assert.ok(wires[0]!.shut && wires[1]!.shut && wires[2]!.shut && !wires[3]!.shut);
  assert.deepEqual(said, ["paused since 60000"]);
});
