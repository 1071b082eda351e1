package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/segno/client"
)

func runsCommand(t terminal) *cobra.Command {
	var server string
	var asJSON bool
	var f client.Filter
	cmd := &cobra.Command{
		Use:     "runs",
		Short:   "List runs, the newest first",
		Example: "  segno runs --flow order --status failed,uncertain",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := t.dial(server)
			if err != nil {
				return err
			}
			page, err := c.Runs(cmd.Context(), f)
			if err != nil {
				return refused(err)
			}
			if asJSON {
				return t.printJSON(page.Raw)
			}
			return t.table(page)
		},
	}
	serverFlag(cmd, &server)
	cmd.Flags().StringVar(&f.Flow, "flow", "", "only runs of this flow")
	cmd.Flags().StringSliceVar(&f.Statuses, "status", nil, "only runs with one of these statuses, such as failed,uncertain")
	cmd.Flags().StringVarP(&f.Query, "query", "q", "", "only runs whose id begins with this, or whose failure says it")
	cmd.Flags().IntVar(&f.Limit, "limit", 20, "how many at most (1000)")
	cmd.Flags().StringVar(&f.After, "after", "", "the next page, as the last one said")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the runs as JSON")
	_ = cmd.RegisterFlagCompletionFunc("status", cobra.FixedCompletions([]string{"pending", "running", "waiting", "paused", "succeeded", "failed", "cancelled",
		"compensating", "compensated", "compensation_failed", "uncertain"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// table shows a page of runs. The times are UTC, as everywhere.
func (t terminal) table(page *client.Runs) error {
	if len(page.Runs) == 0 {
		fmt.Fprintln(t.out, "no runs")
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tFLOW\tSTATUS\tSTARTED\tWHY")
	for _, r := range page.Runs {
		why := ""
		if r.Error != nil {
			why = strings.Join(strings.Fields(r.Error.String()), " ")
			if runes := []rune(why); len(runes) > 80 {
				why = string(runes[:79]) + "…"
			}
		}
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%s\t%s@%d\t%s\t%s\t%s", r.ID, r.Flow, r.Version, r.Status, r.CreatedAt.UTC().Format("2006-01-02 15:04:05"), why), "\t"))
	}
	if err := w.Flush(); err != nil {
		return refuse("writing the list: %w", err)
	}
	if page.Next != "" {
		fmt.Fprintln(t.out, "more: --after", page.Next)
	}
	return nil
}
