package web_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/journal"
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web"
)

func TestMain(m *testing.M) { pgtest.Main(m, pgtest.WithoutFsync()) }

// engine is a small engine that decides with the real planner and writes the real tables, one transition at a time. It calls nothing: tests say how
// calls end.
type engine struct {
	t        testing.TB
	pool     *pgxpool.Pool
	programs *programs
	broker   live.Broker

	mu     sync.Mutex
	runs   map[string]*liveRun
	late   time.Duration // of its clock
	keys   map[string]string
	wishes sync.Map // what was sent under an id
	kept   sync.Map // bytes by payload

	undecided string // the run whose buttons nobody decides
}

func (e *engine) House() runtime.House { return runtime.House{Runs: 3, Bytes: 5} }

func (e *engine) ReadPayload(_ context.Context, p planner.Payload, from, to int64, w io.Writer) error {
	raw, ok := e.kept.Load(p)
	if !ok {
		return journal.ErrNoPayload
	}
	_, err := w.Write(raw.([]byte)[from:min(to, p.Size)])
	return err
}

type liveRun struct {
	number  int64
	program *check.Program
	others  map[int]*check.Program
	state   *planner.State
}

// on gives the run the version that a wish names, as far as there is one.
func (e *engine) on(ctx context.Context, run string, version int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.runs[run]
	if p, err := e.programs.Program(ctx, r.state.Flow, version); err == nil && version != r.state.Version {
		r.others[version] = p
	}
}

func (e *engine) Start(ctx context.Context, req runtime.StartRequest) (string, bool, error) {
	e.mu.Lock()
	if id, ok := e.keys[req.Key]; ok && req.Key != "" {
		defer e.mu.Unlock()
		if string(e.runs[id].state.Input.JSON()) != string(req.Input) {
			return "", false, runtime.ErrKeyReused
		}
		return id, false, nil
	}
	id := uuid.Must(uuid.NewV7()).String()
	p, err := e.programs.Program(ctx, req.Flow, req.Version)
	if err != nil {
		e.mu.Unlock()
		return "", false, err
	}
	r := &liveRun{number: int64(len(e.runs) + 1), program: p, others: map[int]*check.Program{}, state: planner.NewState()}
	e.runs[id], e.keys[req.Key] = r, id
	e.mu.Unlock()
	_, err = e.pool.Exec(ctx, `INSERT INTO runs (id, uuid, flow, version, status, reader, created_at, updated_at) VALUES ($1, $2, $3, $4, 'pending', 1, now(), now())`,
		r.number, id, req.Flow, req.Version)
	if err != nil {
		return "", false, err
	}
	if keys := runtime.InputKeys(req.Input); len(keys) > 0 {
		if _, err := e.pool.Exec(ctx, `INSERT INTO run_keys (run, keys) VALUES ($1, $2)`, r.number, keys); err != nil {
			return "", false, err
		}
	}
	return id, true, e.input(ctx, id, &planner.Start{ID: id, Version: req.Version, Input: req.Input, By: req.By})
}

func (e *engine) Started(_ context.Context, _, key string, input []byte) (string, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	id, ok := e.keys[key]
	if ok && string(e.runs[id].state.Input.JSON()) != string(input) {
		return "", false, runtime.ErrKeyReused
	}
	return id, ok, nil
}

func (e *engine) Press(ctx context.Context, run string, b runtime.Button) error {
	if run == e.undecided {
		return runtime.ErrUndecided
	}
	if b.ID != "" {
		switch was, known := e.wishes.LoadOrStore(b.ID, string(b.Output)); {
		case known && was != string(b.Output):
			return runtime.ErrButtonReused
		case known:
			return nil
		}
	}
	if b.Version > 0 {
		e.on(ctx, run, b.Version)
	}
	switch b.Kind {
	case runtime.ButtonRetry:
		return e.input(ctx, run, &planner.Retry{By: b.By, Seq: b.Seq, Version: b.Version, Given: b.Given})
	case runtime.ButtonRestart:
		return e.input(ctx, run, &planner.Restart{By: b.By, Seq: b.Seq, Step: b.Step, Version: b.Version, Again: b.Again})
	case runtime.ButtonCancel:
		return e.input(ctx, run, &planner.Cancel{By: b.By, Then: b.Then})
	case runtime.ButtonCompensate:
		return e.input(ctx, run, &planner.Undo{By: b.By, Seq: b.Seq})
	case runtime.ButtonRetryNow:
		return e.input(ctx, run, &planner.RetryNow{Step: b.Step, Item: b.Item, By: b.By})
	case runtime.ButtonStopRetrying:
		return e.input(ctx, run, &planner.StopRetrying{Step: b.Step, Item: b.Item, By: b.By})
	case runtime.ButtonPause:
		return e.input(ctx, run, &planner.Pause{By: b.By})
	case runtime.ButtonResume:
		return e.input(ctx, run, &planner.Resume{By: b.By})
	case runtime.ButtonSignal:
		return e.input(ctx, run, &planner.Send{Name: b.Name, Payload: b.Output, By: b.By})
	case runtime.ButtonApprove:
		return e.input(ctx, run, &planner.Approve{Step: b.Step, Approved: b.Approved, By: b.By, Comment: b.Comment})
	}
	return e.input(ctx, run, &planner.Resolve{Step: b.Step, Item: b.Item, As: b.As, Output: b.Output, By: b.By, Reason: b.Comment})
}

// input decides and makes durable.
func (e *engine) input(ctx context.Context, run string, in planner.Input) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := e.runs[run]
	now := time.Now().UTC().Truncate(time.Microsecond).Add(e.late)
	was := r.state.Version
	facts, commands, err := planner.Programs{Now: r.program, Others: r.others}.Decide(r.state, in, now)
	if v := r.state.Version; err == nil && v != was && was != 0 {
		r.others[was], r.program = r.program, r.others[v]
	}
	for _, c := range commands {
		if k, ok := c.(*planner.Keep); ok {
			e.kept.Store(k.Payload, k.Raw)
		}
	}
	if err != nil || len(facts) == 0 {
		return err
	}
	raw, err := planner.Encode(facts)
	if err != nil {
		return err
	}
	r.state.Seq++
	if _, err := e.pool.Exec(ctx, `INSERT INTO journal (run, seq, at, facts) VALUES ($1, $2, $3, $4)`, r.number, r.state.Seq, now, raw); err != nil {
		return err
	}
	f := planner.Failure{}
	if r.state.Failure != nil {
		f = *r.state.Failure
	}
	_, err = e.pool.Exec(ctx, `UPDATE runs SET status = $2, class = $3, step = $4, message = $5, needs = $6, version = $7, updated_at = now() WHERE id = $1`,
		r.number, string(r.state.Status()), string(f.Fault.Class), f.Step, f.Fault.Message, string(r.state.Needs()), r.state.Version)
	e.broker.Publish(run)
	return err
}

// due has the time of a timer come.
func (e *engine) due(run string, ref planner.Ref) {
	e.t.Helper()
	e.mu.Lock()
	e.late += time.Hour
	e.mu.Unlock()
	if err := e.input(e.t.Context(), run, &planner.TimerDue{Ref: ref}); err != nil {
		e.t.Fatal(err)
	}
}

// answer ends the call of a step that is in flight.
func (e *engine) answer(run, step, output string, f *fault.Fault) {
	e.t.Helper()
	e.end(run, step, output, f, planner.Call{})
}

// end is answer with what the call left behind.
func (e *engine) end(run, step, output string, f *fault.Fault, call planner.Call) {
	e.t.Helper()
	e.mu.Lock()
	ref := planner.Ref{Step: step, Item: planner.NoItem}
	u := e.runs[run].state.Unit(ref)
	if u != nil && u.Undo != nil {
		ref.Undo, u = true, u.Undo
	}
	n := 0
	if u != nil {
		n = len(u.Attempts)
	}
	e.mu.Unlock()
	done := &planner.CallDone{Ref: ref, Attempt: n, Fault: f, Call: call}
	if f == nil {
		done.Output = planner.JSON(output)
	}
	if err := e.input(e.t.Context(), run, done); err != nil {
		e.t.Fatalf("answering %s: %v", step, err)
	}
}

// programs compiles versions against the functions as they are registered.
type programs struct{ db *models.DB }

func (p *programs) Program(ctx context.Context, name string, version int) (*check.Program, error) {
	v, err := p.db.Version(ctx, name, version)
	if err != nil {
		return nil, err
	}
	pins, err := check.ReadPins(v.Contracts)
	if err != nil {
		return nil, err
	}
	c := catalog{}
	for name, spec := range pins.Functions {
		f, _ := flow.ParseFunctionJSON(name, spec)
		c[name] = &f
	}
	program, _, issues := check.CompileSource(v.Source, withFlows{c, func(name string, version int) *check.Signature {
		child, err := p.db.Version(ctx, name, cmp.Or(version, pins.Flows[name]))
		if err != nil {
			return nil
		}
		s, _ := check.SignatureOf(child.Source, child.Version, c)
		return s
	}})
	if program == nil {
		return nil, context.DeadlineExceeded
	}
	_ = issues
	return program, nil
}

type catalog map[string]*flow.Function

func (c catalog) Function(name string) *flow.Function { return c[name] }
func (c catalog) FunctionNames() []string             { return nil }
func (catalog) Flow(string, int) *check.Signature     { return nil }
func (catalog) FlowNames() []string                   { return nil }

// withFlows is a catalog with flows as well.
type withFlows struct {
	catalog
	flow func(name string, version int) *check.Signature
}

func (c withFlows) Flow(name string, version int) *check.Signature { return c.flow(name, version) }

// functions answers every call with its input, and remembers what changed.
type functions struct {
	changed []string
	result  *invoke.Result
}

func (f *functions) Invoker(context.Context, string) (invoke.Invoker, error) { return f, nil }
func (f *functions) Changed(name string)                                     { f.changed = append(f.changed, name) }
func (f *functions) Close()                                                  {}
func (f *functions) Invoke(_ context.Context, inv invoke.Invocation) invoke.Result {
	if f.result != nil {
		return *f.result
	}
	return invoke.Result{Output: inv.Input, Logs: []invoke.LogLine{{At: time.Now(), Stream: "stdout", Text: "called as " + inv.Key}}}
}

// site is a server with a database of its own.
type site struct {
	t         testing.TB
	config    web.Config
	db        *models.DB
	engine    *engine
	functions *functions
	server    *web.Server
	http      *httptest.Server
	client    *http.Client
	cookie    string // of who is signed in; "": nobody is
}

func open(t testing.TB, change ...func(*web.Config)) *site {
	t.Helper()
	pool, err := pgxpool.New(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	db, err := models.Open(pool)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{t: t, db: db, functions: &functions{}}
	p := &programs{db}
	s.engine = &engine{t: t, pool: pool, programs: p, runs: map[string]*liveRun{}, keys: map[string]string{}}
	cfg := web.Config{DB: db, Runs: s.engine, Broker: &s.engine.broker, Functions: s.functions, Programs: p, Addr: "127.0.0.1:8080"}
	for _, f := range change {
		f(&cfg)
	}
	s.config = cfg
	s.config.Metrics = nil // whoever makes another server of it gets metrics of its own
	if s.server, err = web.New(cfg); err != nil {
		t.Fatal(err)
	}
	s.http = httptest.NewServer(s.server.Handler())
	s.client = s.http.Client()
	s.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := s.server.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
		s.http.Close()
		_ = db.Close()
	})
	return s
}

// answer is a response, read.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   []byte
}

// do sends a request; pairs are headers and their values.
func (s *site) do(method, path, body string, pairs ...string) *answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if s.cookie != "" {
		req.Header.Set("Cookie", s.cookie)
	}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i] == "Host" {
			req.Host = pairs[i+1]
		} else {
			req.Header.Set(pairs[i], pairs[i+1])
		}
	}
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &answer{s.t, res.StatusCode, res.Header, raw}
}

// chunked posts a form without saying how long it is.
func (s *site) chunked(method, path, body string) *answer {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, io.MultiReader(strings.NewReader(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &answer{s.t, res.StatusCode, res.Header, raw}
}

// want checks the status, and the error's code where one is given.
func (a *answer) want(status int, code ...string) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got status %d, want %d: %.500s", a.status, status, a.body)
	}
	if len(code) > 0 {
		var e struct {
			Error struct{ Code, Message string }
		}
		a.into(&e)
		if e.Error.Code != code[0] || e.Error.Message == "" {
			a.t.Fatalf("got error %+v, want code %s: %s", e.Error, code[0], a.body)
		}
	}
	return a
}

func (a *answer) into(v any) {
	a.t.Helper()
	if err := json.Unmarshal(a.body, v); err != nil {
		a.t.Fatalf("got %.300s, want JSON: %v", a.body, err)
	}
}

func (a *answer) has(parts ...string) *answer {
	a.t.Helper()
	for _, p := range parts {
		if !bytes.Contains(a.body, []byte(p)) {
			a.t.Errorf("got %.3000s\nwant %q in it", a.body, p)
		}
	}
	return a
}

const (
	echoFunction = `{"http": {"url": "http://127.0.0.1:9/echo"}, "idempotent": true,
		"input": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
		"output": {"type": "object", "properties": {"n": {}}, "required": ["n"]}}`
	orderFlow = `name: order
title: Place an order
input:
  type: object
  required: [amount]
  properties:
    amount: {type: number, exclusiveMinimum: 0}
    note: {type: string}
    express: {type: boolean}
    lines: {type: array, items: {type: object, required: [sku], properties: {sku: {type: string}, n: {type: integer}}}}
    fail: {type: string, enum: [reserve, ship]}
steps:
  # the money first
  reserve:
    call: pay
    with: {n: 1}
    compensate: {call: pay, with: {n: -1}}
  ask:
    needs: [reserve]
    approval: {title: "Release ${{ input.amount }}?"}
  ship:
    needs: [ask.approved]
    call: pay
    with: {n: 2}
output: {shipped: "${{ steps.ship.output.n }}"}
`
)

// order registers the function pay and publishes the flow order.
func (s *site) order() {
	s.t.Helper()
	s.do("PUT", "/api/v1/functions/pay", echoFunction).want(201)
	s.do("POST", "/api/v1/flows/order/versions?message=first", orderFlow, "Content-Type", "application/yaml").want(201)
}

// start starts a run of order.
func (s *site) start() string {
	s.t.Helper()
	var got struct{ ID string }
	s.do("POST", "/api/v1/flows/order/runs", `{"input": {"amount": 5}}`).want(201).into(&got)
	return got.ID
}

var refused = &fault.Fault{Class: fault.Rejected, Effect: fault.None, Message: "no such account"}
