// Command gotrain trains models described in one YAML file.
//
// Each verb is a file, cmd_<verb>.go; this one builds their list and turns an error's
// class into an exit code (exitcodes.go). os.Exit is called here and nowhere else.
package main

import (
	"errors"
	"io"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"gotrain/internal/diag"
)

// version is set by the linker: make build.
var version = "dev"

// processStart is when the program began, for what a user waits before the first step.
var processStart = time.Now()

func main() { os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) }

// terminal is what a command talks through.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	json     bool // results and errors are JSON on out
}

// run is main without the process: argv to exit code.
func run(argv []string, in io.Reader, out, errOut io.Writer) int {
	// Errors before a command's own flags are read are JSON too where it is asked for.
	t := &terminal{in: in, out: out, err: errOut, json: slices.Contains(argv, "--json") || slices.Contains(argv, "--json=true")}
	root := newRootCommand(argv, t)
	root.SetArgs(argv[1:])
	return t.report(root.Execute())
}

func newRootCommand(argv []string, t *terminal) *cobra.Command {
	root := &cobra.Command{
		Use:           "gotrain",
		Short:         "Train models described in one YAML file",
		Long:          "gotrain trains models described in one YAML file: network, loss, data and trainer.\n\n  gotrain fit configs/vae-mnist.yaml --latent 32 --optimizer.lr 3e-4",
		Version:       version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          unknownCommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usage(err.Error(), "gotrain --help") })
	root.AddCommand(
		newFitCommand(argv, t),
		newValidateCommand(argv, t),
		newTestCommand(argv, t),
		newPredictCommand(argv, t),
		newCheckCommand(argv, t),
		newSummaryCommand(argv, t),
		newProfileCommand(argv, t),
		newInspectCommand(argv, t),
		newPrintCommand(argv, t),
		newRunsCommand(t),
		newSchemaCommand(t),
	)
	addTopics(root, t)
	root.SetHelpCommand(newHelpCommand(root, t))
	return root
}

// unknownCommand names the verb that a mistyped one is nearest to.
func unknownCommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var verbs []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() {
			verbs = append(verbs, sub.Name())
		}
	}
	hint := "gotrain --help lists the commands"
	if near := diag.Suggest(args[0], verbs); near != "" {
		hint = "did you mean: gotrain " + near + "?"
	}
	return usage("unknown command \""+args[0]+"\"", hint)
}

// usage is a mistake on the command line.
func usage(text, hint string) error {
	var l diag.List
	l.Errorf("usage", diag.Pos{}, "%s", text).Hint = hint
	return l.Err()
}

// errHelp ends a command that only printed its help.
var errHelp = errors.New("help was asked for")
