// Package app owns the whole program: it puts database, engine and pages together behind Run, so that main and the tests boot the same thing.
//
// It decides nothing itself; what it knows is the order in which things start and stop.
package app

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/segno-run/segno/runtime/invoke/local"
)

// Config is what a person can say on the command line or in the environment. The zero Config serves on a free loopback port.
type Config struct {
	Addr        string // host:port; port 0 takes a free one. Default 127.0.0.1:8080
	Data        string // directory of this server: its lock, its identity, its private database. Default DefaultData()
	DatabaseURL string // a PostgreSQL of the user's; "" starts a private one under Data
	Connections int    // how many connections to the database this server has at most; 0: a third of the database's, 5 to 15
	Project     string // a project folder to apply and to watch; "" loads the sample project into an empty database
	Password    string // the operator's; required unless Addr is a loopback address
	// ViewerPassword is that of people who may only look; "" lets nobody in so. It needs a Password, and another one.
	ViewerPassword string

	// Lease is how long this server's runs stay its own without a sign of life, 1 s to 10 s: after it, other servers on the database take them over.
	// Default 10 s.
	Lease time.Duration

	Hosts        []string // further host names by which browsers may address this server
	Secure       bool     // TLS ends in front of this server: cookies are sent over it only
	AllowPrivate bool     // functions may live in private address ranges; loopback is allowed whenever Addr is a loopback address

	// Local are Go functions of this process, for registrations of kind `local`. nil: it has none.
	Local *local.Registry
	// Tracer sees every statement that this server sends to the database, for counting. nil: nobody does.
	Tracer pgx.QueryTracer

	Logger *slog.Logger
	// Diagnostics is where the problems of a watched project folder are written, each with its line and a caret: a log keeps one line an event. nil:
	// the log names the first and counts them.
	Diagnostics io.Writer
}

// DefaultAddr is where the server listens if nobody says otherwise.
const DefaultAddr = "127.0.0.1:8080"

// ErrNoPassword refuses to serve the world without a sign-in.
var ErrNoPassword = errors.New("refusing to listen beyond this machine without a sign-in: set SEGNO_PASSWORD or SEGNO_PASSWORD_FILE, or listen on 127.0.0.1")

// ErrViewerPassword refuses a password for viewers that could not keep them from changing anything.
var ErrViewerPassword = errors.New("SEGNO_VIEWER_PASSWORD needs SEGNO_PASSWORD beside it, and must be another one: otherwise who may look may do everything")

// ErrLease says that a lease can't be one.
var ErrLease = errors.New("is no lease: from 1s to 10s")

// ErrAddr says that an address to listen on can't be one.
var ErrAddr = errors.New("is not host:port, such as " + DefaultAddr)

// DefaultData is the XDG data home of the user, and /var/lib/segno for root.
func DefaultData() (string, error) {
	if os.Geteuid() == 0 {
		return "/var/lib/segno", nil
	}
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "segno"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no data directory: set --data or SEGNO_DATA: %w", err)
	}
	return filepath.Join(home, ".local", "share", "segno"), nil
}

func (c *Config) setDefaults() error {
	if c.Addr == "" {
		c.Addr = DefaultAddr
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Data == "" {
		dir, err := DefaultData()
		if err != nil {
			return err
		}
		c.Data = dir
	}
	abs, err := filepath.Abs(c.Data)
	if err != nil {
		return fmt.Errorf("--data %s: %w", c.Data, err)
	}
	c.Data = abs
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("--addr %q %w: %w", c.Addr, ErrAddr, err)
	}
	if c.Lease == 0 {
		c.Lease = 10 * time.Second
	}
	if c.Lease < time.Second || c.Lease > 10*time.Second {
		return fmt.Errorf("--lease %s %w", c.Lease, ErrLease)
	}
	if c.Password == "" && !loopback(host) {
		return ErrNoPassword
	}
	if c.Connections != 0 && c.Connections < LeastConnections {
		return fmt.Errorf("--connections %d: %w", c.Connections, ErrConnections)
	}
	if c.ViewerPassword != "" && (c.Password == "" || c.Password == c.ViewerPassword) {
		return ErrViewerPassword
	}
	return nil
}

// loopback reports whether a host to listen on reaches no further than this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
