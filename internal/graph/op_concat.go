package graph

import (
	"slices"

	"gotrain/internal/formula"
)

var opConcat = &opSpec{
	Name: "concat", Group: "shape", Doc: "tensors end to end along the feature axis: [..., n] and [..., m] to [..., n+m]",
	Params: []param{{Name: "tensors", Kind: tensorsArg, Doc: "alike but for the axis"}, axisParam},
	Build: func(c *call) (any, error) {
		parts := c.tensors("tensors")
		axis, err := c.axis("axis", parts[0], featureAxis(parts[0]))
		if err != nil {
			return nil, err
		}
		length := 0
		for i, p := range parts {
			if p.DType != F32 {
				parts[i] = c.b.mapOp("number", formula.Identity(), p)
			}
			if len(p.Shape) != len(parts[0].Shape) || !slices.Equal(without(p.Shape, axis), without(parts[0].Shape, axis)) {
				return nil, shapef("all axes but that one must be equal", "%s and %s along axis %d", describe(parts[0]), describe(p), axis-len(p.Shape)+len(userShape(p)))
			}
			length += p.Shape[axis]
		}
		if length > maxDim {
			return nil, shapef("", "an axis of %d: the longest is %d", length, maxDim)
		}
		return c.b.concat(axis, parts...), nil
	},
}

// concat lays values end to end along axis.
func (b *builder) concat(axis int, parts ...*Value) *Value {
	if len(parts) == 1 {
		return parts[0]
	}
	shape := slices.Clone(parts[0].Shape)
	for _, p := range parts[1:] {
		shape[axis] += p.Shape[axis]
	}
	return b.apply(Concat{Axis: axis}, shape, parts...)
}
