package localpg

import (
	"context"
	"os"
	"time"
)

const (
	firstPause = 50 * time.Millisecond
	maxPause   = 5 * time.Second
	// settled is how long PostgreSQL must have run for its next death to count as the first.
	settled = 30 * time.Second
)

// supervise keeps PostgreSQL running until Stop: whatever kills it, the database comes back by itself. It gives up only if
// the cluster is gone.
func (s *Server) supervise(p *process) {
	defer close(s.done)
	defer s.release()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-s.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	pause, started := firstPause, time.Now()
	for {
		select {
		case <-s.stop:
			s.end(p)
			s.log.Info("private PostgreSQL has stopped", "dir", s.home.cluster)
			_ = os.Remove(s.home.socket) // only if it is empty, and it is made again at the next start
			return
		case <-p.exited:
		}
		s.log.Error("private PostgreSQL died, starting it again", "pid", p.pid, "log", s.home.log, "last_lines", logTail(s.home.log, p.logFrom))
		if time.Since(started) > settled {
			pause = firstPause
		}
		for p = nil; p == nil; {
			select {
			case <-s.stop:
				return
			case <-time.After(pause):
			}
			pause = min(2*pause, maxPause)
			if !isCluster(s.home.cluster) {
				s.err = &Error{Code: ClusterBroken, Message: "the cluster in " + s.home.cluster + " is gone"}
				s.log.Error("giving up on the private PostgreSQL", "error", s.err)
				return
			}
			next, err := s.launch(ctx)
			if err != nil {
				if ctx.Err() == nil {
					s.log.Error("cannot start the private PostgreSQL again", "error", err, "next_try_in", pause)
				}
				continue
			}
			p, started = next, time.Now()
			s.restarts.Add(1)
			s.log.Info("private PostgreSQL is back", "pid", p.pid)
		}
	}
}
