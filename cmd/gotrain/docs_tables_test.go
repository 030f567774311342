package main

import (
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/data"
	"gotrain/internal/graph"
	"gotrain/internal/schedule"
)

// tables are the parts of the documents that come from the code, by the name that a
// document has between <!-- table: NAME --> and <!-- end -->.
func tables() map[string]string {
	dataKeys, flags := config.Later()
	return map[string]string{
		"commands":     commandTable(),
		"sections":     keyTable(""),
		"keys":         keysOf("data", "vars.*", "checkpoint", "checkpoint.init_from", "trainer", "trainer.early_stop"),
		"operators":    operatorTable(),
		"forms":        opTable(graph.FormDocs()),
		"initializers": opTable(graph.InitializerDocs()),
		"scalars":      opTable(graph.RuntimeDocs()),
		"optimizers":   opTable(graph.OptimizerDocs()),
		"schedules":    scheduleTable(),
		"units":        unitTable(),
		"sources":      listed(data.Names()),
		"later":        laterTable(dataKeys, flags),
	}
}

var tableMark = regexp.MustCompile(`(?s)(<!-- table: (\w+) -->\n).*?(<!-- end -->)`)

// filled is a document with its tables as they are now, and the names that are none.
func filled(text string) (out string, unknown []string) {
	all := tables()
	out = tableMark.ReplaceAllStringFunc(text, func(m string) string {
		part := tableMark.FindStringSubmatch(m)
		table, ok := all[part[2]]
		if !ok {
			unknown = append(unknown, part[2])
			return m
		}
		return part[1] + "\n" + table + "\n" + part[3]
	})
	return out, unknown
}

func commandTable() string {
	root := newRootCommand([]string{"gotrain"}, &terminal{out: io.Discard, err: io.Discard})
	root.InitDefaultCompletionCmd("fit") // cobra adds it as a command runs
	var b strings.Builder
	b.WriteString("| command | |\n|---|---|\n")
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			fmt.Fprintf(&b, "| `gotrain %s` | %s |\n", strings.TrimSuffix(c.Use, " [flags]"), escape(c.Short))
		}
	}
	return b.String()
}

func keyTable(path string) string {
	var b strings.Builder
	b.WriteString("| key | |\n|---|---|\n")
	for _, key := range config.Keys()[path] {
		full := strings.TrimPrefix(path+"."+key, ".")
		k, ok := keySchemas[full]
		if !ok { // a trainer flag, which has a page of its own
			continue
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", full, escape(k.help))
	}
	return b.String()
}

func keysOf(paths ...string) string {
	head := keyTable("no such section")
	out := head
	for _, p := range paths {
		out += strings.TrimPrefix(keyTable(p), head)
	}
	return out
}

func operatorTable() string {
	var b strings.Builder
	b.WriteString("| loosest first | |\n|---|---|\n")
	for _, l := range config.Precedence() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.Join(l.Symbols, "` `"), l.Doc)
	}
	return b.String()
}

func opTable(docs []graph.OpDoc) string {
	var b strings.Builder
	b.WriteString("| | arguments | |\n|---|---|---|\n")
	for _, d := range docs {
		row(&b, d)
	}
	return b.String()
}

func scheduleTable() string {
	var docs []graph.OpDoc
	for _, s := range schedule.Docs() {
		docs = append(docs, scheduleDoc(s))
	}
	return opTable(docs)
}

func unitTable() string {
	meaning := map[config.Unit]string{
		config.Steps: "optimizer steps", config.Epochs: "passes over the training data",
		config.Percent: "of the run", config.Seconds: "of the clock; also `1h30m` and `DD:HH:MM:SS`",
	}
	words := config.UnitWords()
	var b strings.Builder
	b.WriteString("| after a number | counts |\n|---|---|\n")
	for _, u := range slices.Sorted(maps.Keys(words)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", strings.Join(words[u], "` `"), meaning[u])
	}
	return b.String()
}

func listed(names []string) string { return "`" + strings.Join(names, "`, `") + "`\n" }

func laterTable(dataKeys, flags []string) string {
	var b strings.Builder
	b.WriteString("| not built yet | |\n|---|---|\n")
	for _, r := range []struct {
		what  string
		names []string
	}{
		{"ops, layers, losses, metrics", graph.Later()},
		{"arguments of losses and metrics", graph.LaterArguments()},
		{"data sources", data.Later()},
		{"keys of `data`", dataKeys},
		{"trainer flags", flags},
	} {
		fmt.Fprintf(&b, "| %s | %s |\n", r.what, strings.TrimSpace(listed(r.names)))
	}
	return b.String()
}
