package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/segno-run/segno/cmd/web/app/localpg"
	"github.com/segno-run/segno/cmd/web/app/meter"
	"github.com/segno-run/segno/examples"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke/netguard"
	"github.com/segno-run/segno/runtime/postgres"
	"github.com/segno-run/segno/web"
)

// App is the whole program.
type App struct {
	cfg      Config
	log      *slog.Logger
	listener net.Listener
	handler  atomic.Pointer[http.Handler]
	ready    chan struct{}
	loaded   atomic.Bool // the sample or the project is in
	engine   *runtime.Engine
	meter    *meter.Meter
	folder   atomic.Pointer[folder] // the project's
}

// New checks the configuration and takes the address, so that a port in use is said at once and before anything is started.
func New(cfg Config) (*App, error) {
	if err := cfg.setDefaults(); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", cfg.Addr)
	if err != nil {
		return nil, fmt.Errorf("can't listen on %s: %w (is another server running there? --addr 127.0.0.1:0 takes a free port)", cfg.Addr, err)
	}
	a := &App{cfg: cfg, log: cfg.Logger, listener: listener, ready: make(chan struct{}), meter: meter.New()}
	a.serve(http.HandlerFunc(starting))
	return a, nil
}

// URL is where the server answers.
func (a *App) URL() string { return "http://" + a.listener.Addr().String() }

// Engine runs the runs of this server. It is there once Ready is closed.
func (a *App) Engine() *runtime.Engine { return a.engine }

// Ready is closed once the server is migrated, loaded and has taken its runs up.
func (a *App) Ready() <-chan struct{} { return a.ready }

func (a *App) serve(h http.Handler) { a.handler.Store(&h) }

// starting answers while there is nothing to answer with yet.
func starting(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/healthz" {
		_, _ = w.Write([]byte("ok\n"))
		return
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "Segno is starting: the database is being opened. Try again in a second.", http.StatusServiceUnavailable)
}

// stopWithin is when the database is told to drop everything, after the server was asked to stop. With it the whole stop stays below 4 s.
const stopWithin = 3 * time.Second

// grace is how long requests under way may take when the server stops.
const grace = 500 * time.Millisecond

// Run serves until ctx ends, then stops everything it started, within 4 s. It returns what kept it from starting, or nil.
func (a *App) Run(ctx context.Context) (err error) {
	server := &http.Server{
		Handler:           http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*a.handler.Load()).ServeHTTP(w, r) }),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	serving := make(chan error, 1)
	go func() { serving <- server.Serve(a.listener) }()
	a.log.Info("listening", "addr", a.listener.Addr().String(), "url", a.URL())
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		if server.Shutdown(closing) != nil {
			_ = server.Close()
		}
	}()

	lock, err := localpg.Lock(a.cfg.Data)
	if err != nil {
		return err
	}
	defer lock.Release()
	database, err := openDatabase(ctx, a.cfg, lock)
	if err != nil {
		return err
	}
	// However long everything above took to stop, the database is told in time: an immediate shutdown costs the next start a recovery, no data.
	latest := make(chan time.Time, 1)
	defer context.AfterFunc(ctx, func() { latest <- time.Now().Add(stopWithin) })()
	defer func() {
		deadline := time.Now().Add(stopWithin)
		select {
		case deadline = <-latest:
		default: // it is not ctx that ended
		}
		closing, cancel := context.WithDeadline(context.Background(), deadline)
		defer cancel()
		err = errors.Join(err, database.stop(closing))
	}()
	a.log.Info("database", "using", database.what)
	if err := database.divide(ctx, a.cfg.Connections); err != nil {
		return err
	}
	tracer := a.meter.Tracer(a.cfg.Tracer)
	db, err := database.migrate(ctx, tracer)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	store, err := postgres.Open(ctx, postgres.Config{URL: database.url, Writers: database.share.writers, Others: database.share.others, Tracer: tracer})
	if err != nil {
		return err
	}
	defer store.Close()
	return a.run(ctx, db, database, store, serving)
}

// run puts the engine and the pages on an open database.
func (a *App) run(ctx context.Context, db *models.DB, database *database, store *postgres.Store, serving <-chan error) error {
	replica, err := replicaID(a.cfg.Data)
	if err != nil {
		return err
	}
	host, _, _ := net.SplitHostPort(a.cfg.Addr) // checked by setDefaults
	policy := netguard.Policy{AllowLoopback: loopback(host), AllowPrivate: a.cfg.AllowPrivate}
	a.log = a.log.With("replica", replica)
	functions := newFunctions(db, a.log, policy, filepath.Join(a.cfg.Data, "ledger.jsonl"), a.cfg.Local)
	defer functions.Close()
	programs := newPrograms(db)
	a.engine, err = runtime.New(runtime.Config{Store: store, Replica: replica, Lease: a.cfg.Lease, Programs: programs, Functions: functions, Logger: a.log, Meter: a.meter,
		Retention: func(ctx context.Context) ([]runtime.Retention, error) { return web.Retentions(ctx, db) }})
	if err != nil {
		return err
	}
	a.meter.Watch(meter.Sources{Held: a.engine.Held, Running: functions.running.now, Backlog: db.Backlog, Release: release(),
		Pools: func() map[string]*pgxpool.Stat {
			writers, others := store.Pools()
			return map[string]*pgxpool.Stat{"writers": writers, "engine": others, "pages": database.pages.Stat()}
		}})
	hash, err := passwordHash(ctx, db, a.cfg.Password)
	if err != nil {
		return err
	}
	viewers, err := viewerHash(ctx, db, a.cfg.ViewerPassword)
	if err != nil {
		return err
	}
	pages, err := web.New(web.Config{DB: db, Runs: a.engine, Broker: a.engine.Broker(), Functions: functions, Programs: programs, Logger: a.log,
		Addr: a.listener.Addr().String(), Hosts: a.cfg.Hosts, Secure: a.cfg.Secure, PasswordHash: hash, ViewerHash: viewers, Ready: a.missing,
		Inputs: a.input, Local: a.cfg.Local.Has, Metrics: a.meter.Registry, Incarnation: func() int64 { return a.engine.Held().Incarnation }, Project: a.project, Tour: "/flows/order/start?fail=ship",
		Plug: web.Plug{Kill: fmt.Sprintf("kill -9 %d", os.Getpid()), Again: again(os.Args, a.listener.Addr().String())}})
	if err != nil {
		return err
	}
	running, stop := context.WithCancel(ctx)
	var engine, following sync.WaitGroup
	following.Go(func() { collectLess(running) })
	following.Go(func() { pages.WorkBulk(running) })
	engine.Go(func() {
		if err := a.engine.Run(running); err != nil {
			a.log.Error("the engine ended", "error", err)
		}
	})
	defer func() {
		stop()
		closing, cancel := context.WithTimeout(context.Background(), grace)
		defer cancel()
		if err := pages.Close(closing); err != nil {
			a.log.Warn("the pages did not close in time", "error", err)
		}
		following.Wait()
		engine.Wait()
	}()
	followed, err := a.load(ctx, pages, db)
	if err != nil {
		return err
	}
	a.loaded.Store(true)
	following.Go(func() { a.readInputs(running, db) })
	following.Go(func() { a.report(running, db, functions.running.now) })
	if followed != nil {
		following.Go(func() { followed.follow(running, a.cfg.Project) })
	}
	a.serve(pages.Handler())
	select {
	case <-a.engine.Ready():
		close(a.ready)
		a.log.Info("ready", "url", a.URL())
	case <-ctx.Done():
		return nil
	}
	select {
	case <-ctx.Done():
		a.log.Info("stopping")
		return nil
	case err := <-serving:
		return fmt.Errorf("serving: %w", err)
	}
}

// missing says what the server still waits for.
func (a *App) missing(context.Context) []string {
	var missing []string
	if !a.loaded.Load() {
		missing = append(missing, "the project is being loaded")
	}
	select {
	case <-a.engine.Ready():
	default:
		missing = append(missing, "runs are being taken up")
	}
	return missing
}

// RunHandler makes this process a handler of the sample project if it was started as one; then it does not return. main calls it first of all.
func RunHandler() { examples.RunHandler(os.Getenv(examples.HandlerEnv)) }
