// Package templates owns the pages: templ views over the plain structs of this package and of web/view.
//
// It knows no database, no runtime and no request. A handler fills a struct and renders the component of the same name without "Page"
// (FlowsPage → Flows). Every page works with scripts off, except the canvas; nothing here needs an inline style or script, so the strictest
// content security policy holds.
package templates

import (
	"net/url"
	"time"

	"github.com/segno-run/segno/web/view"
)

// Chrome is what every page shares: the top bar, the title, what the last action said.
type Chrome struct {
	Title    string // of the document, " · Segno" is appended
	Section  string // flows, runs or functions: lit in the top bar
	Nonce    string // the CSP nonce for styles, for the code editor
	Flash    *Flash
	SignedIn bool      // a session exists: offer Sign out
	Viewer   bool      // of who may only look
	Token    bool      // a request of the API needs a token
	Base     string    // this server's address, "http://127.0.0.1:8080", for commands that work pasted; "" leaves those out
	Now      time.Time // for relative times and for bars of what still runs; the zero time means the clock
}

// Flash is one sentence about what an action did or why it was refused.
type Flash struct {
	Error bool
	Text  string
}

// LoginPage is GET /login. Its form posts password and next to /login.
type LoginPage struct {
	Chrome
	Next  string // path to go on to
	Error string
}

// FlowsPage is GET /flows.
type FlowsPage struct {
	Chrome
	Flows []FlowCard
	Tour  string // where "Break it, then repair it" starts, e.g. /flows/order/start?fail=ship; "" hides the strip
	// Project is how the server's project folder stands; its problems and notes are a strip above the flows.
	Project view.Project
}

// NewFlowPage is GET and POST /flows/new?template=&name=&title=. Its form posts name, title, template and bring.
type NewFlowPage struct {
	Chrome
	Name, Title   string
	Template      string // the chosen one
	Templates     []Starter
	Missing       []string // functions that templates call and this server lacks
	Bring         bool     // register them
	NameError     string
	Better        string // a name made of what was typed, "" if there is none
	Taken         string // the flow that has the name already
	TitleError    string
	TemplateError string
}

// Starter is a template of a new flow.
type Starter struct {
	Name    string
	Title   string
	About   string
	Thumb   string // SVG, trusted; "" of an empty canvas
	Calls   []string
	Missing int // how many of Calls this server lacks
}

// FlowCard is one flow of the list.
type FlowCard struct {
	Name      string
	Title     string
	Published int    // latest version, 0 if never published
	Changed   bool   // the draft differs from it
	Problems  int    // errors of the draft
	Thumb     string // SVG of the graph, trusted
	Steps     int
	Runs      int
	Active    int // runs that have not ended
	Failed    int // runs that failed and wait for a person
	LastRun   *RunRow
}

// FlowHead is the header that all pages of one flow share.
type FlowHead struct {
	Name      string
	Title     string
	Published int
	Changed   bool
	Tab       string // overview, edit, tests, versions, runs or start
}

// FlowPage is GET /flows/{name}.
type FlowPage struct {
	Chrome
	Head      FlowHead
	Thumb     string // SVG of the latest version's graph, or of the draft's
	Latest    *VersionRow
	Recent    []RunRow
	Counts    []Count // runs by status, only those above zero
	Steps     int
	Functions []string  // that it calls
	Runs      []FlowRun // the flows that it runs
	RunBy     []string  // the flows whose latest version runs it
	OnFailure string    // pause or compensate
	Problems  int
	Retention *RetentionForm // nil: it is not shown
	Health    *FlowHealth    // nil: no run began lately
	Sample    string         // an input that fits, JSON on one line, if nothing has run yet
}

// FlowRun is a flow that another one runs. Version is 0 for a draft that names none: the latest when it is published.
type FlowRun struct {
	Name    string
	Version int
}

// Count is a number with its link: runs of one status.
type Count struct {
	Status string
	N      int
	Href   string
}

// CanvasPage is GET /flows/{name}/edit?step=. See hooks.go for what the scripts rely on.
type CanvasPage struct {
	Chrome
	Head      FlowHead
	Draft     view.Draft
	Functions []view.Function
	Flows     []view.FlowRef // that a step may run: the published ones, but for this one
	Step      string         // selected
}

// VersionRow is one published version.
type VersionRow struct {
	Number  int
	Message string
	Author  string
	At      time.Time
	Hash    string // of the content, hex
	Runs    int
}

// VersionsPage is GET /flows/{name}/versions?v=N. Restore posts etag to /flows/{name}/versions/{N}/restore, its undo to /flows/{name}/unrestore.
type VersionsPage struct {
	Chrome
	Head     FlowHead
	Versions []VersionRow // newest first
	Open     *VersionRow  // the one whose text is shown
	Source   string       // its YAML
	Former   int          // the version before it, 0 if it is the first

	Functions []string  // that it calls, with the contracts that it was published with
	Children  []FlowRun // the flows that it runs, each in the version that is pinned

	ETag     string // of the draft that the page has seen
	Loses    bool   // restoring Open would replace unpublished changes
	Replaced int    // the version whose restore can be undone, 0 if none
}

// StartPage is GET and POST /flows/{name}/start. See form.go for the names of its fields.
type StartPage struct {
	Chrome
	Head    FlowHead
	Version int
	Fields  []Field // properties of the input's object, in written order
	Mode    string  // form or json: what is shown and, on POST, what counts ("_mode")
	JSON    string  // the input as indented JSON ("_json")
	Error   string  // of the whole input
	Problem []string
}

// RunRow is one run in a list.
type RunRow struct {
	ID        string
	Flow      string
	Version   int
	Status    string
	Needs     string // person, retry, or nothing
	Why       string // one sentence for what failed or waits: "ship: shipping.book answered 503"
	Input     string // one line of the input, for orientation; optional
	Below     string // id of a run below it that waits for a person; "" without one
	Done      int    // steps that settled
	Steps     int
	CreatedAt time.Time
	EndedAt   *time.Time

	Parent, ParentStep string // id and step of the run that started it, "" if none did
	ParentItem         int    // the item of that step, -1 outside a for_each
}

// ShownEvents is how many transitions the page of a run lists; the API has the others.
const ShownEvents = 300

// RunPage is GET /runs/{id}?step=&item=&attempt=&view=&plan=&version=&items=&status=&class=&iteration=. Fragments take the same struct.
// VerdictOf, RowsOf and InspectorOf conclude their parts from the run, so a handler has little to fill.
type RunPage struct {
	Chrome
	Run       view.Run
	Root      *Root // of a failed run below others; nil if a restart can't begin it anew
	Latest    int   // version of the flow that new runs are on
	Graph     view.Graph
	GraphSVG  string // the graph drawn by the server: what is there before the script, and without it
	Verdict   Verdict
	Rows      []StepRow
	Axis      Axis // under the rows' bars
	Inspector Inspector
	Grid      *ItemsGrid   // of the selected step, if it is a for_each
	Iteration *Iteration   // of the selected loop
	Child     *ChildRun    // the run that the selection has started
	Events    []view.Event // oldest first
	Turns     bool         // a call of a function with limits is under way: whether it waits for its turn is no event of the run
	Truncated bool         // Events are only the newest ones
	Tour      Tour         // what to try next, on a run of the sample

	Plans        []view.Plan     // of the buttons that fit: retry, compensate; restart, if the address asks for it
	Versions     []int           // those that a failed run may go on with, the latest first; not all, if there are many
	VersionCount int             // of the flow: its versions are 1 to this
	Given        []GivenInput    // what failed, and what it would be called with on the plan of Retry
	Restarts     bool            // it can be restarted from a step
	Stops        []view.PlanStep // what a cancel stops
	OnFailure    string          // of the flow: pause or compensate
	Selection    url.Values      // what the address selects: step, item, attempt, view, items, status, class, iteration
	Open         string          // whose plan is open: retry, restart, compensate or cancel
}

// Root is the step of the run at the top from which a restart begins a failed run below it anew.
type Root struct {
	Run, Step       string
	Flow            string // of that run
	Version, Latest int    // that it is on, and that was published last
}

// GivenInput is the editor of one failed call's input.
type GivenInput struct {
	Ref    string // step, or step#item
	Step   string
	Fields []Field // by the contract, if a form can be made of it
	JSON   string  // else, as text
	Was    string  // what it would be called with: the same, posted, gives nothing
	Error  string  // why what was typed is refused
	Open   bool
}

// Inspector is the selection of a run page: a step, one of its items, one attempt, one tab.
type Inspector struct {
	Step       *view.Step // nil: the run itself
	Item       *view.Item
	Failed     *int           // the first item that failed, nil if none did
	Attempt    int            // chosen attempt number, 0 for the last
	Of         *view.Values   // what the chosen attempt was sent and gave; nil without one
	Merged     bool           // the log lines of all attempts
	Tab        string         // input, resolved, output, attempts, logs or error; "" picks what matters most
	Written    []view.Written // what the definition says of the step's input
	Difference *Difference    // of the tab Diff; nil under any other
	Bytes      int64          // of the value that is shown, if it is kept apart from the history
	Beginning  []byte         // of that value; nil: it is in the page
	ItemValue  []byte         // the item of a for_each, as its list has it
	Typed      *Resolution    // what a refused form held
	Succeeded  bool           // the run itself, with an output to show
	Keep       url.Values     // of the address: what another tab keeps, the filter of items
}

// Resolution is what a person typed into the form of an uncertain step.
type Resolution struct {
	Outcome, Output, Reason, Error string
}

// FunctionsPage is GET /functions.
type FunctionsPage struct {
	Chrome
	Functions []view.Function
	Connect   Connect
}

// FunctionPage is GET /functions/{name}. Try it posts input (JSON text) to /functions/{name}/try and renders the page again with Tried.
type FunctionPage struct {
	Chrome
	Function view.Function
	TryInput string
	Tried    *Tried
	Uses     []FunctionUse
	Spec     string          // as JSON, for "What would it break?"; "" leaves that out
	Change   *FunctionChange // the answer
}

// Tried is the answer of "Try it".
type Tried struct {
	Output  []byte // JSON
	Failure *view.Failure
	Logs    []view.LogLine
	Took    time.Duration
}

// ErrorPage is any page that could not be: what, where, and how to mend it.
type ErrorPage struct {
	Chrome
	Status  int    // HTTP status
	What    string // "There is no run 0190…"
	Where   string // "GET /runs/0190…"
	How     string // "It may have been deleted; the list has what is there."
	Command string // one that works pasted, optional
	Links   []Link
	Details []string
}

// Link is a place to go.
type Link struct {
	Text, Href string
}
