package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/segno/client"
)

func retentionCommand(t terminal) *cobra.Command {
	var server string
	var asJSON, off bool
	var want client.Retention
	cmd := &cobra.Command{
		Use:   "retention FLOW",
		Short: "Say, or change, how long a flow's finished runs are kept",
		Long: "Without a flag retention says how long the finished runs of a flow are kept. With flags it changes that: what is not named is unbounded.\n\n" +
			"Succeeded, cancelled and compensated runs are finished, with --failed also those that failed. A run goes with all that it started. Without a retention, all are kept.",
		Example: "  segno retention order --max-age 30d --max-runs 100000\n  segno retention order --off",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			change := cmd.Flags().Changed("max-age") || cmd.Flags().Changed("max-runs") || cmd.Flags().Changed("failed")
			switch {
			case off && change:
				return refuse("--off keeps all runs; it goes with no bound")
			case change && want.MaxAge == "" && want.MaxRuns == 0:
				return refuse("give --max-age or --max-runs, or --off to keep all runs")
			}
			c, err := t.dial(server)
			if err != nil {
				return err
			}
			var got client.Retention
			if change || off {
				got, err = c.PutRetention(cmd.Context(), args[0], want)
			} else {
				got, err = c.Retention(cmd.Context(), args[0])
			}
			if err != nil {
				return refused(err)
			}
			if asJSON {
				return t.printJSON(got)
			}
			fmt.Fprintln(t.out, args[0]+": "+kept(got))
			return nil
		},
	}
	serverFlag(cmd, &server)
	cmd.Flags().StringVar(&want.MaxAge, "max-age", "", "delete finished runs this long after they ended, such as 12h or 30d")
	cmd.Flags().IntVar(&want.MaxRuns, "max-runs", 0, "keep at most so many finished runs, the newest")
	cmd.Flags().BoolVar(&want.Failed, "failed", false, "failed runs count as finished, too")
	cmd.Flags().BoolVar(&off, "off", false, "keep all runs")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the setting as JSON")
	return cmd
}

// kept says a retention in words.
func kept(r client.Retention) string {
	text := ""
	if r.MaxAge != "" {
		text = "deleted " + r.MaxAge + " after they ended"
	}
	if r.MaxRuns > 0 {
		if text != "" {
			text += ", and "
		} else {
			text = "deleted "
		}
		text += fmt.Sprintf("beyond the newest %d", r.MaxRuns)
	}
	switch {
	case text == "":
		return "all runs are kept"
	case r.Failed:
		return "finished runs, failed ones too, are " + text
	}
	return "finished runs are " + text + "; failed ones are kept"
}
