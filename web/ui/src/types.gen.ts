// Code generated from web/view by web/ui/gen. DO NOT EDIT.

/** Any JSON value. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface Draft {
  flow: string;
  title: string;
  etag: string;
  source: string;
  published: number;
  changed: boolean;
  broken: boolean;
  graph: Graph;
  spec?: Json;
  issues: Issue[];
  pasted?: Pasted;
}

export interface Function {
  name: string;
  title?: string;
  kind: string;
  target: string;
  idempotent: boolean;
  input?: Json;
  output?: Json;
  timeout?: string;
  concurrency?: number;
  rate?: string;
  used_by?: string[];
}

export interface FlowRef {
  name: string;
  title?: string;
  version: number;
  input?: Json;
}

export interface Run {
  id: string;
  flow: string;
  version: number;
  status: string;
  seq: number;
  input: Json;
  output?: Json;
  input_bytes?: number;
  output_bytes?: number;
  input_ref?: string;
  output_ref?: string;
  error?: Failure;
  created_at: string;
  ended_at?: string;
  steps: Step[];
  reads?: Read[];
  actions: string[];
  parent?: Parent;
  children?: ChildState[];
}

export interface Item extends Values {
  index: number;
  status: string;
  reason?: string;
  child?: Child;
  item_bytes: number;
  item_ref: string;
  error?: Failure;
  attempts: Attempt[];
  compensation?: Compensation;
  loop?: Loop;
}

export interface Event {
  seq: number;
  at: string;
  facts: Fact[];
  run?: RunPatch;
  steps?: Step[];
}

export interface Assist {
  from: Place;
  to: Place;
  items: AssistItem[];
  hover?: Hover;
  type?: string;
  wanted?: string;
}

export interface Overlay {
  flow: string;
  from: string;
  to: string;
  graph: Graph;
  changes: DiffChange[];
  change?: string;
}

export interface Publication {
  flow: string;
  version: number;
  from?: number;
  summary: string;
  changes: DiffChange[];
  graph?: string;
  running: RunsOn[];
  pinned_by: PinnedBy[];
  children: ChildMoves[];
  tests: Tested;
  behind: TestsBehind[];
}

export interface Reference {
  in: string;
  step?: string;
  file?: string;
  line: number;
  text: string;
}

export interface Merge {
  etag: string;
  source: string;
  mine: string;
  changes: MergeChange[];
}

export interface Recorded {
  values: RecordedValue[];
  items?: number;
  item?: number;
}

export interface Gathered {
  after: number;
  seq: number;
  sent: string;
  beat_ms: number;
  events: Event[];
  skipped?: number;
  run: RunPatch;
  steps: Step[];
}

export interface Graph {
  nodes: Node[];
  edges: Edge[];
  width: number;
  height: number;
}

export interface Issue {
  severity: string;
  line: number;
  column: number;
  end_column?: number;
  step?: string;
  field?: string;
  message: string;
  hint?: string;
  fix?: Fix;
}

export interface Pasted {
  steps: string[];
  renamed: Rename[];
  dangling: Dangling[];
}

export interface Failure {
  step?: string;
  item?: number;
  class: string;
  effect: string;
  message: string;
  evidence?: Detail[];
  handled?: boolean;
}

export interface Step extends Values {
  id: string;
  kind: string;
  title?: string;
  function?: string;
  flow?: string;
  child?: Child;
  status: string;
  below?: string;
  port?: string;
  reason?: string;
  dead?: DeadEdge[];
  attempt: number;
  max_attempts?: number;
  next_at?: string;
  started_at?: string;
  ended_at?: string;
  for_each?: boolean;
  items?: Items;
  error?: Failure;
  attempts?: Attempt[];
  key?: string;
  unknown?: number;
  compensation?: Compensation;
  loop?: Loop;
  deciding?: Deciding;
}

export interface Read {
  from: string;
  to: string;
  ports?: string[];
  bytes?: number;
}

export interface Parent {
  run: string;
  step: string;
  item?: number;
}

export interface ChildState {
  run: string;
  flow: string;
  status: string;
  needs?: string;
  shown?: string;
  step: string;
  item?: number;
  depth: number;
  says?: string;
}

export interface Values {
  input?: Json;
  output?: Json;
  input_bytes?: number;
  output_bytes?: number;
  input_ref?: string;
  output_ref?: string;
}

export interface Child {
  run: string;
  flow: string;
  version: number;
  status?: string;
}

export interface Attempt {
  number: number;
  iteration?: number;
  run?: string;
  said?: string;
  status: string;
  queued_at: string;
  started_at?: string;
  ended_at?: string;
  error?: Failure;
  phases?: Phase[];
  logs?: LogLine[];
  logs_dropped?: number;
  trace?: string;
}

export interface Compensation {
  function?: string;
  flow?: string;
  status: string;
  unknown?: number;
  error?: Failure;
  attempts?: Attempt[];
}

export interface Loop {
  iteration: number;
  max?: number;
  completed: number;
  condition?: string;
  next_at?: string;
  output?: Json;
}

export interface Fact {
  type: string;
  step?: string;
  item?: number;
  run?: string;
  text: string;
}

export interface RunPatch {
  status: string;
  version: number;
  ended_at?: string;
  error?: Failure;
  actions: string[];
}

export interface Place {
  line: number;
  column: number;
}

export interface AssistItem {
  label: string;
  kind: string;
  type?: string;
  detail?: string;
  insert: string;
}

export interface Hover {
  from: Place;
  to: Place;
  label: string;
  type?: string;
  detail?: string;
}

export interface DiffChange {
  id: string;
  sign: string;
  text: string;
  below?: string[];
  step?: string;
  edge?: string;
  old?: number;
  new?: number;
}

export interface RunsOn {
  version: number;
  runs: number;
}

export interface PinnedBy {
  flow: string;
  version: number;
}

export interface ChildMoves {
  flow: string;
  from: number;
  to: number;
}

export interface Tested {
  total: number;
  failed: number;
  ran: number;
  stale: boolean;
  at?: string;
}

export interface TestsBehind {
  step: string;
  now?: string;
  places: number;
  files: string[];
}

export interface MergeChange {
  path: string;
  step?: string;
  field?: string;
  side: string;
  base: string;
  mine: string;
  theirs: string;
}

export interface RecordedValue {
  text?: string;
  bytes?: number;
  cut?: boolean;
  why?: string;
}

export interface Node {
  id: string;
  kind: string;
  title?: string;
  function?: string;
  flow?: string;
  version?: number;
  x: number;
  y: number;
  w: number;
  h: number;
  ports: Port[];
  for_each?: boolean;
  until?: number;
  retry?: number;
  compensate?: string;
  after?: string;
  errors?: number;
  warnings?: number;
  line?: number;
  any?: boolean;
  spec?: Json;
  mark?: string;
  was?: string;
}

export interface Edge {
  id: string;
  from: string;
  port: string;
  to: string;
  mark?: string;
  enter?: number;
}

export interface Fix {
  line: number;
  column: number;
  end_line: number;
  end_column: number;
  text: string;
  label: string;
  guess?: boolean;
}

export interface Rename {
  from: string;
  to: string;
}

export interface Dangling {
  in: string;
  step: string;
}

export interface Detail {
  name: string;
  value: string;
}

export interface DeadEdge {
  from: string;
  port?: string;
  why: string;
}

export interface Items {
  total: number;
  succeeded: number;
  failed: number;
  running: number;
  retrying?: number;
  waiting?: number;
  uncertain?: number;
}

export interface Deciding {
  title: string;
  deadline?: string;
}

export interface Phase {
  name: string;
  ms: number;
}

export interface LogLine {
  at: string;
  stream: string;
  text: string;
}

export interface Port {
  name: string;
  wired: boolean;
}
