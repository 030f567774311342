package main

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/graph"
	"gotrain/internal/logger"
	"gotrain/internal/schedule"
)

var update = flag.Bool("update", false, "rewrite the generated documents")

// TestDocumentsAreOfTheTables: docs/reference.md and docs/trainer-flags.md are written from
// the tables of the code, and so are the marked parts of the pages that explain; -update (make golden) writes them.
func TestDocumentsAreOfTheTables(t *testing.T) {
	texts := map[string]string{
		"../../docs/reference.md":     reference(),
		"../../docs/trainer-flags.md": flagsPage(),
	}
	for _, path := range []string{"../../docs/language.md", "../../docs/what-it-cannot-say.md"} {
		prose, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text, unknown := filled(string(prose))
		if len(unknown) > 0 || !tableMark.MatchString(text) {
			t.Errorf("%s: no such tables: %v", path, unknown)
		}
		texts[path] = text
	}
	for path, text := range texts {
		if *update {
			if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != text {
			t.Errorf("%s is not of the tables: make golden", path)
		}
		seen := map[string]bool{}
		for _, m := range heading.FindAllString(text, -1) {
			if seen[m] {
				t.Errorf("%s has %q twice: a table of ops is not in the order of its groups", path, m)
			}
			seen[m] = true
		}
	}
}

var heading = regexp.MustCompile(`(?m)^#+ .+$`)

const generated = "<!-- Written from the tables by `make golden`: edit those. -->\n\n"

func reference() string {
	var b strings.Builder
	b.WriteString("# Reference\n\n" + generated)
	all := tables()
	b.WriteString("## Commands\n\n`gotrain COMMAND --help` lists the flags; after a FILE, that file's vars and data fields too.\n\n" + all["commands"])
	b.WriteString("\nBelow, shapes leave the batch axis out, and `x -> f(a)` is `f(x, a)`.\n")
	group := ""
	for _, op := range graph.OpDocs() {
		if op.Group != group {
			group = op.Group
			fmt.Fprintf(&b, "\n## %s\n\n| | arguments | |\n|---|---|---|\n", strings.ToUpper(group[:1])+group[1:])
		}
		row(&b, op)
	}
	b.WriteString("\n## Operators\n\nAll but `@` go element by element; axes are aligned right and an axis of 1 repeats.\n\n" + all["operators"])
	b.WriteString("\n## Forms\n\nGone when the model is built: there is no control flow while it runs.\n\n" + all["forms"])
	b.WriteString("\n## Initializers\n\nFor `init=`, which takes a number too; names and formulas of torch.nn.init.\n\n" + all["initializers"])
	b.WriteString("\n## Scalars of the run\n\n" + all["scalars"])
	b.WriteString("\n## Optimizers\n\n" + all["optimizers"])
	b.WriteString("\n## Diagnostics\n\n`gotrain help diagnostics CODE` explains one with a wrong and a right example; `--json` prints the codes.\n\n| | |\n|---|---|\n")
	for _, c := range diag.Codes() {
		fmt.Fprintf(&b, "| `%s` | %s |\n", c.Name, escape(c.Title))
	}
	b.WriteString("\n## Schedules\n\nlr is a function of the steps done. A time is `5 epochs`, `100 steps` or, of the whole run, `5%`.\n\n" + all["schedules"])
	b.WriteString("\nTrainer flags have [a page of their own](trainer-flags.md).\n")
	b.WriteString("\n## Exit codes\n\n| | |\n|---|---|\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "| %d | %s |\n", e.code, e.meaning)
	}
	return b.String()
}

func row(b *strings.Builder, op graph.OpDoc) {
	var args []string
	for _, a := range op.Args {
		s := "`" + a.Name
		if a.Default != "" {
			s += "=" + a.Default
		}
		s += "`"
		if note := strings.Trim(a.Kind+"; "+a.Doc, "; "); note != "" {
			s += " " + note
		}
		args = append(args, s)
	}
	fmt.Fprintf(b, "| `%s` | %s | %s |\n", op.Name, escape(strings.Join(args, "<br>")), escape(op.Doc))
}

func scheduleDoc(s schedule.Doc) graph.OpDoc {
	d := graph.OpDoc{Name: s.Name, Doc: s.Doc}
	for _, a := range s.Args {
		d.Args = append(d.Args, graph.ArgDoc{Name: a.Name, Kind: a.Kind, Default: a.Default, Doc: a.Doc})
	}
	return d
}

func escape(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func flagsPage() string {
	var b strings.Builder
	b.WriteString("# Trainer flags\n\n" + generated)
	b.WriteString("Each is a key of the `trainer` section, a flag, and an environment variable `" + envPrefix + "_<FLAG>`; a flag wins over\n")
	b.WriteString("the environment, that over the file. Names and meanings are Lightning's.\n\n")
	b.WriteString("| flag | default | |\n|---|---|---|\n")
	var later []string
	for _, f := range config.TrainerFlags {
		if f.Later {
			later = append(later, "`"+f.Name+"`")
			continue
		}
		value := ""
		if f.Default != nil {
			value = "`" + f.DefaultText() + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Name, value, escape(f.Help))
	}
	b.WriteString("\nAlso in the section: `monitor` and `mode` (short for `checkpoint.monitor` and `.mode`), `log_images: {output: 1 epoch}`; as flags\n`--checkpoint.monitor`, `--checkpoint.mode`, `--log_images.OUTPUT`.\n\n")
	b.WriteString("`limit_*`: a whole number counts batches, a number with a dot is a share: `1` is one batch, `1.0` is all of them.\n")
	b.WriteString("`fast_dev_run` takes its number after an equals sign: `--fast_dev_run=4`.\n")
	b.WriteString("With `accumulate_grad_batches` the last, short window of an epoch is divided by its true count of samples.\n\n")
	b.WriteString("Known and not built yet: " + strings.Join(later, ", ") + ".\n")
	return b.String()
}

// TestLoggersHaveOneList: the config package refuses unknown loggers early, without the
// logger package, whose table is the one that opens them.
func TestLoggersHaveOneList(t *testing.T) {
	if !slices.Equal(config.Passes, engine.OptionalPasses()) {
		t.Errorf("config knows passes %v, engine %v", config.Passes, engine.OptionalPasses())
	}
	if !slices.Equal(config.Loggers, logger.Names()) {
		t.Errorf("config knows %v, logger %v", config.Loggers, logger.Names())
	}
}
