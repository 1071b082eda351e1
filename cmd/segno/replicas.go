package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/segno/client"
)

func replicasCommand(t terminal) *cobra.Command {
	var server string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "replicas",
		Short: "List the servers that work on the database, and what waits",
		Long: "replicas lists every server under a lease with what it owns and what waits for it, and what waits for whichever server comes first.\n\n" +
			"It exits with 1 if a lease has passed and nobody has taken over, or if there is no server.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(server)
			if err != nil {
				return err
			}
			all, err := c.Replicas(cmd.Context())
			if err != nil {
				return refused(err)
			}
			if asJSON {
				err = t.printJSON(all)
			} else {
				err = printReplicas(t, all)
			}
			if err != nil {
				return err
			}
			for _, r := range all.Replicas {
				if !r.Alive {
					return said()
				}
			}
			if len(all.Replicas) == 0 {
				return said()
			}
			return nil
		},
	}
	serverFlag(cmd, &server)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the answer of the server")
	return cmd
}

func printReplicas(t terminal, all client.Replicas) error {
	if len(all.Replicas) == 0 {
		fmt.Fprintln(t.out, "no server holds a lease")
	} else {
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SERVER\tRELEASE\tLEASE\tRUNS\tCALLS\tQUEUED\tINBOX\tTO COMMIT\tLATE")
		for _, r := range all.Replicas {
			name, release, calls, queued, commit := r.Replica, "-", "-", "-", "-"
			if s := r.Said; s != nil {
				name, release = s.Host+" "+s.Addr, s.Release
				calls, queued, commit = fmt.Sprint(s.Calls), fmt.Sprint(s.Queued), fmt.Sprint(s.Transitions)
			}
			if r.This {
				name += " (this one)"
			}
			lease := "passed"
			if r.Alive {
				lease = brief(r.LeaseMS)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\t%s\n", name, release, lease, r.OwnedRuns, calls, queued, r.Inbox, commit, brief(r.LagMS))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if u := all.Unclaimed; u.Due > 0 || u.Inbox > 0 {
		fmt.Fprintf(t.out, "\nfor any server: %d due runs (the first for %s), %d messages (the oldest for %s)\n", u.Due, brief(u.DueMS), u.Inbox, brief(u.InboxMS))
	}
	return nil
}

func brief(ms int64) string {
	return (time.Duration(ms) * time.Millisecond).Truncate(100 * time.Millisecond).String()
}
