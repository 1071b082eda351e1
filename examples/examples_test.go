package examples_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/schema"
	"github.com/segno-run/segno/examples"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/process"
)

func TestMain(m *testing.M) {
	examples.RunHandler(os.Getenv(examples.HandlerEnv))
	os.Exit(m.Run())
}

// line is a line of the ledger.
type line struct {
	At                                   time.Time
	Function, Key, Run, Step, Item, Note string
	Outcome                              string
	Attempt                              int
}

// bench has the sample functions ready to be called.
type bench struct {
	*testing.T
	ledger    string
	functions map[string]flow.Function
	invokers  map[string]invoke.Invoker
}

func newBench(t *testing.T) *bench {
	t.Helper()
	t.Setenv(examples.PaceEnv, "1ms")
	b := &bench{T: t, ledger: filepath.Join(t.TempDir(), "made", "ledger.jsonl"), functions: map[string]flow.Function{}, invokers: map[string]invoke.Invoker{}}
	for _, f := range functions(t) {
		b.functions[f.Name] = f
	}
	return b
}

func (b *bench) invoker(name string) invoke.Invoker {
	b.Helper()
	if b.invokers[name] == nil {
		f, ok := b.functions[name]
		if !ok {
			b.Fatalf("functions.yaml has no %s", name)
		}
		b.invokers[name] = process.New(process.Config{Name: name, Command: f.Process.Command, Builtin: examples.Builtin(b.ledger)})
		b.Cleanup(b.invokers[name].Close)
	}
	return b.invokers[name]
}

func (b *bench) call(name, step, key string, attempt int, input string) invoke.Result {
	b.Helper()
	b.valid(b.functions[name].Input, name+"'s input", []byte(input))
	r := b.invoker(name).Invoke(b.Context(), invoke.Invocation{Function: name, Run: "r1", Flow: "f", Step: step, Item: -1, Attempt: attempt, Key: key,
		Input: []byte(input), Timeout: 20 * time.Second})
	if r.Fault == nil {
		b.valid(b.functions[name].Output, name+"'s output", r.Output)
	}
	return r
}

func (b *bench) must(r invoke.Result) string {
	b.Helper()
	if r.Fault != nil {
		b.Fatalf("got %v %v, want an output", r.Fault, r.Fault.Evidence)
	}
	return string(r.Output)
}

func (b *bench) refused(r invoke.Result, class fault.Class) {
	b.Helper()
	if r.Fault == nil || r.Fault.Class != class || r.Fault.Effect != fault.None {
		b.Errorf("got %s %v, want %s with effect none", r.Output, r.Fault, class)
	}
}

func (b *bench) valid(s flow.Value, what string, value []byte) {
	b.Helper()
	compiled := compile(b.T, s)
	if bad := compiled.Validate(value); len(bad) > 0 {
		b.Errorf("%s %s: %v", what, value, bad)
	}
}

func compile(t *testing.T, s flow.Value) *schema.Schema {
	t.Helper()
	compiled, err := schema.Compile(s.JSON())
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

func (b *bench) lines() []line {
	b.Helper()
	text, err := os.ReadFile(b.ledger)
	if err != nil {
		b.Fatal(err)
	}
	var all []line
	for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
		var l line
		if err := json.Unmarshal(s.Bytes(), &l); err != nil {
			b.Fatalf("line %q: %v", s.Text(), err)
		}
		all = append(all, l)
	}
	return all
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	text, err := fs.ReadFile(examples.Files, name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func functions(t *testing.T) []flow.Function {
	t.Helper()
	list, issues := flow.ParseFunctions(read(t, "functions.yaml"))
	if len(issues) > 0 {
		t.Fatalf("functions.yaml: got %v, want no issue", issues)
	}
	return list
}

type catalog []flow.Function

func (c catalog) Function(name string) *flow.Function {
	for i := range c {
		if c[i].Name == name {
			return &c[i]
		}
	}
	return nil
}

func (c catalog) FunctionNames() (names []string) {
	for _, f := range c {
		names = append(names, f.Name)
	}
	return slices.Sorted(slices.Values(names))
}
func (catalog) Flow(string, int) *check.Signature { return nil }
func (catalog) FlowNames() []string               { return nil }

func TestProjectIsSound(t *testing.T) {
	list := catalog(functions(t))
	if got, want := fmt.Sprint(list.FunctionNames()), fmt.Sprint(examples.Handlers()); got != want {
		t.Errorf("functions.yaml: got %s, want the handlers %s", got, want)
	}
	for _, f := range list {
		if len(f.Process.Command) != 1 || f.Process.Command[0] != "segno:"+f.Name {
			t.Errorf("%s: got command %v, want its own handler", f.Name, f.Process.Command)
		}
	}
	for _, name := range []string{"order", "snapvault"} {
		program, definition, issues := check.CompileSource(read(t, "flows/"+name+".yaml"), list)
		if len(issues) > 0 || program == nil {
			t.Fatalf("%s: got %+v, want no issue, not even a warning", name, issues)
		}
		if bad := compile(t, definition.Input).Validate(read(t, "inputs/"+name+".json")); len(bad) > 0 {
			t.Errorf("inputs/%s.json: %v", name, bad)
		}
		var calls []string
		for _, s := range definition.Steps {
			if s.Kind == flow.Call {
				calls = append(calls, `"`+s.Name+`"`)
			}
		}
		enum := definition.Input.Get("properties").Get("fail").Get("enum").JSON()
		if got, want := strings.ReplaceAll(string(enum), " ", ""), "["+strings.Join(calls, ",")+"]"; got != want {
			t.Errorf("%s: fail offers %s, want the steps that call a function, %s", name, got, want)
		}
	}
}

func TestOrderFunctions(t *testing.T) {
	b := newBench(t)
	first := b.must(b.call("payments.reserve", "reserve_funds", "k1", 1, `{"account":"a","amount":5}`))
	if !strings.HasPrefix(first, `{"hold":"hold_`) {
		t.Errorf("got %s, want a hold", first)
	}
	if again := b.must(b.call("payments.reserve", "reserve_funds", "k1", 2, `{"account":"a","amount":5}`)); again != first {
		t.Errorf("the same key: got %s, want %s", again, first)
	}
	if other := b.must(b.call("payments.reserve", "reserve_funds", "k2", 1, `{"account":"a","amount":5}`)); other == first {
		t.Errorf("another key: got %s again, want another hold", other)
	}
	b.must(b.call("payments.release", "reserve_funds", "k1/undo", 1, `{"key":"k1","hold":"h"}`))
	b.must(b.call("inventory.take", "stock", "k3", 1, `{"sku":"cup","n":2}`))
	b.must(b.call("inventory.put_back", "stock", "k3/undo", 1, `{"key":"k3","sku":"cup","n":2}`))
	b.must(b.call("shipping.book", "ship", "k4", 1, `{"order":"A-1"}`))
	b.must(b.call("mail.send", "mail", "k5", 1, `{"to":"ada","subject":"hi"}`))

	lines := b.lines()
	if len(lines) != 8 {
		t.Fatalf("ledger: got %d lines, want 8", len(lines))
	}
	l := lines[1]
	if l.Function != "payments.reserve" || l.Key != "k1" || l.Run != "r1" || l.Step != "reserve_funds" || l.Attempt != 2 || l.Outcome != "done" ||
		l.At.IsZero() || !strings.Contains(l.Note, "same answer") {
		t.Errorf("ledger: got %+v", l)
	}
}

func TestAStepToldToFailRefusesItsFirstCall(t *testing.T) {
	cases := []struct{ function, step, input string }{
		{"payments.reserve", "reserve_funds", `{"account":"a","amount":5,"fail":%q}`},
		{"inventory.take", "stock", `{"sku":"cup","n":2,"fail":%q}`},
		{"shipping.book", "ship", `{"order":"A-1","fail":%q}`},
		{"snapvault.thumbnail", "thumbnail", `{"fail":%q}`},
		{"snapvault.notify", "notify", `{"user":"ada","text":"hi","fail":%q}`},
	}
	b := newBench(t)
	for _, c := range cases {
		b.must(b.call(c.function, c.step, c.step+"1", 1, fmt.Sprintf(c.input, "another")))
		b.refused(b.call(c.function, c.step, c.step+"2", 1, fmt.Sprintf(c.input, c.step)), fault.Rejected)
		b.invoker(c.function).Close() // what a key has been through outlives the process
		delete(b.invokers, c.function)
		b.must(b.call(c.function, c.step, c.step+"2", 2, fmt.Sprintf(c.input, c.step)))
	}
	outcomes := ""
	for _, l := range b.lines() {
		outcomes += l.Outcome[:1]
	}
	if want := strings.Repeat("drd", len(cases)); outcomes != want {
		t.Errorf("outcomes: got %s, want %s", outcomes, want)
	}
}

func TestSnapvault(t *testing.T) {
	b := newBench(t)
	for _, photo := range []string{"sign", "sky"} {
		var small struct {
			Width, Height, Bytes int
			DataURL              string `json:"data_url"`
		}
		if err := json.Unmarshal([]byte(b.must(b.call("snapvault.thumbnail", "thumbnail", "t"+photo, 1, `{"photo":"`+photo+`"}`))), &small); err != nil {
			t.Fatal(err)
		}
		if small.Width != 160 || small.Height != 120 || small.Bytes == 0 || len(small.DataURL) > 20<<10 {
			t.Errorf("thumbnail of %s: got %d × %d in %d bytes", photo, small.Width, small.Height, small.Bytes)
		}
		input := `{"photo_id":"p1","image":"` + small.DataURL + `"}`
		key := "c" + photo
		b.refused(b.call("snapvault.captions", "captions", key, 1, input), fault.Unavailable)
		b.refused(b.call("snapvault.captions", "captions", key, 2, input), fault.Unavailable)
		out := b.must(b.call("snapvault.captions", "captions", key, 3, input))
		if want := fmt.Sprintf(`"has_text":%v`, photo == "sign"); !strings.Contains(out, want) {
			t.Errorf("captions of %s: got %s, want %s in it", photo, out, want)
		}
		told := strings.TrimSuffix(input, "}") + `,"fail":"captions"}`
		b.refused(b.call("snapvault.captions", "captions", key+"f", 1, told), fault.Rejected)
		b.must(b.call("snapvault.captions", "captions", key+"f", 2, told))
	}
}

func TestThumbnailOfBadPictures(t *testing.T) {
	b := newBench(t)
	for _, input := range []string{`{"jpeg":"aGVsbG8="}`, `{"jpeg":"not base64!"}`} {
		b.refused(b.call("snapvault.thumbnail", "thumbnail", input, 1, input), fault.Rejected)
	}
	b.must(b.call("snapvault.thumbnail", "thumbnail", "tiny", 1, `{"jpeg":"`+onePixel+`","width":16}`))
}

// onePixel is a JPEG of 1 × 1 pixel.
const onePixel = "/9j/4AAQSkZJRgABAQEAYABgAAD/2wBDAAgGBgcGBQgHBwcJCQgKDBQNDAsLDBkSEw8UHRofHh0aHBwgJC4nICIsIxwcKDcpLDAxNDQ0Hyc5PTgyPC4zNDL/wAALCAABAAEBAREA" +
	"/8QAHwAAAQUBAQEBAQEAAAAAAAAAAAECAwQFBgcICQoL/8QAtRAAAgEDAwIEAwUFBAQAAAF9AQIDAAQRBRIhMUEGE1FhByJxFDKBkaEII0KxwRVS0fAkM2JyggkKFhcYGRolJicoKSo0NTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqDhIWGh4iJipKTlJWWl5iZmqKjpKWmp6ipqrKztLW2t7i5usLDxMXGx8jJytLT1NXW19jZ2uHi4+Tl5ufo6erx8vP09fb3+Pn6/9oACAEBAAA/APf6KKK//9k="

// TestUndoByKey: what undoes a call is told its key, finds out whether it happened, and keeps it from happening later.
func TestUndoByKey(t *testing.T) {
	b := newBench(t)
	hold := b.must(b.call("payments.reserve", "reserve_funds", "lost", 1, `{"account":"a","amount":5}`))
	_, hold, _ = strings.Cut(hold, `"hold":`)
	hold, _, _ = strings.Cut(hold, `,`)
	if got := b.must(b.call("payments.release", "reserve_funds", "lost/undo", 1, `{"key":"lost"}`)); got != `{"released":`+hold+`}` {
		t.Errorf("its answer was lost: got %s, want the hold %s", got, hold)
	}
	for range 2 {
		if got := b.must(b.call("payments.release", "reserve_funds", "never/undo", 1, `{"key":"never"}`)); got != `{}` {
			t.Errorf("it was never reserved: got %s, want nothing released", got)
		}
		if got := b.must(b.call("inventory.put_back", "stock", "not/undo", 1, `{"key":"not","sku":"cup","n":2}`)); got != `{"sku":"cup","n":2}` {
			t.Errorf("it was never taken: got %s, want nothing put back", got)
		}
	}
	b.refused(b.call("payments.reserve", "reserve_funds", "never", 1, `{"account":"a","amount":5}`), fault.Rejected)
	b.refused(b.call("inventory.take", "stock", "not", 1, `{"sku":"cup","n":2}`), fault.Rejected)
}

func TestWithoutALedger(t *testing.T) {
	f := process.New(process.Config{Name: "f", Command: []string{"segno:shipping.book"}, Builtin: examples.Builtin("")})
	t.Cleanup(f.Close)
	r := f.Invoke(t.Context(), invoke.Invocation{Input: []byte(`{"order":"A"}`), Item: -1, Timeout: 20 * time.Second})
	if r.Fault == nil || r.Fault.Class != fault.Unavailable || !strings.Contains(r.Fault.Message, examples.LedgerEnv) {
		t.Errorf("got %s %v, want unavailable with %s in it", r.Output, r.Fault, examples.LedgerEnv)
	}
}
