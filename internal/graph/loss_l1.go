package graph

import "gotrain/internal/formula"

var l1Formula = formula.Binary(func(b *formula.Builder, x, t formula.Ref) formula.Ref { return b.Abs(b.Sub(x, t)) })

var lossL1 = elementwiseLoss("l1", "|x - t|", [2]string{"x", "target"}, l1Formula, nil)
