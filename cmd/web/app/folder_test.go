package app

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/segno-run/segno/designer/project"
	"github.com/segno-run/segno/internal/pgtest"
	"github.com/segno-run/segno/web"
	"github.com/segno-run/segno/web/view"
)

const (
	payEntry = "pay: {http: {url: \"https://pay.example/pay\"}, idempotent: true}\n"
	buyFlow  = "name: buy\nsteps:\n  pay: {call: pay}\n"
	askFlow  = "name: ask\nsteps:\n  ask: {approval: {title: Well}}\n  no: {needs: [ask.rejected], fail: {message: no}}\n"
)

// follower is a folder in memory whose applications are noted.
type follower struct {
	*folder
	files   fstest.MapFS
	applies []web.Project
	answer  web.Applied
	err     error
	log     bytes.Buffer
	shown   bytes.Buffer
}

func newFollower(files map[string]string) *follower {
	f := &follower{files: fstest.MapFS{}}
	for name, text := range files {
		f.write(name, text)
	}
	f.folder = &folder{files: f.files, name: "shop", out: &f.shown, log: slog.New(slog.NewTextHandler(&f.log, nil)),
		apply: func(_ context.Context, p web.Project, _, _ string) (web.Applied, error) {
			f.applies = append(f.applies, p)
			return f.answer, f.err
		},
		around: func(_ context.Context, p *project.Project) (*surroundings, error) {
			return &surroundings{Project: p}, nil
		}}
	f.state.Store(&view.Project{Watching: true})
	return f
}

func (f *follower) write(name, text string) { f.files[name] = &fstest.MapFile{Data: []byte(text)} }

// last is what was applied last, in names.
func (f *follower) last() (names []string) {
	p := f.applies[len(f.applies)-1]
	for _, fn := range p.Functions {
		names = append(names, fn.Name)
	}
	for _, fl := range p.Flows {
		names = append(names, fl.Name)
	}
	return names
}

func (f *follower) problems() (places []string) {
	for _, p := range f.State().Problems {
		places = append(places, p.File)
	}
	return places
}

func TestOnlyWhatChangedIsApplied(t *testing.T) {
	f := newFollower(map[string]string{"functions.yaml": payEntry, "flows/buy.yaml": buyFlow, "flows/ask.yaml": askFlow, "inputs/buy.json": `{"n": 1}`})
	if f.look(t.Context()) || !slices.Equal(f.last(), []string{"pay", "ask", "buy"}) {
		t.Fatalf("applied %v first, want all; state %+v", f.last(), f.State())
	}
	f.write("flows/ask.yaml", askFlow+"# more\n")
	if f.look(t.Context()); !slices.Equal(f.last(), []string{"ask"}) {
		t.Errorf("applied %v after a change of ask.yaml, want ask alone", f.last())
	}
	if got := string(f.applies[1].Before["flow ask"]); got != askFlow {
		t.Errorf("what was applied before is %q, want the first text", got)
	}
	if f.look(t.Context()); len(f.last()) != 0 {
		t.Errorf("applied %v though nothing changed", f.last())
	}
	if got := string(f.input("buy")); got != `{"n": 1}` {
		t.Errorf("the sample input is %q", got)
	}
	f.write("inputs/buy.json", `{"n": 2}`)
	if f.look(t.Context()); string(f.input("buy")) != `{"n": 2}` {
		t.Errorf("the sample input is %s after the file has changed", f.input("buy"))
	}
}

func TestABrokenFolderIsToldOnceAndNothingOfItApplied(t *testing.T) {
	f := newFollower(map[string]string{"functions.yaml": payEntry, "flows/buy.yaml": buyFlow, "flows/ask.yaml": askFlow})
	f.look(t.Context())
	f.write("flows/buy.yaml", strings.Replace(buyFlow, "call: pay", "call: pya", 1))
	f.write("flows/ask.yaml", askFlow+"# more\n")
	again := f.look(t.Context())
	if again = f.look(t.Context()) && again; !again {
		t.Error("a broken folder is not tried again, though the server may come to know the function")
	}
	if len(f.applies) != 1 {
		t.Errorf("applied %d times, want once, before it broke", len(f.applies))
	}
	state := f.State()
	if len(state.Problems) != 1 || state.Problems[0].File != "flows/buy.yaml" || state.Problems[0].Line != 3 || state.Problems[0].Column == 0 || state.AppliedAt == nil {
		t.Errorf("the state is %+v, want one problem at its place, and when it was applied", state)
	}
	if n := strings.Count(f.log.String(), "has a problem"); n != 1 {
		t.Errorf("the log tells it %d times, want once:\n%s", n, f.log.String())
	}
	want := "flows/buy.yaml:3:15: there is no function `pya`\n 3 |   pay: {call: pya}\n   |               ^^^\n   = hint: did you mean `pay`?\n   +   pay: {call: pay}\n"
	if strings.TrimSpace(f.shown.String()) != strings.TrimSpace(want) {
		t.Errorf("shown:\n%s\nwant\n%s", f.shown.String(), want)
	}
	f.write("flows/buy.yaml", buyFlow)
	if f.look(t.Context()) || len(f.State().Problems) != 0 || !slices.Equal(f.last(), []string{"ask"}) {
		t.Errorf("mended: state %+v, applied %v; want no problem, and ask, which was held back", f.State(), f.last())
	}
	if !strings.Contains(f.log.String(), "in order again") {
		t.Errorf("the log does not say that it is mended:\n%s", f.log.String())
	}
	f.write("flows/buy.yaml", "name: buy\nsteps: [") // half written
	f.look(t.Context())
	if len(f.State().Problems) == 0 || strings.Count(f.log.String(), "has a problem") != 2 {
		t.Errorf("half a file: state %+v\n%s", f.State(), f.log.String())
	}
}

func TestWhatIsRefusedHasItsPlace(t *testing.T) {
	f := newFollower(map[string]string{"functions.yaml": "other: {http: {url: \"https://pay.example/o\"}, idempotent: true}\n" + payEntry, "flows/buy.yaml": buyFlow})
	f.answer = web.Applied{Refused: []web.Refusal{{Function: "pay", Message: "changing `pay` breaks the flow `sell`"},
		{Flow: "buy", Message: "`buy` has a problem", Issues: []view.Issue{{Severity: "warning", Line: 1, Column: 1, Message: "w"}, {Severity: "error", Line: 3, Column: 3, Message: "e"}}}}}
	if !f.look(t.Context()) {
		t.Error("what is refused is not tried again, though the flow may be mended on the server")
	}
	got := f.State().Problems
	if len(got) != 2 || got[0].File != "functions.yaml" || got[0].Line != 2 || got[1].File != "flows/buy.yaml" || got[1].Line != 3 {
		t.Errorf("the problems are %+v", got)
	}
	f.answer = web.Applied{}
	if f.look(t.Context()); !slices.Equal(f.last(), []string{"other", "pay", "buy"}) {
		t.Errorf("applied %v when nothing was in the way any more, want all", f.last())
	}
}

func TestOnlyWhatWasRefusedIsAppliedAgain(t *testing.T) {
	f := newFollower(map[string]string{"functions.yaml": payEntry, "flows/buy.yaml": buyFlow, "flows/ask.yaml": askFlow})
	f.answer = web.Applied{Changed: []string{"flow ask version 1"}, Refused: []web.Refusal{{Flow: "buy", Message: "not now"}}}
	if again := f.look(t.Context()); !again || len(f.applies) != 1 {
		t.Fatalf("again %t after %d applications, want to be called again after one", again, len(f.applies))
	}
	f.answer = web.Applied{}
	if f.look(t.Context()) || !slices.Equal(f.last(), []string{"buy"}) {
		t.Errorf("applied %v again, want only what was refused: somebody may have published another version of the rest", f.last())
	}
}

func TestTroubleOfTheServerIsTriedAgain(t *testing.T) {
	f := newFollower(map[string]string{"functions.yaml": payEntry})
	f.err = errors.New("secret address refused")
	if !f.look(t.Context()) || len(f.State().Problems) != 1 {
		t.Errorf("the state is %+v, want a problem, and another try", f.State())
	}
	if strings.Contains(f.State().Problems[0].Message, "secret") || !strings.Contains(f.log.String(), "secret") {
		t.Error("the cause belongs into the log and not onto pages")
	}
}

func TestARemovedFlowIsReportedAndStays(t *testing.T) {
	f := newFollower(map[string]string{"functions.yaml": payEntry, "flows/buy.yaml": buyFlow, "flows/ask.yaml": askFlow})
	f.look(t.Context())
	delete(f.files, "flows/ask.yaml")
	f.look(t.Context())
	f.look(t.Context())
	if n := f.State().Notes; len(n) != 1 || !strings.Contains(n[0], "flow `ask` is no longer in the folder") {
		t.Errorf("the notes are %q", n)
	}
	if n := strings.Count(f.log.String(), "no longer in the folder"); n != 1 {
		t.Errorf("the log says it %d times", n)
	}
	f.write("flows/ask.yaml", askFlow)
	if f.look(t.Context()); len(f.State().Notes) != 0 || !slices.Equal(f.last(), []string{"ask"}) {
		t.Errorf("come back: notes %q, applied %v", f.State().Notes, f.last())
	}
}

func TestAFolderThatIsGone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "shop")
	f := newFollower(nil)
	f.folder.files = os.DirFS(dir)
	f.look(t.Context())
	if p := f.State().Problems; len(p) != 1 || !strings.Contains(p[0].Message, "not there") || len(f.applies) != 0 {
		t.Errorf("gone: %+v, applied %d times", p, len(f.applies))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f.look(t.Context())
	if p := f.problems(); !slices.Equal(p, []string{"functions.yaml"}) || len(f.applies) != 0 {
		t.Errorf("empty: %v, applied %d times; want that it is no project", p, len(f.applies))
	}
}

// signals is a log that says on a channel what was applied.
type signals struct {
	slog.Handler
	applied chan string
}

func (s signals) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "changed" {
			s.applied <- a.Value.String()
		}
		return true
	})
	return nil
}
func (s signals) Enabled(context.Context, slog.Level) bool { return true }
func (s signals) WithAttrs([]slog.Attr) slog.Handler       { return s }

// TestTwoServersFollowOneFolder boots the program twice on one database and one folder, and changes files.
func TestTwoServersFollowOneFolder(t *testing.T) {
	dir, database := t.TempDir(), pgtest.URL(t)
	write := func(name, text string) {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file+"~", []byte(text), 0o644), os.Rename(file+"~", file)); err != nil {
			t.Fatal(err)
		}
	}
	write("functions.yaml", payEntry)
	write("flows/buy.yaml", buyFlow)
	log := signals{slog.DiscardHandler, make(chan string, 100)}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	var apps []*App
	for range 2 {
		a, err := New(Config{Addr: "127.0.0.1:0", Data: t.TempDir(), DatabaseURL: database, Project: dir, Logger: slog.New(log)})
		if err != nil {
			t.Fatal(err)
		}
		apps = append(apps, a)
		running.Go(func() {
			if err := a.Run(ctx); err != nil {
				t.Errorf("Run: %v", err)
			}
		})
		select {
		case <-a.Ready():
		case <-time.After(time.Minute):
			t.Fatal("it is not ready after a minute")
		}
	}
	t.Cleanup(running.Wait)
	t.Cleanup(cancel)
	await := func(want string) {
		t.Helper()
		select {
		case got := <-log.applied:
			if got != want {
				t.Fatalf("applied %q, want %q", got, want)
			}
		case <-time.After(time.Minute):
			t.Fatalf("%q was not applied within a minute", want)
		}
	}
	await("function pay, flow buy version 1")
	write("flows/buy.yaml", buyFlow+"# more\n")
	await("flow buy version 2")
	write("flows/sell.yaml", strings.Replace(buyFlow, "buy", "sell", 1))
	await("flow sell version 1")
	if err := os.RemoveAll(filepath.Join(dir, "flows")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	write("flows/buy.yaml", buyFlow+"# and more\n")
	await("flow buy version 3")
	for _, a := range apps {
		if s := a.project(); !s.Watching || len(s.Problems) > 0 {
			t.Errorf("a server says %+v", s)
		}
	}
}
