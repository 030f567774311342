package main

import (
	"slices"
	"strconv"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// The command line of a verb that takes FILE is split before any flag is judged, since
// which flags there are depends on the file: its vars are flags. Two kinds are known
// without it, trainer flags and the verb's own; of any other, the next word is its value.

// given is one flag as written.
type given struct {
	name  string // normalised: dashes are underscores
	value string
	text  string // "--latent", for messages
	// bare is true where no word was left to be its value.
	bare bool
}

// arguments is a split command line.
type arguments struct {
	file  string
	names []string // words after the file
	flags []given  // known ones
	other []given  // vars, config paths and mistakes
	help  bool
}

// flagShape says whether a known flag takes the next word.
type flagShape uint8

const (
	takesValue flagShape = iota
	isSwitch             // true unless =false or a following true/false says otherwise
	optional             // a value only by =
)

// split sorts the words of a command line. shapes holds the known flags.
func split(words []string, shapes map[string]flagShape) (arguments, diag.List) {
	var a arguments
	var l diag.List
	fault := func(origin, format string, args ...any) *diag.Diagnostic {
		d := l.Errorf("usage", diag.Pos{}, format, args...)
		d.Origin = origin
		return d
	}
	for i := 0; i < len(words); i++ {
		word := words[i]
		if word == "-h" || word == "--help" {
			a.help = true
			continue
		}
		if !strings.HasPrefix(word, "-") || word == "-" {
			if a.file == "" {
				a.file = word
			} else {
				a.names = append(a.names, word)
			}
			continue
		}
		if !strings.HasPrefix(word, "--") {
			fault(word, "flags have two dashes").Hint = "write -" + word
			if a.file != "" && i+1 < len(words) && !strings.HasPrefix(words[i+1], "-") { // its value
				i++
			}
			continue
		}
		text, value, hasValue := strings.Cut(word, "=")
		g := given{name: normalise(text[2:]), value: value, text: text}
		shape, known := shapes[g.name]
		next := ""
		if i+1 < len(words) {
			next = words[i+1]
		}
		switch {
		case hasValue:
		case known && shape == isSwitch:
			g.value = "true"
			if word := strings.ToLower(next); word == "true" || word == "false" {
				g.value = word
				i++
			}
		case known && shape == optional:
			g.value = "true"
			if word := strings.ToLower(next); word == "true" || word == "false" {
				g.value = word
				i++
			}
			if _, err := strconv.Atoi(next); err == nil {
				fault(text, "takes its number after an equals sign").Hint = "write " + text + "=" + next
				i++
			}
		case known && (i+1 == len(words) || strings.HasPrefix(next, "--")):
			fault(text, "needs a value")
			continue
		case i+1 == len(words) || strings.HasPrefix(next, "--"):
			g.bare = true
		default:
			g.value = next
			i++
		}
		if known {
			a.flags = append(a.flags, g)
		} else {
			a.other = append(a.other, g)
		}
	}
	return a, l
}

// normalise makes dashes underscores, and trainer.gpus plain gpus.
func normalise(name string) string {
	return strings.TrimPrefix(strings.ReplaceAll(name, "-", "_"), "trainer.")
}

// overrides turns the flags that are not known before the file is read into overrides of
// the config, once its vars are known.
func overrides(other []given, vars []string) (out []config.Override, unknown []given, l diag.List) {
	for _, g := range other {
		path := strings.Split(g.name, ".")
		switch {
		case slices.Contains(vars, g.name):
			path = []string{"vars", g.name}
		case len(path) == 2 && path[0] == "vars" && slices.Contains(vars, path[1]):
		case g.name == "seed" || g.name == "name":
		case g.name == "monitor" || g.name == "mode":
			path = []string{"checkpoint", g.name}
		case path[0] == "log_images" || path[0] == "early_stop" && len(path) == 2:
			path = append([]string{"trainer"}, path...)
		case len(path) > 1 && config.ValidPath(path):
		default:
			unknown = append(unknown, g)
			continue
		}
		if g.bare {
			l.Errorf("usage", diag.Pos{}, "needs a value").Origin = g.text
			continue
		}
		out = append(out, config.Override{Path: path, Text: g.value, Origin: g.text})
	}
	return out, unknown, l
}

// unknownFlags reports the flags that are neither known nor of the file.
func unknownFlags(unknown []given, vars []string, shapes map[string]flagShape) diag.List {
	var l diag.List
	for _, g := range unknown {
		d := l.Errorf("unknown-flag", diag.Pos{}, "unknown flag")
		d.Origin = g.text
		names := slices.Clone(vars)
		for name := range shapes {
			names = append(names, name)
		}
		slices.Sort(names)
		if strings.Contains(g.name, ".") {
			d.Text = "unknown config path"
			if s := config.SuggestPath(strings.Split(g.name, ".")); s != "" {
				d.Hint = "did you mean --" + s + "?"
			}
		} else if s := diag.Suggest(g.name, names); s != "" {
			d.Hint = "did you mean --" + s + "?"
		}
		if len(vars) > 0 {
			d.Hint = strings.TrimSpace(d.Hint + "  (vars: " + strings.Join(vars, ", ") + ")")
		}
	}
	return l
}
