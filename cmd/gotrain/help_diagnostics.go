package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"gotrain/internal/diag"
)

// explainDiagnostics lists the codes or, given one, says what it means and what to do.
func explainDiagnostics(t *terminal, args []string) error {
	if len(args) > 0 {
		c, ok := diag.FindCode(args[0])
		if !ok {
			var names []string
			for _, c := range diag.Codes() {
				names = append(names, c.Name)
			}
			return unknownWord("diagnostic", args[0], "gotrain help diagnostics", names)
		}
		explainCode(t.out, c)
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	for _, c := range diag.Codes() {
		fmt.Fprintf(w, "%s\t%s\n", c.Name, c.Title)
	}
	w.Flush()
	fmt.Fprintln(t.out, "\ngotrain help diagnostics CODE explains one; --json prints the codes.")
	return nil
}

// textWidth is where help texts are wrapped.
const textWidth = 90

func explainCode(w io.Writer, c diag.Code) {
	fmt.Fprintf(w, "%s: %s\n\n%s\n", c.Name, c.Title, wrap(c.Text, textWidth))
	for _, e := range c.Examples {
		wrongConfig, rightConfig := e.Configs()
		wrongCommand, rightCommand := e.Commands()
		sameConfig := wrongConfig == rightConfig
		plain := wrongCommand == "check FILE" && rightCommand == wrongCommand && len(e.Env) == 0
		if sameConfig {
			fmt.Fprintf(w, "\nWith FILE\n\n%s", indent(rightConfig))
		}
		show := func(word, config, command string, env []string) {
			fmt.Fprintf(w, "\n%s\n\n", word)
			if !sameConfig {
				fmt.Fprint(w, indent(config))
			}
			if !plain {
				fmt.Fprintf(w, "    %s\n", strings.TrimSpace(strings.Join(env, " ")+" gotrain "+command))
			}
		}
		show("Wrong", wrongConfig, wrongCommand, e.Env)
		show("Right", rightConfig, rightCommand, nil)
	}
}

// shownLines is how much of an example is shown: some are wrong by their length.
const shownLines = 20

// indent sets a config apart; what no terminal could hold is cut.
func indent(config string) string {
	var b strings.Builder
	n := 0
	for line := range strings.Lines(config) {
		if n++; n > shownLines {
			b.WriteString("    …\n")
			break
		}
		line = strings.TrimSuffix(line, "\n")
		if r := []rune(line); len(r) > textWidth {
			line = string(r[:textWidth]) + "…"
		}
		b.WriteString("    " + diag.Printable(line) + "\n")
	}
	return b.String()
}

// wrap breaks a text into lines of at most width runes, where words allow it.
func wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		n := len([]rune(word))
		switch {
		case i == 0:
		case column+1+n > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += n
	}
	return b.String()
}
