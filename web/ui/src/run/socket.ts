// The live connection of a run: a websocket that resumes after the last sequence number seen, so a reconnect shows no gap.
// A message tells how the run stands; what was committed within a moment comes in one.
import type { Gathered } from "../types.gen";

export type Connection =
  | { state: "live"; awayMs: number } // awayMs: how long it had been gone, 0 at the first time
  | { state: "paused"; since: number };

interface Options {
  url(after: number): string;
  seq(): number; // of the last transition taken in
  onMessage(g: Gathered): void;
  onConnection(c: Connection): void;
}

/** First and longest pause before another attempt, in milliseconds; between them it doubles. */
const RETRY_MS = [250, 5000] as const;

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

  private open(): void {
    clearTimeout(this.timer);
    const socket = new WebSocket(this.options.url(this.options.seq()));
    this.socket = socket;
    socket.onopen = () => {
      const awayMs = this.lostAt ? Date.now() - this.lostAt : 0;
      this.lostAt = 0;
      this.pause = RETRY_MS[0];
      this.options.onConnection({ state: "live", awayMs });
    };
    socket.onmessage = (m: MessageEvent<string>) => {
      const g = JSON.parse(m.data) as Gathered;
      const seq = this.options.seq();
      if (g.after > seq) socket.close(); // something is missing: ask again from what is known
      else if (g.seq > seq) this.options.onMessage(g);
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (!this.lostAt) {
        this.lostAt = Date.now();
        this.options.onConnection({ state: "paused", since: this.lostAt });
      }
      this.timer = setTimeout(() => this.open(), this.pause);
      this.pause = Math.min(this.pause * 2, RETRY_MS[1]);
    };
  }
}
