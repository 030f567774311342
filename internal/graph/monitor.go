package graph

import "gotrain/internal/config"

// MoreIsBetter reports whether a metric is one of which more is better, as it is written:
// accuracy or f1, or avg of it. Of others it is not known.
func MoreIsBetter(metric config.Expr) bool {
	switch x := metric.(type) {
	case *config.Pipe:
		return len(x.Steps) > 0 && MoreIsBetter(x.Steps[len(x.Steps)-1])
	case *config.Call:
		if x.Fn == opAvg.Name && len(x.Args) == 1 {
			return MoreIsBetter(x.Args[0].Value)
		}
		op := findOp(x.Fn)
		return op != nil && op.MoreIsBetter
	}
	return false
}
