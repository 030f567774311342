package diag

import "strings"

// aliases are names from other programs that are too far from ours for a distance to see.
var aliases = map[string]string{
	"linear": "dense", "fc": "dense", "fullyconnected": "dense", "optimiser": "optimizer", "learningrate": "lr",
	"batchsize": "batch", "epochs": "max_epochs", "steps": "max_steps", "softmaxcrossentropy": "cross_entropy", "crossentropyloss": "cross_entropy",
	"bcewithlogits": "bce_logits", "kl": "kl_normal", "kld": "kl_normal", "view": "reshape", "chunk": "split", "dataset": "source", "device": "accelerator",
}

var separators = strings.NewReplacer("_", "", "-", "")

func normalise(s string) string { return strings.ToLower(separators.Replace(s)) }

// longest is how many letters a name can have and still be a mistyped one: the distance
// costs the product of both lengths.
const longest = 100

// DidYouMean asks for the candidate nearest to a mistyped name; "" where none is near.
func DidYouMean(name string, candidates []string) string {
	if s := Suggest(name, candidates); s != "" {
		return "did you mean \"" + s + "\"?"
	}
	return ""
}

// Choices is DidYouMean, then all candidates after a word for them: "there are".
func Choices(name, lead string, candidates []string) string {
	list := "(" + lead + ": " + strings.Join(candidates, ", ") + ")"
	if near := DidYouMean(name, candidates); near != "" {
		return near + "  " + list
	}
	return list
}

// Suggest gives the candidate nearest to a mistyped name, or "" where none is near: at
// most a third of the letters may differ (a swap of neighbours counts as one), else the
// one that it is the start of.
func Suggest(name string, candidates []string) string {
	n := normalise(name)
	if n == "" || len(n) > longest {
		return ""
	}
	if to, ok := aliases[n]; ok {
		for _, c := range candidates {
			if c == to {
				return c
			}
		}
	}
	best, bestDistance := "", max(1, len([]rune(n))/3)+1
	for _, c := range candidates {
		m := normalise(c)
		if len(m) > longest {
			continue
		}
		if d := distance([]rune(n), []rune(m)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	if best == "" {
		best = completed(n, candidates)
	}
	return best
}

// startOfName is how many letters of a name are enough to tell which was begun.
const startOfName = 3

// completed is the shortest candidate that begins with n, the first of several: den is
// dense's.
func completed(n string, candidates []string) string {
	best := ""
	for _, c := range candidates {
		if len(n) >= startOfName && strings.HasPrefix(normalise(c), n) && (best == "" || len(c) < len(best)) {
			best = c
		}
	}
	return best
}

// distance is the optimal string alignment distance: insertions, deletions, changes and
// swaps of neighbours.
func distance(a, b []rune) int {
	prev2, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], prev2[j-2]+1)
			}
		}
		prev2, prev, cur = prev, cur, prev2
	}
	return prev[len(b)]
}
