package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"time"

	"github.com/segno-run/segno/cmd/web/app"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/invoke"
	"github.com/segno-run/segno/runtime/invoke/local"
)

// function is the one that all the steps call. It gives back what it is given.
const function = "bench.step"

// server is the program under measurement, booted as the real one is.
type server struct {
	app     *app.App
	db      *database
	counted *counter
	clock   *clock
	stop    context.CancelFunc
	ended   chan error
}

func boot(ctx context.Context, db *database, dir string, reuse bool) (*server, error) {
	if !reuse {
		if err := db.fresh(ctx); err != nil {
			return nil, err
		}
	}
	address, err := db.inSchema()
	if err != nil {
		return nil, err
	}
	s := &server{db: db, counted: &counter{}, clock: newClock(), ended: make(chan error, 1)}
	functions := &local.Registry{}
	functions.Register(function, s.step)
	s.app, err = app.New(app.Config{Addr: "127.0.0.1:0", Data: filepath.Join(dir, "server"), DatabaseURL: address, Local: functions, Tracer: s.counted})
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go func() { s.ended <- s.app.Run(running) }()
	select {
	case <-s.app.Ready():
	case err := <-s.ended:
		stop()
		return nil, fmt.Errorf("the server did not start: %w", err)
	case <-ctx.Done():
		return nil, errors.Join(ctx.Err(), s.close())
	}
	spec := `{"local": {"name": "bench.step"}, "idempotent": true, "concurrency": 10000,
		"input": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}},
		"output": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}}`
	if err := s.ask(ctx, http.MethodPut, "/functions/"+function, "application/json", []byte(spec), nil); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *server) close() error {
	s.stop()
	return <-s.ended
}

func (s *server) step(_ context.Context, in invoke.Invocation) ([]byte, error) {
	s.clock.called(in.Run)
	return in.Input, nil
}

// publish makes a flow from its text and returns its version.
func (s *server) publish(ctx context.Context, name string, text []byte) (int, error) {
	var made struct{ Version int }
	err := s.ask(ctx, http.MethodPost, "/flows/"+name+"/versions", "application/yaml", text, &made)
	return made.Version, err
}

// ask sends one request to the server's own API.
func (s *server) ask(ctx context.Context, method, path, kind string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(ctx, method, s.app.URL()+"/api/v1"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", kind)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, res.Status, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}

// play starts a run and waits until its end is durable.
func (s *server) play(ctx context.Context, flow string, version int, input []byte) error {
	t := s.clock.begin()
	id, _, err := s.app.Engine().Start(ctx, runtime.StartRequest{Flow: flow, Version: version, Input: input, By: "bench", Committed: t.committed})
	if err != nil {
		return fmt.Errorf("starting a run: %w", err)
	}
	select {
	case <-t.over:
	case <-ctx.Done():
		return ctx.Err()
	}
	if t.how != "succeeded" {
		return fmt.Errorf("run %s is %s; a benchmark's runs must succeed", id, t.how)
	}
	s.clock.end(id, t)
	return nil
}

// measureServer boots a server and measures it.
func measureServer(ctx context.Context, db *database, dir string, cfg Config) (res *Result, err error) {
	s, err := boot(ctx, db, dir, cfg.Reuse)
	if err != nil {
		return nil, err
	}
	defer func() {
		err = errors.Join(err, s.close())
		if !cfg.Keep && !cfg.Reuse {
			dropping, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
			defer cancel()
			err = errors.Join(err, db.drop(dropping))
		}
	}()
	if cfg.Finished > 0 {
		if err := s.fill(ctx, cfg.Finished); err != nil {
			return nil, fmt.Errorf("filling the tables with %d finished steps: %w", cfg.Finished, err)
		}
	}
	switch cfg.Kind {
	case Fanout:
		return s.fanout(ctx, cfg)
	case Asleep:
		return s.asleep(ctx, cfg)
	}
	return s.chain(ctx, cfg)
}
