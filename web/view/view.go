// Package view owns the plain structs that pages, the JSON API and the browser's TypeScript share. The TypeScript types are generated from them.
//
// They hold no logic and no types of the runtime: what a status means was concluded before it got here.
package view

import (
	"encoding/json"
	"time"
)

// Issue is one problem of a draft.
type Issue struct {
	Severity  string `json:"severity"` // error or warning
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndColumn int    `json:"end_column,omitempty"`
	Step      string `json:"step,omitempty"`
	Field     string `json:"field,omitempty"`
	Message   string `json:"message"`
	Hint      string `json:"hint,omitempty"`
	Fix       *Fix   `json:"fix,omitempty"`
}

// Fix is an edit of the text that mends an issue: what stands from Line and Column up to EndLine and EndColumn becomes Text.
type Fix struct {
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"end_line"`
	EndColumn int    `json:"end_column"`
	Text      string `json:"text"`
	Label     string `json:"label"`
	Guess     bool   `json:"guess,omitempty"` // what it settles, a person has to judge
}

// Graph is a flow as the canvas draws it. Positions are the server's.
type Graph struct {
	Nodes  []Node  `json:"nodes"`
	Edges  []Edge  `json:"edges"`
	Width  float64 `json:"width"`
	Height float64 `json:"height"`
}

// Node is one step on the canvas. X and Y are of its upper left corner, in CSS pixels at zoom 1.
type Node struct {
	ID         string          `json:"id"`
	Kind       string          `json:"kind"` // call, flow, switch, set, wait, signal, approval, fail
	Title      string          `json:"title,omitempty"`
	Function   string          `json:"function,omitempty"`
	Flow       string          `json:"flow,omitempty"`    // kind flow: the one that it runs
	Version    int             `json:"version,omitempty"` // of that flow; 0: the latest when this one is published
	X          float64         `json:"x"`
	Y          float64         `json:"y"`
	W          float64         `json:"w"`
	H          float64         `json:"h"`
	Ports      []Port          `json:"ports"`
	ForEach    bool            `json:"for_each,omitempty"`
	Until      int             `json:"until,omitempty"`      // max of a loop
	Retry      int             `json:"retry,omitempty"`      // max_attempts when above 1
	Compensate string          `json:"compensate,omitempty"` // the function that undoes it
	After      string          `json:"after,omitempty"`      // of Compensate: attempt if it also undoes what may have happened; default success
	Errors     int             `json:"errors,omitempty"`
	Warnings   int             `json:"warnings,omitempty"`
	Line       int             `json:"line,omitempty"` // in the YAML
	Any        bool            `json:"any,omitempty"`  // joins with needs: {any: …}
	Spec       json.RawMessage `json:"spec,omitempty"` // the step as written, as JSON; templates as strings; edit and diff mode
	Mark       string          `json:"mark,omitempty"` // diff mode: "+", "-", "~" or "!"; none if both versions have it alike
	Was        string          `json:"was,omitempty"`  // diff mode: its old name
}

// Port is a place an edge can leave from.
type Port struct {
	Name  string `json:"name"`
	Wired bool   `json:"wired"`
}

// Edge joins a port to a step. ID is "from.port>to".
type Edge struct {
	ID   string `json:"id"`
	From string `json:"from"`
	Port string `json:"port"`
	To   string `json:"to"`
	Mark string `json:"mark,omitempty"` // diff mode: "+" or "-"
	// How far right of the middle of the target's upper side it arrives, in CSS pixels.
	Enter float64 `json:"enter,omitempty"`
}

// Draft is the draft of a flow with everything the canvas needs: GET /api/v1/flows/{name}/draft with Accept: application/json.
type Draft struct {
	Flow      string          `json:"flow"`
	Title     string          `json:"title"`
	ETag      string          `json:"etag"` // as in the ETag header, quotes included
	Source    string          `json:"source"`
	Published int             `json:"published"` // the latest version, 0 if none
	Changed   bool            `json:"changed"`   // the draft differs from the latest version
	Broken    bool            `json:"broken"`    // the text cannot be parsed: Graph is of the last text that could, or empty
	Graph     Graph           `json:"graph"`
	Spec      json.RawMessage `json:"spec,omitempty"` // the flow as written, without its steps, for forms
	Issues    []Issue         `json:"issues"`
	Pasted    *Pasted         `json:"pasted,omitempty"` // the answer to a paste
}

// Function is one registered function: GET /api/v1/functions.
type Function struct {
	Name       string          `json:"name"`
	Title      string          `json:"title,omitempty"`
	Kind       string          `json:"kind"`   // http, process or local
	Target     string          `json:"target"` // URL, command line, or the name of a Go function
	Idempotent bool            `json:"idempotent"`
	Input      json.RawMessage `json:"input,omitempty"`  // JSON Schema
	Output     json.RawMessage `json:"output,omitempty"` // JSON Schema
	Timeout    string          `json:"timeout,omitempty"`

	Concurrency int    `json:"concurrency,omitempty"` // calls under way, over all servers; 0: no bound but each server's own
	Rate        string `json:"rate,omitempty"`        // calls that begin, over all servers, such as 100/m; "": no bound

	UsedBy []string `json:"used_by,omitempty"` // flows whose latest version calls it
}

// FlowRef is a published flow that a step of another one may run.
type FlowRef struct {
	Name    string          `json:"name"`
	Title   string          `json:"title,omitempty"`
	Version int             `json:"version"`         // the latest
	Input   json.RawMessage `json:"input,omitempty"` // JSON Schema, of the latest version
}

// Run is a run as GET /api/v1/runs/{id} shows it.
type Run struct {
	ID          string          `json:"id"`
	Flow        string          `json:"flow"`
	Version     int             `json:"version"`
	Status      string          `json:"status"`
	Seq         int64           `json:"seq"`   // of the last transition that this view holds
	Input       json.RawMessage `json:"input"` // with a Payload in the place of what is above 64 KiB
	Output      json.RawMessage `json:"output,omitempty"`
	InputBytes  int64           `json:"input_bytes,omitempty"`
	OutputBytes int64           `json:"output_bytes,omitempty"`
	InputRef    string          `json:"input_ref,omitempty"` // where the whole input is, if a Payload stands in it
	OutputRef   string          `json:"output_ref,omitempty"`
	Error       *Failure        `json:"error,omitempty"`
	CreatedAt   time.Time       `json:"created_at"`
	EndedAt     *time.Time      `json:"ended_at,omitempty"`
	Steps       []Step          `json:"steps"`
	Reads       []Read          `json:"reads,omitempty"` // which step reads the output of which; none if the version does not compile any more
	Actions     []string        `json:"actions"`         // what fits now: retry, compensate, cancel
	Parent      *Parent         `json:"parent,omitempty"`
	Children    []ChildState    `json:"children,omitempty"` // runs below it that go on, those that somebody has to look at first; 50 at most
}

// Read says that a step reads the output of another one, which so flows to it.
type Read struct {
	From  string   `json:"from"`
	To    string   `json:"to"`
	Ports []string `json:"ports,omitempty"` // of the edges that join the two; none: it is read from further back
	Bytes int64    `json:"bytes,omitempty"` // of that output; none before it is recorded
}

// Parent is the step that started a run.
type Parent struct {
	Run  string `json:"run"`
	Step string `json:"step"`
	Item *int   `json:"item,omitempty"` // of a for_each
}

// ChildState is how a run stands that goes on below another one: its child, or one that a child has started.
type ChildState struct {
	Run    string `json:"run"`
	Flow   string `json:"flow"`
	Status string `json:"status"`
	Needs  string `json:"needs,omitempty"` // person or retry, as in a list of runs
	Shown  string `json:"shown,omitempty"` // ask, uncertain, retrying, paused, waiting or compensating: what the run above should say; none if it is simply under way
	Step   string `json:"step"`            // of the run above, that waits for it
	Item   *int   `json:"item,omitempty"`
	Depth  int    `json:"depth"`          // 1: a child; 2: a child's child
	Says   string `json:"says,omitempty"` // of the first: what its own page says
}

// Child is the run that a step of kind flow, or one of its items, started.
type Child struct {
	Run     string `json:"run"`
	Flow    string `json:"flow"`
	Version int    `json:"version"`
	Status  string `json:"status,omitempty"` // how it ended; none while it goes on
}

// Failure is why a step or a run failed.
type Failure struct {
	Step     string   `json:"step,omitempty"`
	Item     *int     `json:"item,omitempty"`
	Class    string   `json:"class"`
	Effect   string   `json:"effect"`
	Message  string   `json:"message"`
	Evidence []Detail `json:"evidence,omitempty"`
	Handled  bool     `json:"handled,omitempty"` // an error port took it
}

// Detail is one line of evidence.
type Detail struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Step is one step of a run. In a live message Input, Output and Attempts are left out.
type Step struct {
	ID          string     `json:"id"`
	Kind        string     `json:"kind"`
	Title       string     `json:"title,omitempty"`
	Function    string     `json:"function,omitempty"`
	Flow        string     `json:"flow,omitempty"`  // kind flow: the one that it runs
	Child       *Child     `json:"child,omitempty"` // kind flow without a for_each: its run, once it began
	Status      string     `json:"status"`
	Below       string     `json:"below,omitempty"`  // what shows of its run, as of ChildState
	Port        string     `json:"port,omitempty"`   // the branch or answer that was taken
	Reason      string     `json:"reason,omitempty"` // why it was skipped, or what it waits for
	Dead        []DeadEdge `json:"dead,omitempty"`   // edges into it that were not taken, though it started; not in a live message
	Attempt     int        `json:"attempt"`          // attempts made or under way
	MaxAttempts int        `json:"max_attempts,omitempty"`
	NextAt      *time.Time `json:"next_at,omitempty"` // of a retry or a timer
	StartedAt   *time.Time `json:"started_at,omitempty"`
	EndedAt     *time.Time `json:"ended_at,omitempty"`
	ForEach     bool       `json:"for_each,omitempty"`
	Items       *Items     `json:"items,omitempty"` // of a for_each, once its list is known
	Values
	Error        *Failure      `json:"error,omitempty"`
	Attempts     []Attempt     `json:"attempts,omitempty"`
	Key          string        `json:"key,omitempty"`     // idempotency key of the call
	Unknown      int           `json:"unknown,omitempty"` // calls, one for each item, that did not complete and may have happened all the same
	Compensation *Compensation `json:"compensation,omitempty"`
	Loop         *Loop         `json:"loop,omitempty"`     // of a step with until; of a for_each its items have it
	Deciding     *Deciding     `json:"deciding,omitempty"` // an approval that waits
}

// Values are what a step or an item was sent and gave.
type Values struct {
	Input       json.RawMessage `json:"input,omitempty"` // with a Payload in the place of what is above 64 KiB
	Output      json.RawMessage `json:"output,omitempty"`
	InputBytes  int64           `json:"input_bytes,omitempty"`
	OutputBytes int64           `json:"output_bytes,omitempty"`
	InputRef    string          `json:"input_ref,omitempty"` // where the whole input is, if a Payload stands in it
	OutputRef   string          `json:"output_ref,omitempty"`
}

// DeadEdge is an edge that was not taken.
type DeadEdge struct {
	From string `json:"from"`
	Port string `json:"port,omitempty"`
	Why  string `json:"why"`
}

// Loop is where a step with until stands, or one of its items.
type Loop struct {
	Iteration int             `json:"iteration"`           // under way, waited for, or the last; from 1
	Max       int             `json:"max,omitempty"`       // the number of the last iteration that there may be
	Completed int             `json:"completed"`           // iterations that completed
	Condition string          `json:"condition,omitempty"` // as written
	NextAt    *time.Time      `json:"next_at,omitempty"`   // when the next iteration begins
	Output    json.RawMessage `json:"output,omitempty"`    // of the last iteration that completed, before the step has an output
}

// Deciding is an approval that waits for a person.
type Deciding struct {
	Title    string     `json:"title"`
	Deadline *time.Time `json:"deadline,omitempty"`
}

// Items counts the items of a for_each by status.
type Items struct {
	Total     int `json:"total"`
	Succeeded int `json:"succeeded"`
	Failed    int `json:"failed"`
	Running   int `json:"running"`             // begun and not ended: those that retry or wait are among them
	Retrying  int `json:"retrying,omitempty"`  // for their next attempt
	Waiting   int `json:"waiting,omitempty"`   // for their next iteration
	Uncertain int `json:"uncertain,omitempty"` // for a person's word
}

// Compensation is what became of undoing a step: by a function, or by having the run of a flow undo what it did.
type Compensation struct {
	Function string    `json:"function,omitempty"`
	Flow     string    `json:"flow,omitempty"`
	Status   string    `json:"status"`            // pending, running, retrying, compensated, compensation_failed, uncertain
	Unknown  int       `json:"unknown,omitempty"` // how many of what is undone did not complete, so that nobody knows whether it had happened
	Error    *Failure  `json:"error,omitempty"`
	Attempts []Attempt `json:"attempts,omitempty"`
}

// Item is one item of a for_each: GET /api/v1/runs/{id}/steps/{step}/items.
type Item struct {
	Index     int    `json:"index"`
	Status    string `json:"status"`
	Reason    string `json:"reason,omitempty"` // why it does not run, if it has not ended
	Child     *Child `json:"child,omitempty"`  // its run, if the step runs a flow
	ItemBytes int64  `json:"item_bytes"`       // of the item itself, as its list has it
	ItemRef   string `json:"item_ref"`         // where it is
	Values
	Error        *Failure      `json:"error,omitempty"`
	Attempts     []Attempt     `json:"attempts"`
	Compensation *Compensation `json:"compensation,omitempty"`
	Loop         *Loop         `json:"loop,omitempty"`
}

// Attempt is one call of a function.
type Attempt struct {
	Number    int        `json:"number"`
	Iteration int        `json:"iteration,omitempty"` // of a loop, from 1
	Run       string     `json:"run,omitempty"`       // kind flow: the run that was started, or asked to go on or to undo
	Said      string     `json:"said,omitempty"`      // what the output of an iteration began with after which the loop went on
	Status    string     `json:"status"`              // running, succeeded, failed, crashed, cancelled
	QueuedAt  time.Time  `json:"queued_at"`
	StartedAt *time.Time `json:"started_at,omitempty"`
	EndedAt   *time.Time `json:"ended_at,omitempty"`
	Error     *Failure   `json:"error,omitempty"`
	Phases    []Phase    `json:"phases,omitempty"`
	Logs      []LogLine  `json:"logs,omitempty"`
	Dropped   int        `json:"logs_dropped,omitempty"`
	Trace     string     `json:"trace,omitempty"` // W3C trace id, 32 hex digits
}

// Phase is a named part of the transport's time.
type Phase struct {
	Name string  `json:"name"`
	MS   float64 `json:"ms"`
}

// LogLine is one line that a function wrote.
type LogLine struct {
	At     time.Time `json:"at"`
	Stream string    `json:"stream"`
	Text   string    `json:"text"`
}

// Event is one committed transition: a message of the websocket, and an entry of GET /api/v1/runs/{id}/events.
type Event struct {
	Seq   int64     `json:"seq"`
	At    time.Time `json:"at"`
	Facts []Fact    `json:"facts"`
	Run   *RunPatch `json:"run,omitempty"`   // the run's summary after this event
	Steps []Step    `json:"steps,omitempty"` // the steps that it changed, after it, without their values
}

// Gathered is how a run stands for somebody who knew it up to After: a message of the websocket with ?gather=1.
type Gathered struct {
	After   int64     `json:"after"`   // the last transition that the reader knew
	Seq     int64     `json:"seq"`     // of the last one that this message holds
	Sent    time.Time `json:"sent"`    // by the server's clock
	BeatMS  int64     `json:"beat_ms"` // the next message comes within so many milliseconds, news or not: a line that is silent for longer is broken
	Events  []Event   `json:"events"`
	Skipped int64     `json:"skipped,omitempty"` // transitions between After and the first of Events: only the newest are told one by one
	Run     RunPatch  `json:"run"`
	Steps   []Step    `json:"steps"` // that may have changed, as they stand, without their values
}

// RunPatch is the run's summary after an event.
type RunPatch struct {
	Status  string     `json:"status"`
	Version int        `json:"version"` // of the flow that it is on
	EndedAt *time.Time `json:"ended_at,omitempty"`
	Error   *Failure   `json:"error,omitempty"`
	Actions []string   `json:"actions"`
}

// Fact is one thing that became true, in words for the log: "stock completed", with its step.
type Fact struct {
	Type string `json:"type"` // StepCompleted, RetryRequested, …
	Step string `json:"step,omitempty"`
	Item *int   `json:"item,omitempty"`
	Run  string `json:"run,omitempty"` // the run that it speaks of beside its own: one that a step started
	Text string `json:"text"`
}
