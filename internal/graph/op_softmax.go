package graph

import (
	"math"

	"gotrain/internal/formula"
)

var opSoftmax = overClasses("softmax", "eˣ / Σ eˣ along the feature axis", func(c *call, x *Value, axis int) *Value {
	e := c.b.mapOp("exp", shiftedExp, x, c.b.largest(x, axis))
	return c.b.mapOp("softmax", formula.Binary((*formula.Builder).Div), e, c.b.reduce(Sum, e, axis))
})

var opLogSoftmax = overClasses("log_softmax", "x - log Σ eˣ along the feature axis", func(c *call, x *Value, axis int) *Value {
	return c.b.logSoftmax(x, axis)
})

var opLogSumExp = overClasses("logsumexp", "log Σ eˣ along the feature axis, which goes", func(c *call, x *Value, axis int) *Value {
	// An infinite largest element must not be taken out: inf - inf is no number.
	top := c.b.mapOp("finite", finiteOrZero, c.b.largest(x, axis))
	sum := c.b.reduce(Sum, c.b.mapOp("exp", shiftedExp, x, top), axis)
	out := c.b.mapOp("logsumexp", logPlus, sum, top)
	return c.b.reshape(out, without(x.Shape, axis))
})

// overClasses is the row of an op along one axis.
func overClasses(name, doc string, build func(c *call, x *Value, axis int) *Value) *opSpec {
	return &opSpec{
		Name: name, Group: "normalisation", Doc: doc + ", the largest element taken out first",
		Params: []param{{Name: "x", Kind: tensorArg, Doc: "any shape with a feature axis"}, axisParam},
		Build: func(c *call) (any, error) {
			x := c.tensor("x")
			axis, err := c.axis("axis", x, featureAxis(x))
			if err != nil {
				return nil, err
			}
			return build(c, x, axis), nil
		},
	}
}

// axisParam is the axis that an op works along.
var axisParam = param{Name: "axis", Kind: intArg, Optional: true, Doc: "0 is the first after the batch; defaults to the feature axis"}

// largest is the largest element along axis, as a constant to the gradient: what is taken
// out by it cancels.
func (b *builder) largest(x *Value, axis int) *Value { return b.stopGrad(b.reduce(Max, x, axis)) }

// expSum is Σ eˣ along axis over e^top, and top, the largest element.
func (b *builder) expSum(x *Value, axis int) (top, sum *Value) {
	top = b.largest(x, axis)
	return top, b.reduce(Sum, b.mapOp("exp", shiftedExp, x, top), axis)
}

// logSoftmax is x - log Σ eˣ along axis.
func (b *builder) logSoftmax(x *Value, axis int) *Value {
	top, sum := b.expSum(x, axis)
	return b.mapOp("log_softmax", logSoftmaxFormula, x, top, sum)
}

var (
	shiftedExp        = formula.Binary(func(b *formula.Builder, x, top formula.Ref) formula.Ref { return b.Exp(b.Sub(x, top)) })
	logPlus           = formula.Binary(func(b *formula.Builder, sum, top formula.Ref) formula.Ref { return b.Add(b.Log(sum), top) })
	logSoftmaxFormula = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		return b.Sub(b.Sub(in[0], in[1]), b.Log(in[2]))
	})
	finiteOrZero = formula.Unary(func(b *formula.Builder, x formula.Ref) formula.Ref {
		return b.Select(b.Equal(b.Abs(x), b.Const(math.Inf(1))), b.Const(0), x)
	})
)

// without is a shape less one axis.
func without(s Shape, axis int) Shape {
	return append(append(Shape{}, s[:axis]...), s[axis+1:]...)
}
