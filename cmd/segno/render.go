package main

import (
	"math"
	"os"

	"github.com/spf13/cobra"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/designer/layout"
)

func renderCommand(t terminal) *cobra.Command {
	var format, output, server string
	cmd := &cobra.Command{
		Use:     "render FLOW",
		Short:   "Draw a flow as SVG or Mermaid",
		Long:    "Draws the graph of a flow. FLOW is a file, \"-\" for the standard input, REV:path of a git repository, or flow@version on a server. Also a draft with problems is drawn, as far as it can be read.",
		Example: "  segno render flows/order.yaml > order.svg\n  segno render flows/order.yaml --format mermaid",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "svg" && format != "mermaid" {
				return misuse("--format is %q; it must be svg or mermaid", format)
			}
			def, err := t.definition(cmd.Context(), args[0], server)
			if err != nil {
				return err
			}
			drawn := picture(def, format)
			if output != "" {
				if err := os.WriteFile(output, drawn, 0o644); err != nil {
					return refuse("%w", err)
				}
				return nil
			}
			if _, err := t.out.Write(drawn); err != nil {
				return refuse("writing the picture: %w", err)
			}
			return nil
		},
	}
	serverFlag(cmd, &server)
	cmd.Flags().StringVar(&format, "format", "svg", "svg or mermaid")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write to this file")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"svg", "mermaid"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func picture(def *flow.Definition, format string) []byte {
	if format == "mermaid" {
		return layout.Mermaid(def)
	}
	size := layout.Layout(layout.FromFlow(def))
	options := layout.SVGOptions{Labels: true}
	if size.Width > 0 {
		const margin = 16 // both sides of what SVG leaves around the graph
		options.Width, options.Height = int(math.Ceil(size.Width))+margin, int(math.Ceil(size.Height))+margin
	}
	return append(layout.SVG(def, options), '\n')
}
