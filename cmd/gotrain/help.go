package main

import (
	"github.com/spf13/cobra"

	"gotrain/internal/diag"
)

// topic is what `gotrain help NAME` explains beside commands.
type topic struct {
	name, short string
	explain     func(t *terminal, args []string) error
}

// topics is the table. To add one: its function, and a line here.
var topics = []topic{
	{"exit-codes", "What each exit code means", explainExitCodes},
	{"diagnostics", "What each problem means: help diagnostics CODE", explainDiagnostics},
	{"layer", "The arguments and formula of a layer, op, loss or metric: help layer NAME", explainLayer},
}

// addTopics makes topics known to cobra, which lists them below the commands.
func addTopics(root *cobra.Command, t *terminal) {
	for _, topic := range topics {
		c := &cobra.Command{Use: topic.name, Short: topic.short}
		c.SetHelpFunc(func(*cobra.Command, []string) { topic.explain(t, nil) })
		root.AddCommand(c)
	}
}

// newHelpCommand is cobra's, but that topics take words, and an unknown one is an error.
func newHelpCommand(root *cobra.Command, t *terminal) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command or topic]",
		Short: "Help about a command, or a topic: exit-codes, diagnostics, layer",
		ValidArgsFunction: func(_ *cobra.Command, args []string, word string) ([]string, cobra.ShellCompDirective) {
			return startingWith(word, completeHelp(root, args)), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			for _, topic := range topics {
				if len(args) > 0 && args[0] == topic.name {
					return topic.explain(t, args[1:])
				}
			}
			c, rest, err := root.Find(args)
			if err != nil || c == nil || c == root && len(rest) > 0 {
				return unknownCommand(root, args)
			}
			return c.Help()
		},
	}
}

// unknownWord is the fault of a name that a topic does not have.
func unknownWord(kind, word, list string, known []string) error {
	hint := list + " lists them"
	if near := diag.Suggest(word, known); near != "" {
		hint = "did you mean " + near + "?  (" + hint + ")"
	}
	return usage("there is no "+kind+" \""+word+"\"", hint)
}
