// Package web owns the outside surface: pages, JSON API, websocket, sign-in, and how errors look to clients.
//
// It decides nothing about runs: buttons go to the engine through Runs, and what a page shows was folded from committed facts. It knows the engine
// only by the small interfaces below.
package web

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/live"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Runs starts runs and presses their buttons. runtime.Engine is one.
type Runs interface {
	// Start returns after the run is durable; created is false if the key had started it before.
	Start(ctx context.Context, req runtime.StartRequest) (id string, created bool, err error)
	// Started looks whether the key has started a run of the flow. ok is false if it has not, or not yet; runtime.ErrKeyReused if that was with another input.
	Started(ctx context.Context, flow, key string, input []byte) (id string, ok bool, err error)
	// Press waits for the owner's word: nil, a *planner.Refusal, runtime.ErrNoRun, runtime.ErrButtonReused, or runtime.ErrUndecided.
	Press(ctx context.Context, run string, b runtime.Button) error
	// House counts what was deleted because nobody needs it any more.
	House() runtime.House
	// ReadPayload writes a part of a payload that a run refers to, from one offset up to another.
	ReadPayload(ctx context.Context, p planner.Payload, from, to int64, w io.Writer) error
}

// Functions is what the server needs of whoever calls functions.
type Functions interface {
	// Invoker returns nil if no function of that name is registered.
	Invoker(ctx context.Context, name string) (invoke.Invoker, error)
	// Changed says that a function was registered anew or removed.
	Changed(name string)
}

// Config is what a Server is made of.
type Config struct {
	DB        *models.DB
	Runs      Runs
	Broker    *live.Broker
	Functions Functions
	Programs  runtime.Programs
	Logger    *slog.Logger // nil: nothing is logged

	Addr   string   // the address listened on, "127.0.0.1:8080": its host is one of ours
	Hosts  []string // further names that this server is known by
	Secure bool     // TLS ends here or in front: cookies are sent over it only

	PasswordHash string // HashPassword of the operator's password; "" means that everybody may do everything
	ViewerHash   string // HashPassword of the password of who may only look; "": nobody can sign in so

	// Ready says what keeps the server from being ready: an empty list when nothing does. nil: it is ready.
	Ready func(ctx context.Context) (missing []string)
	// Inputs is the project's sample input of a flow, JSON; nil if it has none. May be nil.
	Inputs func(flow string) []byte
	// Project says how the project folder stands that the server watches. May be nil.
	Project func() view.Project
	// Tour is the address where "Break it, then repair it" starts, such as /flows/order/start?fail=ship. "" hides it.
	Tour string
	// Incarnation is the life that this server is in, 0 without a lease. nil: it has none.
	Incarnation func() int64
	// Plug is what the tour says about killing this server and starting it again; the zero value leaves that out.
	Plug Plug
	// Local reports whether this process has registered a Go function of that name. nil: it has none.
	Local func(name string) bool
	// TestTime is how long one request may have tests run; 0: 20 s.
	TestTime time.Duration
	// Metrics collects what /metrics shows; nil: a registry of the server's own.
	Metrics *prometheus.Registry
	// Now is the clock of pages and of sign-in limits; nil: the machine's.
	Now func() time.Time
}

// Plug holds two commands that work pasted into a shell on the server's machine.
type Plug struct {
	Kill  string // kills the server as a power cut would: "kill -9 4711"
	Again string // starts it again, on the same address and data
}

func (c *Config) validate() error {
	switch {
	case c.DB == nil:
		return errors.New("web: Config.DB is missing")
	case c.Runs == nil:
		return errors.New("web: Config.Runs is missing")
	case c.Functions == nil:
		return errors.New("web: Config.Functions is missing")
	case c.Programs == nil:
		return errors.New("web: Config.Programs is missing")
	}
	if c.Broker == nil {
		c.Broker = &live.Broker{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Ready == nil {
		c.Ready = func(context.Context) []string { return nil }
	}
	if c.Local == nil {
		c.Local = func(string) bool { return false }
	}
	if c.Incarnation == nil {
		c.Incarnation = func() int64 { return 0 }
	}
	if c.Inputs == nil {
		c.Inputs = func(string) []byte { return nil }
	}
	if c.Project == nil {
		c.Project = func() view.Project { return view.Project{} }
	}
	if c.TestTime == 0 {
		c.TestTime = 20 * time.Second
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	for _, hash := range []string{c.PasswordHash, c.ViewerHash} {
		if hash == "" {
			continue
		}
		if _, err := parseHash(hash); err != nil {
			return err
		}
	}
	if c.ViewerHash != "" && c.PasswordHash == "" {
		return errors.New("web: Config.ViewerHash without PasswordHash: everybody may do everything")
	}
	return nil
}
