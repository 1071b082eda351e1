// Command web is the Segno server: pages, API and engine in one program.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/segno-run/segno/cmd/web/app"
)

func main() {
	app.RunHandler()
	os.Exit(run(os.Args[1:], os.Getenv, os.Stderr))
}

// run returns the exit code: 0 fine, 1 the server could not do its work, 2 wrong usage.
func run(args []string, getenv func(string) string, stderr io.Writer) int {
	cfg, health, err := configure(args, getenv, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		fmt.Fprintln(stderr, "segno:", err)
		return 2
	case health:
		return healthy(cfg.Addr, stderr)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a, err := app.New(cfg)
	if err != nil {
		fmt.Fprintln(stderr, "segno:", err)
		wrong := []error{app.ErrNoPassword, app.ErrViewerPassword, app.ErrAddr, app.ErrLease, app.ErrConnections}
		if slices.ContainsFunc(wrong, func(usage error) bool { return errors.Is(err, usage) }) {
			return 2
		}
		return 1
	}
	if cfg.Diagnostics != nil {
		go announce(ctx, a, stderr)
	}
	if err := a.Run(ctx); err != nil && ctx.Err() == nil {
		fmt.Fprintln(stderr, "segno:", err)
		return 1
	}
	return 0
}

// announce tells a person where to click.
func announce(ctx context.Context, a *app.App, out io.Writer) {
	select {
	case <-a.Ready():
		fmt.Fprintf(out, "\n  Segno is ready: %s\n\n", a.URL())
	case <-ctx.Done():
	}
}

// configure reads flags and, for those not given, the environment.
func configure(args []string, getenv func(string) string, stderr io.Writer) (cfg app.Config, health bool, err error) {
	flags := flag.NewFlagSet("web", flag.ContinueOnError)
	flags.SetOutput(stderr)
	env := func(name, otherwise string) string {
		if v := getenv(name); v != "" {
			return v
		}
		return otherwise
	}
	lease, err := time.ParseDuration(env("SEGNO_LEASE", "10s"))
	if err != nil {
		return cfg, false, fmt.Errorf("SEGNO_LEASE: %w", err)
	}
	var hosts, logFormat, logLevel string
	flags.StringVar(&cfg.Addr, "addr", env("SEGNO_ADDR", app.DefaultAddr), "address to listen on; port 0 takes a free one (SEGNO_ADDR)")
	flags.StringVar(&cfg.Data, "data", env("SEGNO_DATA", ""), "data directory of this server (SEGNO_DATA; default: the XDG data home, /var/lib/segno for root)")
	flags.StringVar(&cfg.DatabaseURL, "database-url", env("SEGNO_DATABASE_URL", ""), "a PostgreSQL to use instead of a private one (SEGNO_DATABASE_URL)")
	connections, err := strconv.Atoi(env("SEGNO_CONNECTIONS", "0"))
	if err != nil {
		return cfg, false, fmt.Errorf("SEGNO_CONNECTIONS is %q, want a number", getenv("SEGNO_CONNECTIONS"))
	}
	flags.IntVar(&cfg.Connections, "connections", connections, "most connections to the database, 5 or more (SEGNO_CONNECTIONS; default 0: a third of what the database gives, 5 to 15)")
	flags.StringVar(&cfg.Project, "project", env("SEGNO_PROJECT", ""), "a project folder to apply and to watch (SEGNO_PROJECT)")
	flags.DurationVar(&cfg.Lease, "lease", lease, "how long this server's runs stay its own without a sign of life, 1s to 10s (SEGNO_LEASE)")
	flags.StringVar(&hosts, "hosts", env("SEGNO_HOSTS", ""), "further host names of this server, separated by commas (SEGNO_HOSTS)")
	flags.BoolVar(&cfg.Secure, "secure-cookies", getenv("SEGNO_SECURE_COOKIES") == "true", "TLS ends in front of this server (SEGNO_SECURE_COOKIES=true)")
	flags.BoolVar(&cfg.AllowPrivate, "allow-private", getenv("SEGNO_ALLOW_PRIVATE") == "true", "functions may live in private address ranges (SEGNO_ALLOW_PRIVATE=true)")
	flags.StringVar(&logFormat, "log-format", env("SEGNO_LOG_FORMAT", "text"), "how log lines are written: text or json (SEGNO_LOG_FORMAT)")
	flags.StringVar(&logLevel, "log-level", env("SEGNO_LOG_LEVEL", "info"), "the least level that is logged: debug, info, warn or error (SEGNO_LOG_LEVEL)")
	flags.BoolVar(&health, "health", false, "ask the server at --addr whether it is ready, and exit with 0 or 1")
	if err := flags.Parse(args); err != nil {
		return cfg, false, err
	}
	if flags.NArg() > 0 {
		return cfg, false, fmt.Errorf("unexpected argument %q; all settings are flags, see --help", flags.Arg(0))
	}
	if cfg.Logger, err = newLogger(stderr, logFormat, logLevel); err != nil {
		return cfg, false, err
	}
	if logFormat == "text" { // whoever reads JSON wants nothing else in between
		cfg.Diagnostics = stderr
	}
	for _, h := range strings.Split(hosts, ",") {
		if h = strings.TrimSpace(h); h != "" {
			cfg.Hosts = append(cfg.Hosts, h)
		}
	}
	if cfg.Password, err = password(getenv, "SEGNO_PASSWORD"); err != nil {
		return cfg, health, err
	}
	cfg.ViewerPassword, err = password(getenv, "SEGNO_VIEWER_PASSWORD")
	return cfg, health, err
}

// password reads one from the environment or from a file that it names. It is no flag: command lines can be read by every process.
func password(getenv func(string) string, name string) (string, error) {
	if p := getenv(name); p != "" {
		return p, nil
	}
	file := getenv(name + "_FILE")
	if file == "" {
		return "", nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return "", fmt.Errorf("%s_FILE: %w", name, err)
	}
	p := strings.TrimRight(string(raw), "\r\n")
	if p == "" {
		return "", fmt.Errorf("%s_FILE: %s is empty", name, file)
	}
	return p, nil
}

// healthy is for images without a shell: it asks the server on this machine.
func healthy(addr string, stderr io.Writer) int {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		fmt.Fprintln(stderr, "segno:", err)
		return 2
	}
	client := http.Client{Timeout: 2 * time.Second}
	res, err := client.Get("http://" + net.JoinHostPort("127.0.0.1", port) + "/readyz")
	if err != nil {
		fmt.Fprintln(stderr, "segno:", err)
		return 1
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		fmt.Fprintln(stderr, "segno: not ready:", res.Status)
		return 1
	}
	return 0
}
