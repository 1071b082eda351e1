package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"path/filepath"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/cmd/web/app/localpg"
	"github.com/segno-run/segno/internal/servertest"
)

// tight is a PostgreSQL with max_connections=20, three of them for superusers, and a user who is none.
type tight struct {
	url     string // of the user
	watcher *pgx.Conn
	name    string // of the user
}

func openTight(t testing.TB) *tight {
	t.Helper()
	server, err := localpg.Start(t.Context(), localpg.Config{DataDir: dataDir(t), Logger: slog.New(slog.DiscardHandler),
		Settings: map[string]string{"max_connections": "20", "superuser_reserved_connections": "3", "shared_buffers": "32MB"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), servertest.Patience)
		defer cancel()
		if err := server.Stop(ctx); err != nil {
			t.Errorf("stopping PostgreSQL: %v", err)
		}
	})
	conn, err := pgx.Connect(t.Context(), server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, do := range []string{"CREATE ROLE shop LOGIN", "CREATE DATABASE shop OWNER shop"} {
		if _, err := conn.Exec(t.Context(), do); err != nil {
			t.Fatalf("%s: %v", do, err)
		}
	}
	u, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	u.User, u.Path = url.User("shop"), "/shop"
	return &tight{u.String(), conn, "shop"}
}

// taken is how many connections the servers have.
func (d *tight) taken(t testing.TB) (all int) {
	t.Helper()
	if err := d.watcher.QueryRow(t.Context(), `SELECT count(*) FROM pg_stat_activity WHERE usename = $1`, d.name).Scan(&all); err != nil {
		t.Fatal(err)
	}
	return all
}

// cable lies between a server and its database, and can be cut: then nothing passes, and nobody is told.
type cable struct {
	url string

	mu   sync.Mutex
	free *sync.Cond
	cut  bool
	all  []net.Conn
}

func lay(t testing.TB, database string) *cable {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	socket := filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{url: fmt.Sprintf("postgres://%s@%s%s?sslmode=disable", u.User.Username(), listener.Addr(), u.Path)}
	c.free = sync.NewCond(&c.mu)
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			near, err := listener.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("unix", socket)
			if err != nil {
				_ = near.Close()
				continue
			}
			c.mu.Lock()
			c.all = append(c.all, near, far)
			c.mu.Unlock()
			passing.Go(func() { c.pass(near, far) })
			passing.Go(func() { c.pass(far, near) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		c.set(false)
		c.mu.Lock()
		for _, conn := range c.all {
			_ = conn.Close()
		}
		c.mu.Unlock()
		passing.Wait()
	})
	return c
}

func (c *cable) pass(from, to net.Conn) {
	defer from.Close()
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		c.mu.Lock()
		for c.cut {
			c.free.Wait()
		}
		c.mu.Unlock()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (c *cable) set(cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cut = cut
	c.free.Broadcast()
}
