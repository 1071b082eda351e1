package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/cmd/segno/client"
)

func retryCommand(t terminal) *cobra.Command {
	var server string
	var w waitFlags
	var r client.Repair
	var inputs []string
	var dry bool
	var flow string
	var many client.BulkWish
	cmd := &cobra.Command{
		Use:   "retry RUN | retry --flow FLOW",
		Short: "Have a failed run go on, as it is, repaired, or from an earlier step",
		Long: "Retries the failed steps of a run, or its failed compensation. Steps that have completed are not run again. With --version the run goes on with another version " +
			"of its flow, with --input what failed is called with another input; with --from the run goes back to a step, and what can be undone of it and of all that come after it is undone first.\n\n" +
			"With --flow all failed runs of a flow are retried, those that failed alike with --step, --class or --fingerprint, one after the other, by the servers.",
		Example: "  segno retry 0197… --version 4 --dry-run\n  segno retry 0197… --input ship=ship.json --wait\n  segno retry 0197… --from stock\n  segno retry --flow order --step ship --version 4 --dry-run",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if r.Inputs, err = t.readInputs(inputs); err != nil {
				return err
			}
			switch {
			case r.Version < 0:
				return misuse("--version is %d; versions count from 1", r.Version)
			case r.From != "" && len(inputs) > 0:
				return misuse("--input goes with what failed, and --from begins anew: leave one of them out")
			case r.From == "" && len(r.Again) > 0:
				return misuse("--again goes with --from")
			case dry && w.wait:
				return misuse("--dry-run does nothing that --wait could wait for")
			case len(args) == 0 && flow == "":
				return misuse("name a run, or a flow with --flow")
			case len(args) == 1 && (flow != "" || many != client.BulkWish{}):
				return misuse("--flow, --class, --step and --fingerprint choose runs; they do not go with one run")
			case flow != "" && (r.From != "" || len(inputs) > 0):
				return misuse("--from and --input are for one run")
			}
			c, err := t.dial(server)
			if err != nil {
				return err
			}
			if flow != "" {
				many.Version = r.Version
				return t.bulkRetry(cmd.Context(), c, flow, many, dry, w)
			}
			if dry {
				plan, err := c.Plan(cmd.Context(), args[0], r)
				if err != nil {
					return refused(err)
				}
				return t.plan(plan, w.json)
			}
			if err := c.Repair(cmd.Context(), args[0], r); err != nil {
				return refused(err)
			}
			if w.wait {
				return t.await(cmd.Context(), c, args[0], w)
			}
			run, err := c.Run(cmd.Context(), args[0])
			if err != nil {
				return refused(err)
			}
			if w.json {
				return t.printJSON(run.Raw)
			}
			fmt.Fprintf(t.out, "run %s is %s\n", run.ID, run.Status)
			return nil
		},
	}
	serverFlag(cmd, &server)
	w.add(cmd)
	cmd.Flags().IntVar(&r.Version, "version", 0, "go on with this version of the flow")
	cmd.Flags().StringArrayVar(&inputs, "input", nil, "STEP=FILE: call the failed step with this JSON (STEP#ITEM for an item; FILE alone for the one call that failed; - is the standard input)")
	cmd.Flags().StringVar(&r.From, "from", "", "go back to this step")
	cmd.Flags().StringSliceVar(&r.Again, "again", nil, "with --from: steps that may be called a second time, though they are not idempotent and nothing undoes them")
	cmd.Flags().StringVar(&flow, "flow", "", "retry all failed runs of this flow")
	cmd.Flags().StringVar(&many.Class, "class", "", "with --flow: those that failed with this class")
	cmd.Flags().StringVar(&many.Step, "step", "", "with --flow: those that failed at this step")
	cmd.Flags().StringVar(&many.Fingerprint, "fingerprint", "", "with --flow: those whose failure has this fingerprint")
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be done, step by step, and do nothing")
	return cmd
}

// readInputs reads the files of --input.
func (t terminal) readInputs(flags []string) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	for _, flag := range flags {
		ref, file, named := strings.Cut(flag, "=")
		if !named {
			ref, file = "", flag
		}
		raw, err := t.inputText(file)
		if err != nil {
			return nil, misuse("--input %s: %w", flag, err)
		}
		if err := isJSON(raw); err != nil {
			return nil, misuse("%s is not JSON: %w", inputName(file), err)
		}
		if out[ref] != nil {
			return nil, misuse("two inputs are given for the same call: --input %s", flag)
		}
		out[ref] = raw
	}
	return out, nil
}

// planWord says in words what a plan does with a step.
func planWord(does string) string {
	switch does {
	case "run_again":
		return "run again"
	case "compensate_first":
		return "compensate first"
	case "in_the_way":
		return "in the way"
	}
	return does
}

// plan shows what would be done. What would be refused is not fine.
func (t terminal) plan(p *client.Plan, asJSON bool) error {
	if asJSON {
		if err := t.printJSON(p.Raw); err != nil {
			return err
		}
	} else {
		w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
		for _, st := range p.Steps {
			name := st.ID
			if st.Items > 0 {
				name = fmt.Sprintf("%s ×%d", st.ID, st.Items)
			}
			fmt.Fprintln(w, strings.TrimRight(name+"\t"+planWord(st.Does)+"\t"+st.Reason, "\t"))
		}
		if err := w.Flush(); err != nil {
			return refuse("writing the plan: %w", err)
		}
	}
	switch {
	case !p.Fits && len(p.Why) > 0:
		return refuse("%s", strings.Join(p.Why, "; "))
	case !p.Fits:
		return refuse("that does not fit the run as it stands")
	case p.Blocked && len(p.Why) > 0:
		return refuse("it would be refused: %s", strings.Join(p.Why, "; "))
	case p.Blocked:
		return refuse("it would be refused: something is in the way")
	}
	if !asJSON {
		fmt.Fprintf(t.out, "on version %d\n", p.Version)
	}
	return nil
}
