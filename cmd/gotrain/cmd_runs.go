package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"gotrain/internal/train"
)

func newRunsCommand(t *terminal) *cobra.Command {
	var sortBy string
	var largest, asJSON bool
	c := &cobra.Command{
		Use:   "runs [ROOT]",
		Short: "List past runs, best val/loss first",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			root := "runs"
			if len(args) == 1 {
				root = args[0]
				if !isDir(root) {
					return usage("there is no folder "+root, "runs are made under default_root_dir: runs, where no flag says otherwise")
				}
			}
			mode := "min"
			if largest {
				mode = "max"
			}
			runs, err := train.Runs(root, sortBy, mode)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(t.out).Encode(runs)
			}
			return printRuns(t, runs, sortBy, root)
		},
	}
	c.Flags().StringVar(&sortBy, "sort", "val/loss", "the metric to sort by, smallest first")
	c.Flags().BoolVar(&largest, "largest", false, "the largest first, as for val/acc")
	c.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	return c
}

func printRuns(t *terminal, runs []train.Run, sortBy, root string) error {
	if len(runs) == 0 {
		fmt.Fprintf(t.out, "no runs under %s\n", root)
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "run\t%s\tat step\tsteps\tepochs\tset by flags\n", sortBy)
	for _, r := range runs {
		if r.Fault != "" {
			fmt.Fprintf(w, "%s\t%s\n", r.Dir, r.Fault)
			continue
		}
		best, at := "-", "-"
		if r.Best != nil {
			best, at = strconv.FormatFloat(*r.Best, 'g', 6, 64), fmt.Sprint(r.BestStep)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\n", r.Dir, best, at, r.Steps, r.Epochs, strings.Join(r.Overrides, " "))
	}
	return w.Flush()
}
