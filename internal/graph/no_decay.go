package graph

import (
	"path"
	"slices"
	"strings"

	"gotrain/internal/config"
	"gotrain/internal/diag"
)

// noDecayArg leaves weights out of weight_decay.
var noDecayArg = optimizerArg{
	Name: "no_decay", Default: []string{},
	Doc: "weights that weight_decay leaves alone: parts of names (bias, layernorm) or globs (decoder.*)",
}

// decay is the weight decay of the parameter being updated.
func (u *update) decay() float64 {
	for _, word := range u.args[noDecayArg.Name].([]string) {
		if namesWeight(word, u.param.Name) {
			return 0
		}
	}
	return u.number("weight_decay")
}

// namesWeight reports whether a word is a part of a weight's name, its number left out, or
// a glob of all of it: layernorm is in logits.layernorm_2.weight.
func namesWeight(word, weight string) bool {
	for _, part := range strings.Split(weight, ".") {
		if part == word {
			return true
		}
		if base, number, cut := cutLast(part, "_"); cut && base == word && strings.Trim(number, "0123456789") == "" {
			return true
		}
	}
	ok, err := path.Match(word, weight)
	return ok && err == nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// checkNoDecay warns of words that name no weight: they may be mistyped.
func (ev *evaluator) checkNoDecay(o *config.Optimizer, args map[string]any) {
	words, _ := args[noDecayArg.Name].([]string)
	for _, word := range words {
		named := func(s *State) bool { return s.Role == Param && namesWeight(word, s.Name) }
		if !slices.ContainsFunc(ev.b.states, named) {
			at := diag.Pos{}
			if s := o.Args[noDecayArg.Name]; s != nil {
				at = s.Pos
			}
			ev.note(at, "no-weights", "no_decay: no weight is called %q", word)
		}
	}
}
