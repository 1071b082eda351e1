// Where the values of a JSON text stand. Nothing is decoded before it is looked at: a number stays as it was written, whatever a double could hold of it,
// and a text of many megabytes costs a few arrays of numbers. Pure.

/** What a value is, by its first character. */
export type Kind = "object" | "array" | "string" | "number" | "word";

/** The node of the whole text. */
export const ROOT = 0;

/** An outline of a JSON text. A node is the number of a value in the order of the text; its children follow it. */
export interface Outline {
  readonly text: string;
  readonly length: number; // nodes
  readonly start: Int32Array; // of the value
  readonly end: Int32Array; // behind it
  readonly key: Int32Array; // where its key's quote stands, -1 without one
  readonly parent: Int32Array; // -1 at the root
  readonly after: Int32Array; // the first node that is not below it
  readonly count: Int32Array; // of its children
  readonly place: Int32Array; // among its parent's children, from 0
  readonly escaped: Uint8Array; // 1: there is a backslash in its text, 2: in its key
}

const enum C { quote = 34, comma = 44, colon = 58, open = 91, backslash = 92, close = 93, openBrace = 123, closeBrace = 125 }

/** What may come next. */
const enum Next { value, firstOrEnd, key, keyOrEnd, colon, commaOrEnd, nothing }

/** How many characters are read at once, so that a page goes on in between. */
export const SLICE = 1 << 19;

/** Reads a text in slices. It knows the structure and trusts the rest: what stands where a number or a word may be is taken as one. */
export class Reader {
  private n = 0;
  private at = 0;
  private inside = -1;
  private next: Next = Next.value;
  private keyAt = -1;
  private keyEscaped = 0;
  private start: Int32Array;
  private end: Int32Array;
  private key: Int32Array;
  private parent: Int32Array;
  private after: Int32Array;
  private count: Int32Array;
  private place: Int32Array;
  private escaped: Uint8Array;

  constructor(private readonly text: string) {
    const room = Math.max(64, text.length >> 4);
    [this.start, this.end, this.key, this.parent, this.after, this.count, this.place] = Array.from({ length: 7 }, () => new Int32Array(room)) as [
      Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array, Int32Array,
    ];
    this.escaped = new Uint8Array(room);
  }

  /** Reads on for so many characters, at least. True at the end. Throws a SyntaxError with the place for what is not JSON. */
  read(most: number = Infinity): boolean {
    const { text } = this;
    const stop = Math.min(text.length, this.at + most);
    while (this.at < stop) {
      const c = text.charCodeAt(this.at);
      if (c === 32 || c === 10 || c === 13 || c === 9) {
        this.at++;
        continue;
      }
      switch (this.next) {
        case Next.firstOrEnd:
          if (c === C.close) this.leave();
          else this.value(c);
          break;
        case Next.value:
          this.value(c);
          break;
        case Next.keyOrEnd:
        case Next.key:
          if (c === C.closeBrace && this.next === Next.keyOrEnd) this.leave();
          else if (c !== C.quote) this.fail();
          else {
            this.keyAt = this.at;
            this.keyEscaped = this.string() ? 2 : 0;
            this.next = Next.colon;
          }
          break;
        case Next.colon:
          if (c !== C.colon) this.fail();
          this.at++;
          this.next = Next.value;
          break;
        case Next.commaOrEnd: {
          const list = text.charCodeAt(this.start[this.inside]!) === C.open;
          if (c === C.comma) {
            this.at++;
            this.next = list ? Next.value : Next.key;
          } else if (c === (list ? C.close : C.closeBrace)) this.leave();
          else this.fail();
          break;
        }
        case Next.nothing:
          this.fail();
      }
    }
    if (this.at < text.length) return false;
    if (this.next !== Next.nothing) this.fail();
    return true;
  }

  /** What was read. Only at the end. */
  outline(): Outline {
    const { text, n, start, end, key, parent, after, count, place, escaped } = this;
    return { text, length: n, start, end, key, parent, after, count, place, escaped };
  }

  private value(c: number): void {
    if (this.n === this.start.length) this.grow();
    const node = this.n++;
    this.start[node] = this.at;
    this.key[node] = this.keyAt;
    this.escaped[node] = this.keyEscaped;
    this.parent[node] = this.inside;
    this.count[node] = 0;
    this.place[node] = this.inside < 0 ? 0 : this.count[this.inside]!++;
    this.keyAt = -1;
    this.keyEscaped = 0;
    if (c === C.openBrace || c === C.open) {
      this.inside = node;
      this.at++;
      this.next = c === C.open ? Next.firstOrEnd : Next.keyOrEnd;
      return;
    }
    if (c === C.quote) {
      if (this.string()) this.escaped[node]! |= 1;
    } else if (c === 45 || (c >= 48 && c <= 57) || (c >= 97 && c <= 122)) this.bare();
    else this.fail();
    this.end[node] = this.at;
    this.after[node] = this.n;
    this.next = this.inside < 0 ? Next.nothing : Next.commaOrEnd;
  }

  private leave(): void {
    const node = this.inside;
    this.end[node] = ++this.at;
    this.after[node] = this.n;
    this.inside = this.parent[node]!;
    this.next = this.inside < 0 ? Next.nothing : Next.commaOrEnd;
  }

  /** Goes behind the string that begins here. True if there is a backslash in it. */
  private string(): boolean {
    const { text } = this;
    let escaped = false;
    for (let i = this.at + 1; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c === C.quote) {
        this.at = i + 1;
        return escaped;
      }
      if (c === C.backslash) {
        escaped = true;
        i++;
      }
    }
    return this.fail();
  }

  private bare(): void {
    const { text } = this;
    for (; this.at < text.length; this.at++) {
      const c = text.charCodeAt(this.at);
      if (!((c >= 48 && c <= 57) || (c >= 97 && c <= 122) || c === 46 || c === 45 || c === 43 || c === 69)) return;
    }
  }

  private grow(): void {
    const wider = (a: Int32Array): Int32Array => {
      const b = new Int32Array(a.length * 2);
      b.set(a);
      return b;
    };
    this.start = wider(this.start);
    this.end = wider(this.end);
    this.key = wider(this.key);
    this.parent = wider(this.parent);
    this.after = wider(this.after);
    this.count = wider(this.count);
    this.place = wider(this.place);
    const escaped = new Uint8Array(this.escaped.length * 2);
    escaped.set(this.escaped);
    this.escaped = escaped;
  }

  private fail(): never {
    throw new SyntaxError(`not JSON at character ${this.at}`);
  }
}

/** Outlines a text at once. */
export function outline(text: string): Outline {
  const reader = new Reader(text);
  reader.read();
  return reader.outline();
}

export function kindOf(o: Outline, node: number): Kind {
  switch (o.text.charCodeAt(o.start[node]!)) {
    case C.openBrace:
      return "object";
    case C.open:
      return "array";
    case C.quote:
      return "string";
  }
  const c = o.text.charCodeAt(o.start[node]!);
  return c === 45 || c < 58 ? "number" : "word";
}

export function isContainer(o: Outline, node: number): boolean {
  const c = o.text.charCodeAt(o.start[node]!);
  return c === C.openBrace || c === C.open;
}

/** The text of a value, as it was recorded. */
export function rawOf(o: Outline, node: number): string {
  return o.text.slice(o.start[node], o.end[node]);
}

/** The key of a member, "" of what has none. */
export function keyOf(o: Outline, node: number): string {
  const at = o.key[node]!;
  if (at < 0) return "";
  let end = o.text.indexOf('"', at + 1);
  if (o.escaped[node]! & 2) for (end = at + 1; o.text.charCodeAt(end) !== C.quote; end++) if (o.text.charCodeAt(end) === C.backslash) end++;
  return decoded(o.text.slice(at, end + 1));
}

/** The text of a string, or what begins it: at most so many characters, and whether that is all. */
export function stringOf(o: Outline, node: number, most = Infinity): { text: string; whole: boolean } {
  const from = o.start[node]! + 1;
  const to = o.end[node]! - 1;
  if (to - from <= most) return { text: decoded(o.text.slice(from - 1, to + 1)), whole: true };
  // Cut between two characters: not inside an escape, nor between the halves of a pair.
  const cut = o.text.slice(from, from + most).replace(/(^|[^\\])((?:\\\\)*)\\(?:u[0-9a-fA-F]{0,3})?$/, "$1$2");
  return { text: decoded(`"${cut}"`).replace(/[\ud800-\udbff]$/, ""), whole: false };
}

function decoded(token: string): string {
  if (!token.includes("\\")) return token.slice(1, -1);
  try {
    return JSON.parse(token) as string;
  } catch {
    return token.slice(1, -1); // an escape that is none: as it stands
  }
}

/** The children of a node, in order. */
export function* children(o: Outline, node: number): Generator<number> {
  if (!isContainer(o, node)) return;
  for (let c = node + 1; c < o.after[node]!; c = o.after[c]!) yield c;
}

/** The same JSON, indented by two spaces a level. What is written of a value does not change. */
export function indented(o: Outline, node: number): string {
  const parts: string[] = [];
  const put = (n: number, margin: string): void => {
    if (!isContainer(o, n) || o.count[n] === 0) {
      parts.push(isContainer(o, n) ? (kindOf(o, n) === "array" ? "[]" : "{}") : rawOf(o, n));
      return;
    }
    const list = kindOf(o, n) === "array";
    const inner = `${margin}  `;
    parts.push(list ? "[" : "{");
    for (const c of children(o, n)) {
      parts.push(o.place[c] ? ",\n" : "\n", inner);
      if (!list) parts.push(JSON.stringify(keyOf(o, c)), ": ");
      put(c, inner);
    }
    parts.push("\n", margin, list ? "]" : "}");
  };
  put(node, "");
  return parts.join("");
}
