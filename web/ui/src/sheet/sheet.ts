// The inspector on a narrow screen, of the canvas and of a run: a sheet from below in three heights, by its bar, by its buttons or by the arrows.
import { button, element } from "../data/dom";

/** The heights of a sheet as shares of what is there, the smallest first. */
export const HEIGHTS = [0.24, 0.55, 0.92] as const;
const NAMES = ["low", "half", "full"] as const;
/** The least height of a sheet that is dragged, in CSS pixels: its bar. */
const LEAST = 56;
/** How fast a finger lets go for the sheet to go on in its direction, in CSS pixels a millisecond. */
const FLICK = 0.5;
/** How long the sheet takes to another height, in milliseconds: --m-base and a frame. */
const TAKES_MS = 220;

/** The height nearest to a share, or the next one in the direction in which the sheet was thrown. */
export function snap(share: number, speed: number): number {
  const near = HEIGHTS.reduce((best, h, i) => (Math.abs(h - share) < Math.abs(HEIGHTS[best]! - share) ? i : best), 0);
  if (Math.abs(speed) < FLICK) return near;
  const way = speed > 0 ? HEIGHTS.findIndex((h) => h > share) : HEIGHTS.findLastIndex((h) => h < share);
  return way < 0 ? near : way;
}

/** How much of a part of the page a sheet covers from below, in CSS pixels; 0 where the inspector stands beside it. */
export function coveredBy(sheet: Element | null, part: Element | null): number {
  if (!sheet || !part || !matchMedia("(max-width: 900px)").matches || getComputedStyle(sheet).position === "static") return 0;
  const [over, under] = [sheet.getBoundingClientRect(), part.getBoundingClientRect()];
  return over.height ? Math.max(0, under.bottom - over.top) : 0;
}

interface Wishes {
  /** The element that is told of the height, where the sheet itself is the server's to change; otherwise the sheet. */
  told?: HTMLElement | null;
  /** The height that it has first, a place in HEIGHTS. */
  at?: number;
  /** The height of which the sheet takes a share, in CSS pixels. */
  room(): number;
  onClose(): void;
  /** Told once the sheet has another height. */
  onRest(): void;
}

/** A sheet's height, and the bar on top of it that sets it. --sheet is the share that it takes, data-height the name of that. */
export class Sheet {
  readonly bar = element("div", "sg-sheet-bar");
  private readonly grip = element("div", "sg-grip");
  private readonly smaller = button("chevron-down", "Smaller", () => this.set(this.at - 1));
  private readonly larger = button("chevron-down", "Larger", () => this.set(this.at + 1));
  private at: number;
  private resting: ReturnType<typeof setTimeout> | undefined;
  /** What has --sheet, data-height and data-dragged. */
  private readonly told: HTMLElement;
  private drag: { y: number; high: number; last: number; when: number; speed: number } | null = null;

  constructor(private readonly sheet: HTMLElement, private readonly wishes: Wishes) {
    const { bar, grip } = this;
    this.told = wishes.told ?? sheet;
    const close = button("x", "Close", () => wishes.onClose());
    for (const [b, id] of [[this.smaller, "smaller"], [this.larger, "larger"], [close, "close"]] as const) {
      b.className = `sg-touch sg-${id}`;
      b.dataset["testid"] = `sheet-${id}`;
    }
    bar.dataset["client"] = ""; // what the server sends anew leaves it
    for (const [name, value] of [["role", "separator"], ["aria-orientation", "horizontal"], ["aria-label", "Height of the inspector"], ["aria-valuemin", percent(0)], ["aria-valuemax", percent(2)], ["tabindex", "0"]] as const) grip.setAttribute(name, value);
    bar.append(this.smaller, this.larger, grip, close);
    bar.addEventListener("pointerdown", (e) => this.down(e));
    bar.addEventListener("pointermove", (e) => this.move(e));
    for (const end of ["pointerup", "pointercancel"]) bar.addEventListener(end, () => this.up());
    grip.addEventListener("keydown", (e) => {
      if (e.key !== "ArrowUp" && e.key !== "ArrowDown") return;
      this.set(this.at + (e.key === "ArrowUp" ? 1 : -1));
      e.preventDefault();
      e.stopPropagation();
    });
    this.at = wishes.at ?? 1;
    this.set(this.at);
  }

  /** Gives the sheet another height: the place of one of HEIGHTS. */
  set(at: number): void {
    this.at = Math.max(0, Math.min(HEIGHTS.length - 1, at));
    this.told.style.setProperty("--sheet", String(HEIGHTS[this.at]!));
    this.told.dataset["height"] = NAMES[this.at]!;
    this.grip.setAttribute("aria-valuenow", percent(this.at));
    this.smaller.disabled = this.at === 0;
    this.larger.disabled = this.at === HEIGHTS.length - 1;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.wishes.onRest(), TAKES_MS);
  }

  private down(e: PointerEvent): void {
    if (e.target instanceof Element && e.target.closest("button")) return;
    this.bar.setPointerCapture(e.pointerId);
    this.drag = { y: e.clientY, high: this.sheet.offsetHeight, last: e.clientY, when: e.timeStamp, speed: 0 };
    this.told.dataset["dragged"] = "";
  }

  private move(e: PointerEvent): void {
    const d = this.drag;
    if (!d) return;
    const took = e.timeStamp - d.when;
    if (took > 0) [d.speed, d.last, d.when] = [(d.last - e.clientY) / took, e.clientY, e.timeStamp];
    const room = this.wishes.room();
    const high = Math.max(LEAST, Math.min(room * HEIGHTS[2], d.high + d.y - e.clientY));
    this.told.style.setProperty("--sheet", (high / room).toFixed(4));
  }

  private up(): void {
    const d = this.drag;
    if (!d) return;
    this.drag = null;
    delete this.told.dataset["dragged"];
    this.set(snap(this.sheet.offsetHeight / this.wishes.room(), d.speed));
  }
}

function percent(at: number): string {
  return String(Math.round(HEIGHTS[at]! * 100));
}
