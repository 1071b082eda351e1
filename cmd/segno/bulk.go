package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"github.com/segno-run/segno/cmd/segno/client"
)

// bulkRetry retries the failed runs of a flow.
func (t terminal) bulkRetry(ctx context.Context, c *client.Client, flow string, wish client.BulkWish, dry bool, w waitFlags) error {
	if dry {
		return t.bulkPlan(ctx, c, flow, wish, w.json)
	}
	b, err := c.StartBulk(ctx, flow, wish)
	if err != nil {
		return refused(err)
	}
	at := fmt.Sprintf("%s/flows/%s/retries/%s", c.Server(), flow, b.ID)
	if !w.wait {
		if w.json {
			return t.printJSON(b.Raw)
		}
		fmt.Fprintf(t.out, "retrying %d runs: %s\n", b.Runs, at)
		return nil
	}
	b, err = wait(ctx, w, "the runs have not ended", "the retries go on: "+at, func(ctx context.Context) (*client.Bulk, error) { return c.WaitBulk(ctx, flow, b.ID) })
	switch {
	case err != nil:
		return err
	case w.json:
		if err := t.printJSON(b.Raw); err != nil {
			return err
		}
	default:
		fmt.Fprintf(t.out, "%d of %d runs succeeded, %d failed again, %d ended otherwise, %d were in the way, %d left out\n", b.Succeeded, b.Runs, b.Failed, b.Otherwise, b.Refused, b.Stopped)
	}
	if b.Succeeded < b.Runs {
		return refuse("not all of them succeeded: %s", at)
	}
	return nil
}

// bulkPlan says what would become of the runs. If none would go on, that is not fine.
func (t terminal) bulkPlan(ctx context.Context, c *client.Client, flow string, wish client.BulkWish, asJSON bool) error {
	p, err := c.PlanBulk(ctx, flow, wish)
	if err != nil {
		return refused(err)
	}
	if asJSON {
		if err := t.printJSON(p.Raw); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		for _, k := range p.Kinds {
			does := "retry"
			if !k.Fits {
				does = "leave"
			}
			fmt.Fprintf(w, "%d\t%s\t%s\tsuch as %s\n", k.Runs, does, k.Text, k.Run)
		}
		if err := w.Flush(); err != nil {
			return refuse("writing the plan: %w", err)
		}
		if p.Planned < p.Runs {
			fmt.Fprintf(t.out, "planned: the newest %d of %d\n", p.Planned, p.Runs)
		}
	}
	switch {
	case p.Runs == 0:
		return refuse("no run of %s has failed like this", flow)
	case p.Fit == 0:
		return refuse("none of them can go on")
	}
	return nil
}
