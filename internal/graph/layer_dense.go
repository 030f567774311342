package graph

import (
	"fmt"
	"math"
)

// layerDense is x Wᵀ + b on the last axis. Layout and start are PyTorch's Linear: W is
// [n, in], both drawn from ±1/√in.
var layerDense = &opSpec{
	Name: "dense", Group: "layer", Doc: "x Wᵀ + b: [..., in] to [..., n]; W [n, in] and b [n] start uniform in ±1/√in",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "[in] or [T, in]"},
		{Name: "n", Kind: intArg, Doc: "size of the result"},
		{Name: "bias", Kind: boolArg, Optional: true, Default: true, Doc: "add b"},
		initParam("uniform in ±1/√in"),
		{Name: "tie", Kind: layerArg, Optional: true, Doc: "use the weight of this net or layer, transposed where the shapes ask for it, for W"},
	},
	Build: func(c *call) (any, error) {
		x, n := c.tensor("x"), c.integer("n")
		shape := userShape(x)
		switch {
		case n < 1 || n > maxDim:
			return nil, argf("n is %d: a size is from 1 to %d", n, maxDim)
		case len(shape) == 0:
			return nil, shapef("reshape(1) makes it one", "%s has no feature axis", describe(x))
		case len(shape) >= 3:
			return nil, shapef("flatten first: x -> flatten -> dense("+fmt.Sprint(n)+")", "dense of an unflattened %s", describe(x))
		}
		in := shape[len(shape)-1]
		bound := Init{Dist: UniformInit, Scale: 1 / math.Sqrt(float64(in))}
		var w *Value
		var err error
		transposed := false // W is stored as [in, n]
		if layer, ok := c.arg("tie").(string); ok {
			w, transposed, err = c.tied(layer, n, in)
		} else {
			w, err = c.weight("weight", Shape{n, in}, c.init("init", bound)(Shape{n, in}))
		}
		if err != nil {
			return nil, err
		}
		rows := x
		if len(x.Shape) > 2 {
			rows = c.b.reshape(x, Shape{x.Shape[0] * x.Shape[1], in})
		} else if len(x.Shape) == 1 {
			rows = c.b.reshape(x, Shape{1, in})
		}
		y := c.b.matMul(rows, w, false, !transposed)
		if c.boolean("bias") {
			bias, err := c.weight("bias", Shape{n}, bound)
			if err != nil {
				return nil, err
			}
			y = c.b.mapOp("bias", addFormula, y, bias)
		}
		out := append(Shape{}, x.Shape...)
		out[len(out)-1] = n
		return c.b.reshape(y, out), nil
	},
}
