package main

import (
	"fmt"
	"text/tabwriter"

	"gotrain/internal/graph"
)

// explainLayer lists what can be called or, given a name, shows its arguments, their
// defaults, its shapes, formula and source.
func explainLayer(t *terminal, args []string) error {
	all := append(graph.OpDocs(), graph.OptimizerDocs()...)
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	defer w.Flush()
	if len(args) == 0 {
		group := ""
		for _, op := range all {
			if op.Group != group {
				group = op.Group
				fmt.Fprintf(w, "%s:\n", group)
			}
			fmt.Fprintf(w, "  %s\t%s\n", op.Name, op.Doc)
		}
		fmt.Fprintln(w, "\ngotrain help layer NAME shows one with its arguments.")
		return nil
	}
	var names []string
	for _, op := range all {
		if op.Name == args[0] {
			fmt.Fprintf(w, "%s (%s)\n\n%s\n\n", signature(op), op.Group, wrap(op.Doc, textWidth))
			for _, a := range op.Args {
				value := "required"
				if a.Default != "" {
					value = "default " + a.Default
				}
				fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", a.Name, a.Kind, value, a.Doc)
			}
			return nil
		}
		names = append(names, op.Name)
	}
	return unknownWord("layer, op, loss, metric or optimizer", args[0], "gotrain help layer", names)
}

// signature writes an op as it is called: dense(x, n, bias=true); an optimizer as it
// stands in its section: {name: adam, lr: 0.001}.
func signature(op graph.OpDoc) string {
	pair, open, end := "=", op.Name+"(", ")"
	if op.Group == "optimizer" {
		pair, open, end = ": ", "optimizer: {name: "+op.Name, "}"
		if len(op.Args) > 0 {
			open += ", "
		}
	}
	s := open
	for i, a := range op.Args {
		if i > 0 {
			s += ", "
		}
		s += a.Name
		if a.Default != "" {
			s += pair + a.Default
		}
	}
	return s + end
}
