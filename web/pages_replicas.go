package web

import (
	"context"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/templates"
	"github.com/segno-run/segno/web/view"
)

// replicas are the servers on this database as the page and the API show them.
func (s *Server) replicas(ctx context.Context) (view.Replicas, error) {
	all, free, err := s.DB.Replicas(ctx)
	if err != nil {
		return view.Replicas{}, err
	}
	out := view.Replicas{Replicas: []view.Replica{}, At: s.Now().UTC(), Unclaimed: view.Unclaimed{Due: free.Due, DueMS: milli(free.DueAge), Inbox: free.Inbox,
		InboxMS: milli(free.InboxAge)}}
	this := s.Incarnation()
	for _, r := range all {
		v := view.Replica{Replica: r.Replica, Incarnation: r.Incarnation, This: r.Incarnation == this, Alive: r.Lease > 0, LeaseMS: max(0, milli(r.Lease)),
			JoinedAt: r.Joined, OwnedRuns: r.Owned, Inbox: r.Inbox, InboxMS: milli(r.InboxAge), LagMS: milli(r.InboxAge)}
		if p := r.Report; p != nil {
			v.LagMS = max(v.LagMS, milli(p.Late))
			v.Said = &view.ReplicaReport{Host: p.Host, Addr: p.Addr, Release: p.Release, Reader: p.Reader, Since: p.Since, Runs: p.Runs, Calls: p.Calls, Queued: p.Queued,
				Events: p.Events, Transitions: p.Transitions, LateMS: milli(p.Late), AgeMS: milli(r.Said)}
		}
		out.Replicas = append(out.Replicas, v)
	}
	return out, nil
}

func milli(d time.Duration) int64 { return d.Milliseconds() }

func (s *Server) listReplicas(c echo.Context) error {
	all, err := s.replicas(c.Request().Context())
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, all)
}

func (s *Server) replicasPage(c echo.Context) error {
	all, err := s.replicas(c.Request().Context())
	if err != nil {
		return err
	}
	return s.render(c, http.StatusOK, templates.Replicas(templates.ReplicasPage{Chrome: s.chrome(c, "Servers", "replicas"), Replicas: all}))
}
