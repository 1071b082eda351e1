package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/web/app/bench"
)

func benchCommand(t terminal) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure the engine on a PostgreSQL",
		Long: "Boots a whole server with Go functions of its own, on a private PostgreSQL or on the one of --database-url (in the schemas segno_bench and floor,\n" +
			"which are made anew), measures it, and prints one line of JSON. `floor` measures a bare group commit on the same database: what could be reached at most.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	for kind, short := range map[bench.Kind]string{
		bench.Latency:    "One run of ten steps at a time, alone",
		bench.Throughput: "2,000 runs of five steps each, 200 in flight",
		bench.Fanout:     "A run of 1,000 parallel steps, and one of 10,000 items",
		bench.Asleep:     "A million runs that sleep, and 10,000 that are due at one moment",
		bench.Floor:      "Rows through a bare group commit, without Segno",
	} {
		cmd.AddCommand(t.benchKind(kind, short))
	}
	cmd.AddCommand(t.benchCompare())
	return cmd
}

// benchCompare measures each time in a process of its own, so that no measurement warms, or fattens, the next one.
func (t terminal) benchCompare() *cobra.Command {
	var url string
	var pairs int
	var table bool
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "All of them against the floor, interleaved, with medians and what they should be",
		Long: "Measures throughput, latency and fan-out, each right after the floor with as many callers, on one database, several times in turn. What counts are the\n" +
			"ratios: absolute figures move with whatever else the machine does. The exit code is 1 if a figure is not what it should be.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if url == "" {
				url = t.env("SEGNO_DATABASE_URL")
			}
			c, err := bench.Compare(cmd.Context(), url, pairs, bench.Config{}, measureApart)
			if err != nil {
				return &failure{notFine, err}
			}
			if table {
				t.figures(c)
			} else if err := t.printLine(c); err != nil {
				return err
			}
			if !c.Met {
				return said()
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&url, "database-url", "", "a PostgreSQL to measure on (SEGNO_DATABASE_URL; default: a private one)")
	cmd.Flags().IntVar(&pairs, "pairs", 5, "how often each is measured")
	cmd.Flags().BoolVar(&table, "table", false, "print a table instead of JSON")
	return cmd
}

// measureApart runs this very program for one measurement.
func measureApart(ctx context.Context, cfg bench.Config) (*bench.Result, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"bench", string(cfg.Kind), "--database-url", cfg.DatabaseURL}
	if cfg.Kind == bench.Floor {
		args = append(args, "--callers", strconv.Itoa(cfg.Callers))
	}
	child := exec.CommandContext(ctx, self, args...)
	child.Cancel = func() error { return child.Process.Signal(syscall.SIGTERM) }
	child.WaitDelay = 10 * time.Second
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		return nil, fmt.Errorf("segno bench %s: %w", cfg.Kind, err)
	}
	res := &bench.Result{}
	return res, json.Unmarshal(out, res)
}

func (t terminal) figures(c *bench.Comparison) {
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, f := range c.Figures {
		wanted := ""
		switch {
		case f.Least > 0:
			wanted = fmt.Sprintf("≥ %g", f.Least)
		case f.AtMost > 0:
			wanted = fmt.Sprintf("≤ %g", f.AtMost)
		}
		if !f.Met {
			wanted += "  missed"
		}
		fmt.Fprintf(w, "%s\t%.4g\t%s\n", f.What, f.Median, wanted)
	}
	_ = w.Flush()
	fmt.Fprintf(t.out, "medians of %d; load before %s, after %s; PostgreSQL %s\n", c.Pairs, c.Load, c.After, c.Settings["server_version"])
}

func (t terminal) benchKind(kind bench.Kind, short string) *cobra.Command {
	cfg := bench.Config{Kind: kind}
	cmd := &cobra.Command{
		Use:   string(kind),
		Short: short,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if cfg.DatabaseURL == "" {
				cfg.DatabaseURL = t.env("SEGNO_DATABASE_URL")
			}
			res, err := bench.Run(cmd.Context(), cfg)
			if err != nil {
				return &failure{notFine, err}
			}
			return t.printLine(res)
		},
	}
	f := cmd.Flags()
	f.StringVar(&cfg.DatabaseURL, "database-url", "", "a PostgreSQL to measure on (SEGNO_DATABASE_URL; default: a private one)")
	f.StringVar(&cfg.Profile, "profile", "", "write a CPU profile of the measured time to this file")
	f.BoolVar(&cfg.Keep, "keep", false, "leave the tables in the database")
	if kind != bench.Floor {
		f.BoolVar(&cfg.Reuse, "reuse", false, "measure on the tables that --keep has left, and leave them again")
	}
	switch kind {
	case bench.Floor:
		f.IntVar(&cfg.Callers, "callers", 200, "rows in flight")
		f.IntVar(&cfg.Writers, "writers", 2, "connections that commit")
		f.IntVar(&cfg.Batch, "batch", 200, "rows a commit at most")
		f.DurationVar(&cfg.For, "for", 3*time.Second, "how long")
		return cmd
	case bench.Latency:
		f.IntVar(&cfg.Runs, "runs", 200, "runs, one after another")
		f.IntVar(&cfg.Steps, "steps", 10, "steps of a run")
	case bench.Throughput:
		f.IntVar(&cfg.Runs, "runs", 2000, "runs")
		f.IntVar(&cfg.Steps, "steps", 5, "steps of a run")
		f.IntVar(&cfg.InFlight, "in-flight", 200, "runs at once")
	case bench.Asleep:
		f.IntVar(&cfg.Runs, "runs", 10_000, "runs that are due at one moment")
		f.IntVar(&cfg.Asleep, "asleep", 1_000_000, "runs that stay asleep")
		return cmd
	case bench.Fanout:
		f.IntVar(&cfg.Runs, "runs", 5, "runs of each kind, one after another")
		f.IntVar(&cfg.Steps, "steps", 1000, "parallel steps of a run")
		f.IntVar(&cfg.Items, "items", 10_000, "items of a run, of which 1,000 are called at once")
	}
	f.IntVar(&cfg.Warm, "warm", 0, "runs before the measured ones (default: a tenth)")
	f.IntVar(&cfg.Finished, "finished", 0, "finished steps that are in the tables before")
	return cmd
}

// printLine writes v as one line of JSON.
func (t terminal) printLine(v any) error {
	if err := json.NewEncoder(t.out).Encode(v); err != nil {
		return refuse("writing the answer: %w", err)
	}
	return nil
}
