package graph

import "slices"

var opTranspose = &opSpec{
	Name: "transpose", Group: "shape", Doc: "the axes after the batch in another order: transpose(x) swaps the last two, transpose(x, 2, 0, 1) gives [W,C,H] of [C,H,W]",
	Params: []param{
		{Name: "x", Kind: tensorArg, Doc: "two axes or more"},
		{Name: "axes", Kind: intsArg, Optional: true, Doc: "each axis once, in the new order; 0 is the first after the batch"},
	},
	Build: func(c *call) (any, error) {
		x := c.tensor("x")
		rank := len(userShape(x))
		if rank < 2 {
			return nil, shapef("", "%s has no two axes to swap", describe(x))
		}
		order := make([]int, rank)
		for i := range order {
			order[i] = i
		}
		if c.given("axes") {
			given := c.dims("axes")
			for i, a := range given {
				given[i] = fromEnd(a, rank)
			}
			if !slices.Equal(slices.Sorted(slices.Values(given)), order) {
				return nil, argf("axes %s of %s: each of 0 to %d once", userShapeString(c.dims("axes")), describe(x), rank-1)
			}
			order = given
		} else {
			order[rank-1], order[rank-2] = rank-2, rank-1
		}
		first := len(x.Shape) - rank
		perm := make([]int, first, first+rank)
		for _, a := range order {
			perm = append(perm, a+first)
		}
		return c.b.transpose(x, perm), nil
	},
}

// transpose gives x the axes perm[0], perm[1], … of x.
func (b *builder) transpose(x *Value, perm []int) *Value {
	shape, same := make(Shape, len(perm)), true
	for i, a := range perm {
		shape[i] = x.Shape[a]
		same = same && i == a
	}
	if same {
		return x
	}
	return b.apply(Transpose{Perm: perm}, shape, x)
}

// inverse is the permutation that undoes perm.
func inverse(perm []int) []int {
	inv := make([]int, len(perm))
	for i, a := range perm {
		inv[a] = i
	}
	return inv
}
