// The live connection of a run: a websocket that resumes after the last sequence number seen, so a reconnect shows no gap.
// A message tells how the run stands; what was committed within a moment comes in one.
import type { Gathered } from "../types.gen";

export type Connection =
  | { state: "live"; awayMs: number } // awayMs: how long it had been gone, 0 at the first time
  | { state: "paused"; since: number };

interface Options {
  url(after: number): string;
  seq(): number; // of the last transition taken in
  onHeard(g: Gathered): void; // each message, also one without news
  onMessage(g: Gathered): void;
  onConnection(c: Connection): void;
}

/** First and longest pause before another attempt, in milliseconds; between them it doubles. */
const RETRY_MS = [250, 5000] as const;
/** An attempt that takes longer than this is given up for another one. */
const CONNECT_MS = 10_000;

export class LiveSocket {
  private socket: WebSocket | null = null;
  private pause: number = RETRY_MS[0];
  private lostAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly options: Options) {
    this.open();
    addEventListener("online", () => this.now());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") this.now();
    });
  }

  /** Tries at once instead of at the end of the pause. */
  private now(): void {
    if (this.socket) return;
    this.pause = RETRY_MS[0];
    this.open();
  }

  /** Gives up a line that says nothing any more though nobody has closed it, and asks on another one. since is when it last said something. */
  abandon(since: number): void {
    const { socket } = this;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.lose(since);
    this.now();
  }

  private lose(since: number): void {
    this.socket = null;
    if (this.lostAt) return;
    this.lostAt = since;
    this.options.onConnection({ state: "paused", since });
  }

  private open(): void {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.options.url(this.options.seq()));
    this.socket = socket;
    this.timer = setTimeout(() => {
      if (this.socket === socket && socket.readyState === WebSocket.CONNECTING) this.abandon(Date.now());
    }, CONNECT_MS);
    socket.onopen = () => {
      const awayMs = this.lostAt ? Date.now() - this.lostAt : 0;
      this.lostAt = 0;
      this.pause = RETRY_MS[0];
      this.options.onConnection({ state: "live", awayMs });
    };
    socket.onmessage = (m: MessageEvent<string>) => {
      const g = JSON.parse(m.data) as Gathered;
      const seq = this.options.seq();
      this.options.onHeard(g);
      if (g.after > seq) socket.close(); // something is missing: ask again from what is known
      else if (g.seq > seq) this.options.onMessage(g);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.lose(Date.now());
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.open(), this.pause);
      this.pause = Math.min(this.pause * 2, RETRY_MS[1]);
    };
  }
}
