package localpg

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// stopGrace is how long a fast shutdown may take before an immediate one; server and database together have 4 s.
	stopGrace = 2500 * time.Millisecond
	// quitGrace is how long an immediate shutdown may take before the postmaster is killed.
	quitGrace = 700 * time.Millisecond
	// remainsGrace is how long the remains of a killed PostgreSQL may stand in the way of a new one.
	remainsGrace = 10 * time.Second
	remainsPause = 200 * time.Millisecond
	// lookEvery is how often a starting or a foreign process is looked at. PostgreSQL tells nobody when it is ready.
	lookEvery = 5 * time.Millisecond
)

// process is a postmaster of ours, our child or adopted.
type process struct {
	pid     int
	handle  *os.Process // a signal through it cannot reach a later process of that number, where the system has such handles
	adopted bool
	exited  <-chan struct{} // closed when it is gone
	logFrom int64           // size of the log when it started
}

// launch brings up a postmaster that accepts connections: the one that is left of a killed server if its settings are
// ours, else a new one. A process that merely answers on the socket is never taken for it.
func (s *Server) launch(ctx context.Context) (*process, error) {
	for deadline := time.Now().Add(remainsGrace); ; {
		p, err := s.tryLaunch(ctx)
		if err == nil || !remainsInTheWay(err) || time.Now().After(deadline) {
			return p, err
		}
		s.log.Warn("what is left of a killed PostgreSQL is still ending, trying again", "dir", s.home.cluster)
		select {
		case <-time.After(remainsPause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// remainsInTheWay says whether PostgreSQL refused to start because of processes of the cluster that were about to end: backends that
// have not noticed yet that their postmaster was killed, or a postmaster that was just starting when its server was. The
// messages are in English because LC_ALL is C.
func remainsInTheWay(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == StartFailed &&
		(strings.Contains(e.Log, "pre-existing shared memory block") || strings.Contains(e.Log, `lock file "postmaster.pid" already exists`))
}

func (s *Server) tryLaunch(ctx context.Context) (*process, error) {
	p, err := s.leftover(ctx)
	if err != nil {
		return nil, err
	}
	if p == nil {
		if p, err = s.spawn(); err != nil {
			return nil, err
		}
	}
	if err := s.await(ctx, p); err != nil {
		s.end(p)
		return nil, err
	}
	if err := s.verify(ctx); err != nil {
		s.end(p)
		return nil, err
	}
	return p, nil
}

// leftover is a postmaster that a killed server of ours left running, nil if there is none to adopt. A stale postmaster.pid and
// stale sockets are cleared away, and a leftover of other settings or on its way down is ended.
func (s *Server) leftover(ctx context.Context) (*process, error) {
	path := filepath.Join(s.home.cluster, "postmaster.pid")
	f, err := readPidFile(s.home.cluster)
	var handle *os.Process
	if f != nil {
		// Before the look at who it is, so that the handle is of whom we look at.
		if handle, err = os.FindProcess(f.pid); err != nil {
			return nil, fmt.Errorf("looking for process %d of %s: %w", f.pid, path, err)
		}
	}
	switch {
	case errors.Is(err, os.ErrPermission):
		return nil, fmt.Errorf("reading %s: %w", path, err)
	case err != nil: // cut short, as a crash of the machine may leave it; PostgreSQL refuses to start on such a file
		s.log.Warn("removing an unreadable postmaster.pid", "path", path, "problem", err)
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("removing %s: %w", path, err)
		}
	case f == nil:
	case !isPostmasterOf(f.pid, s.home.cluster):
		s.log.Info("clearing a stale postmaster.pid", "path", path, "pid", f.pid)
		if err := s.disown(f); err != nil {
			return nil, fmt.Errorf("clearing the stale %s: %w", path, err)
		}
	default:
		p := &process{pid: f.pid, handle: handle, adopted: true, exited: watch(f.pid)}
		if f.status != "stopping" && s.sameArguments() {
			return p, nil
		}
		s.log.Info("ending a PostgreSQL that a killed server left behind", "pid", f.pid, "status", f.status)
		s.end(p)
		select {
		case <-p.exited:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	// The socket's directory is ours alone and no postmaster of ours lives, so what lies there is stale.
	for _, name := range []string{".s.PGSQL." + port, ".s.PGSQL." + port + ".lock"} {
		if err := os.Remove(filepath.Join(s.home.socket, name)); err != nil && !os.IsNotExist(err) {
			return nil, fmt.Errorf("removing a stale socket: %w", err)
		}
	}
	return nil, nil
}

// sameArguments compares ours with those that the running postmaster recorded at its start (postmaster.opts).
func (s *Server) sameArguments() bool {
	b, err := os.ReadFile(filepath.Join(s.home.cluster, "postmaster.opts"))
	if err != nil {
		return false
	}
	want := filepath.Join(s.install.bin, "postgres")
	for _, a := range s.args {
		want += ` "` + a + `"`
	}
	return strings.TrimRight(string(b), "\n") == want
}

func (s *Server) spawn() (*process, error) {
	log, err := openLog(s.home.log)
	if err != nil {
		return nil, fmt.Errorf("opening PostgreSQL's log: %w", err)
	}
	defer log.Close()
	st, err := log.Stat()
	if err != nil {
		return nil, fmt.Errorf("opening PostgreSQL's log: %w", err)
	}
	cmd := s.acct.command(exec.Command(filepath.Join(s.install.bin, "postgres"), s.args...), s.home.dir)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, &Error{Code: StartFailed, Message: "cannot run " + cmd.Path, Err: err}
	}
	exited := make(chan struct{})
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(exited)
	}()
	return &process{pid: cmd.Process.Pid, handle: cmd.Process, exited: exited, logFrom: st.Size()}, nil
}

// await returns when the postmaster says in its pid file that it is ready. A recovery may take minutes; ctx bounds it.
func (s *Server) await(ctx context.Context, p *process) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	slow := time.NewTimer(10 * time.Second)
	defer slow.Stop()
	for {
		if f, err := readPidFile(s.home.cluster); err == nil && f != nil && f.pid == p.pid && f.status == "ready" {
			return nil
		}
		select {
		case <-tick.C:
		case <-slow.C:
			s.log.Info("PostgreSQL is still starting, probably recovering", "pid", p.pid, "log", s.home.log)
		case <-p.exited:
			return &Error{Code: StartFailed, Message: "PostgreSQL ended while starting",
				Hint: "its log is " + s.home.log, Log: logTail(s.home.log, p.logFrom)}
		case <-ctx.Done():
			return fmt.Errorf("waiting for PostgreSQL in %s: %w", s.home.cluster, ctx.Err())
		}
	}
}

// verify asks whoever answers on our socket for its data directory, and makes sure that our database exists.
func (s *Server) verify(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.home.url(databaseName))
	var pgErr *pgconn.PgError
	if errors.As(err, &pgErr) && pgErr.Code == "3D000" { // no such database
		if conn, err = pgx.Connect(ctx, s.home.url("postgres")); err == nil {
			if _, err = conn.Exec(ctx, "CREATE DATABASE "+databaseName); err != nil {
				conn.Close(ctx)
			}
		}
	}
	if err != nil {
		return &Error{Code: StartFailed, Message: "cannot connect to the private PostgreSQL", Err: err}
	}
	defer conn.Close(ctx)
	var dir string
	if err := conn.QueryRow(ctx, "SHOW data_directory").Scan(&dir); err != nil {
		return &Error{Code: StartFailed, Message: "cannot ask the private PostgreSQL for its data directory", Err: err}
	}
	if !sameFile(dir, s.home.cluster) {
		return &Error{Code: StartFailed, Message: fmt.Sprintf("the PostgreSQL on our socket in %s serves %s, not %s", s.home.socket, dir, s.home.cluster)}
	}
	return nil
}

// end stops a postmaster: fast, then immediately, then by force. It returns when the process is gone or nothing helps.
func (s *Server) end(p *process) {
	for _, step := range []struct {
		signal syscall.Signal
		grace  time.Duration
	}{{syscall.SIGINT, stopGrace}, {syscall.SIGQUIT, quitGrace}, {syscall.SIGKILL, quitGrace}} {
		// An adopted one may have ended unseen and, where handles are mere numbers, its number gone to someone else.
		if p.adopted && !isPostmasterOf(p.pid, s.home.cluster) {
			return
		}
		if err := p.handle.Signal(step.signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
			s.log.Error("cannot signal PostgreSQL", "pid", p.pid, "signal", step.signal.String(), "error", err)
		}
		timer := time.NewTimer(step.grace)
		select {
		case <-p.exited:
			timer.Stop()
			return
		case <-timer.C:
			s.log.Warn("PostgreSQL takes long to stop", "pid", p.pid, "after", step.signal.String())
		}
	}
}

// watch looks after a process that is not our child. The channel closes when it is gone.
func watch(pid int) <-chan struct{} {
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		tick := time.NewTicker(4 * lookEvery)
		defer tick.Stop()
		for range tick.C {
			if !alive(pid) {
				return
			}
		}
	}()
	return exited
}
