package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/local"
	"github.com/segno-run/segno/runtime/planner"
)

// served is an App on a database of its own.
type served struct {
	*App
	t    testing.TB
	logs *lines
	stop func()
}

// lines is what a server has logged. It is safe for concurrent use.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// boot runs the program on a database and waits until it is ready. It is stopped with the test, if not before.
func boot(t testing.TB, url string, functions *local.Registry, change ...func(*Config)) *served {
	t.Helper()
	s := &served{t: t, logs: &lines{}}
	var err error
	cfg := Config{Addr: "127.0.0.1:0", Data: t.TempDir(), DatabaseURL: url, Local: functions,
		Logger: slog.New(slog.NewJSONHandler(s.logs, &slog.HandlerOptions{Level: slog.LevelDebug}))}
	for _, f := range change {
		f(&cfg)
	}
	s.App, err = New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	s.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("stopping: %v", err)
		}
	})
	t.Cleanup(s.stop)
	select {
	case <-s.Ready():
	case err := <-ended:
		t.Fatalf("it ended before it was ready: %v", err)
	case <-time.After(time.Minute):
		t.Fatal("it is not ready after a minute")
	}
	return s
}

// do asks the server and returns the answer's body.
func (s *served) do(method, path, body string, want int) []byte {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	raw, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		s.t.Fatalf("%s %s: got %s %s (%v), want %d", method, path, res.Status, raw, err, want)
	}
	return raw
}

// run starts a run and returns its id once it has ended.
func (s *served) run(flow, input string) (id string, how planner.RunStatus) {
	s.t.Helper()
	ended := make(chan planner.RunStatus, 1)
	id, _, err := s.Engine().Start(s.t.Context(), runtime.StartRequest{Flow: flow, Version: 1, Input: []byte(input), Committed: func(_ int64, how planner.RunStatus) {
		if how != "" {
			ended <- how
		}
	}})
	if err != nil {
		s.t.Fatal(err)
	}
	select {
	case how = <-ended:
	case <-time.After(time.Minute):
		s.t.Fatalf("run %s has not ended after a minute", id)
	}
	return id, how
}

// metrics is what /metrics says, by name.
func (s *served) metrics() map[string]*dto.MetricFamily {
	s.t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(s.do("GET", "/metrics", "", 200)))
	if err != nil {
		s.t.Fatalf("/metrics: %v", err)
	}
	return families
}

// value sums the metrics of a family that have these labels, given as name, value, name, value.
func value(f *dto.MetricFamily, labels ...string) (sum float64, found bool) {
	for _, m := range f.GetMetric() {
		have := map[string]string{}
		for _, l := range m.GetLabel() {
			have[l.GetName()] = l.GetValue()
		}
		fits := true
		for i := 0; i < len(labels); i += 2 {
			fits = fits && have[labels[i]] == labels[i+1]
		}
		if fits {
			found = true
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum, found
}

const twoSteps = `name: pair
input: {type: object, required: [said], properties: {said: {type: string}}}
steps:
  first: {call: fine, with: {said: "${{ input.said }}"}}
  second: {needs: [first], call: boom}
`

// pair registers a function that goes well and one that fails, and a flow that calls both.
func pair(t testing.TB) *local.Registry {
	t.Helper()
	functions := &local.Registry{}
	functions.Register("fine", func(context.Context, invoke.Invocation) ([]byte, error) { return []byte(`{"told":"verysecret"}`), nil })
	functions.Register("boom", func(context.Context, invoke.Invocation) ([]byte, error) {
		return nil, errors.New("verysecret is not known")
	})
	return functions
}

func (s *served) publish(flow, source string) {
	s.t.Helper()
	for _, name := range []string{"fine", "boom"} {
		s.do("PUT", "/api/v1/functions/"+name, `{"local": {"name": "`+name+`"}, "idempotent": true}`, 201)
	}
	s.do("POST", "/api/v1/flows/"+flow+"/versions", source, 201)
}

// TestOperations drives a run that fails and looks at what an operator sees of it: metrics and log lines.
func TestOperations(t *testing.T) {
	t.Parallel()
	s := boot(t, pgtest.URL(t), pair(t))
	s.publish("pair", twoSteps)
	id, how := s.run("pair", `{"said":"verysecret"}`)
	if how != planner.StatusFailed {
		t.Fatalf("the run is %s, want it failed", how)
	}
	// What is refused is quoted to whoever sent it, and to nobody else.
	if refused := s.do("GET", "/api/v1/runs?status=verysecret", "", http.StatusBadRequest); !strings.Contains(string(refused), "verysecret") {
		t.Errorf("got %s, want the value quoted", refused)
	}

	families := s.metrics()
	var all []*dto.MetricFamily
	for name, f := range families {
		if strings.HasPrefix(name, "segno_") {
			all = append(all, f)
		}
	}
	if problems, err := promlint.NewWithMetricFamilies(all).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("promlint: %v %v", problems, err)
	}
	for _, want := range []struct {
		n      float64
		name   string
		labels []string
	}{
		{1, "segno_runs_started_total", []string{"flow", "pair"}},
		{1, "segno_runs_settled_total", []string{"flow", "pair", "status", "failed"}},
		{1, "segno_steps_settled_total", []string{"outcome", "succeeded"}},
		{1, "segno_steps_settled_total", []string{"outcome", "function_error"}},
		{0, "segno_steps_settled_total", []string{"outcome", "crashed"}},
		{1, "segno_attempts_total", []string{"function", "fine", "outcome", "succeeded"}},
		{1, "segno_attempts_total", []string{"function", "boom", "outcome", "function_error"}},
		{1, "segno_attempt_duration_seconds", []string{"function", "boom"}},
		{0, "segno_attempts_in_flight", []string{"function", "fine"}},
		{0, "segno_attempts_queued", []string{"function", "fine"}},
		{1, "segno_database_up", nil},
		{1, "segno_runs", []string{"status", "failed"}},
		{0, "segno_runs", []string{"status", "uncertain"}},
		{1, "segno_replicas", []string{"lease", "alive"}},
		{0, "segno_replicas", []string{"lease", "expired"}},
		{0, "segno_timers_overdue", nil},
		{2, "segno_database_connections_max", []string{"pool", "writers"}},
		{1, "segno_build_info", nil},
	} {
		if got, found := value(families[want.name], want.labels...); !found || got != want.n {
			t.Errorf("%s %v: got %v (there: %v), want %v", want.name, want.labels, got, found, want.n)
		}
	}
	if got, _ := value(families["segno_lease_remaining_seconds"]); got <= 0 || got > 10 {
		t.Errorf("the lease has %v s left, want some of its 10", got)
	}
	for _, name := range []string{"segno_journal_commit_duration_seconds", "segno_journal_batch_transitions", "segno_database_size_bytes"} {
		if got, _ := value(families[name]); got < 1 {
			t.Errorf("%s: got %v, want some", name, got)
		}
	}

	checkDocuments(t, families)

	replica, err := replicaID(s.cfg.Data)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]any{}
	for _, line := range strings.Split(strings.TrimSpace(s.logs.String()), "\n") {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("a log line is no JSON: %v\n%s", err, line)
		}
		if entry["run"] == id {
			found[entry["msg"].(string)] = entry
		}
	}
	for what, want := range map[string]map[string]any{
		"run started":    {"level": "DEBUG"},
		"step succeeded": {"level": "DEBUG", "step": "first"},
		"attempt failed": {"level": "INFO", "step": "second", "attempt": 1.0, "class": "function_error", "effect": "maybe"},
		"step failed":    {"level": "WARN", "step": "second", "class": "function_error", "handled": false},
		"run failed":     {"level": "WARN", "step": "second", "class": "function_error"},
	} {
		want["flow"], want["version"], want["replica"] = "pair", 1.0, replica
		for key, v := range want {
			if got := found[what][key]; got != v {
				t.Errorf("log line %q: %s is %v, want %v", what, key, got, v)
			}
		}
		if n, _ := found[what]["incarnation"].(float64); n < 1 {
			t.Errorf("log line %q names no incarnation: %v", what, found[what])
		}
	}
	if !strings.Contains(s.logs.String(), `"code":"invalid"`) && !strings.Contains(s.logs.String(), `"code":"bad_request"`) {
		t.Errorf("the log says nothing of what was refused:\n%s", s.logs)
	}
	if logs := s.logs.String(); strings.Contains(logs, "verysecret") {
		t.Errorf("a value of the run is in the log:\n%s", logs)
	}
}
