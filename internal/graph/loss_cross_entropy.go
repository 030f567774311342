package graph

import (
	"fmt"
	"slices"

	"gotrain/internal/config"
	"gotrain/internal/formula"
)

var lossCrossEntropy = &opSpec{
	Name: "cross_entropy", Group: "loss", Doc: "-log softmax(logits)[label]: the class axis is the one that label lacks",
	Params: classParams("logits"),
	Build: func(c *call) (any, error) {
		x, label := c.tensor("logits"), c.tensor("label")
		axis, err := c.classAxis("logits", x, label)
		if err != nil {
			return nil, err
		}
		top, sum := c.b.expSum(x, axis)
		loss := c.b.mapOp("cross_entropy", crossEntropyFormula, sum, top, c.b.pick(x, label, axis))
		return c.b.perSample(loss, c.enum("reduce")), nil
	},
}

var (
	// pickFormula selects rather than multiplies: an infinite logit of another class is no NaN.
	pickFormula         = formula.Binary(func(b *formula.Builder, hot, x formula.Ref) formula.Ref { return b.Select(hot, x, b.Const(0)) })
	crossEntropyFormula = formula.New(3, func(b *formula.Builder, in []formula.Ref) formula.Ref {
		return b.Sub(b.Add(b.Log(in[0]), in[1]), in[2])
	})
)

// classParams are those of a loss over classes.
func classParams(x string) []param {
	return append(classTargets(x), reduceParam("mean"), classAxisParam)
}

func classTargets(x string) []param {
	return []param{
		{Name: x, Kind: tensorArg, Doc: "[..., C, ...]"},
		{Name: "label", Kind: tensorArg, Doc: "the same shape less C, whole numbers below C"},
	}
}

var classAxisParam = param{Name: "axis", Kind: intArg, Optional: true, Doc: "of the classes, where more than one would fit; 0 is the first after the batch"}

// pick is the element of x at label's class, the axis kept at length 1.
func (b *builder) pick(x, label *Value, axis int) *Value {
	return b.picked(x, b.oneHot(label, x.Shape[axis], axis), axis)
}

// picked is the element of x where hot, of its shape, is 1, the axis kept at length 1.
func (b *builder) picked(x, hot *Value, axis int) *Value {
	return b.reduce(Sum, b.mapOp("pick", pickFormula, hot, x), axis)
}

// oneHot is 1 at each label's class, 0 elsewhere, with the classes at axis.
func (b *builder) oneHot(label *Value, classes, axis int) *Value {
	rank := len(label.Shape)
	hot := b.apply(OneHot{Classes: classes}, append(slices.Clone(label.Shape), classes), label)
	perm := make([]int, 0, rank+1)
	for a := range rank {
		perm = append(perm, a)
	}
	return b.transpose(hot, slices.Insert(perm, axis, rank))
}

// classAxis finds the axis of x that label lacks, as long as label needs it.
func (c *call) classAxis(name string, x, label *Value) (int, error) {
	axis, err := c.axisLessLabel(name, x, label)
	if err != nil {
		return 0, err
	}
	return axis, c.enoughClasses(name, x.Shape[axis], label)
}

// enoughClasses refuses labels that are none of the classes: their sample would count as
// one of no class, and nobody be told.
func (c *call) enoughClasses(name string, classes int, label *Value) error {
	f := c.ev.fieldOf(label)
	if f == nil {
		return nil
	}
	fault := func(hint, format string, args ...any) error {
		return &userError{code: "shape", text: fmt.Sprintf(format, args...), hint: hint, at: c.args[name].at}
	}
	known, counted := f.Consts["classes"]
	switch {
	case counted && known > classes:
		return fault(fmt.Sprintf("the layer that makes %s gives %s.classes of them, as in dense(%s.classes)", name, f.Name, f.Name),
			"found %d %s, and %s has %d classes", classes, name, f.Name, known)
	case f.Range != nil && f.Range.Min < 0:
		return fault("number the classes from 0", "%s has %d for a class, and classes count from 0", f.Name, f.Range.Min)
	case f.Range != nil && f.Range.Max >= classes:
		return fault(fmt.Sprintf("the layer that makes %s gives %d of them", name, f.Range.Max+1),
			"found %d %s, and %s has classes up to %d, from 0", classes, name, f.Name, f.Range.Max)
	}
	return nil
}

// fieldOf is the data field whose numbers v has, moved and not reckoned with; nil where v
// is no such.
func (ev *evaluator) fieldOf(v *Value) *config.Field {
	for v.Op != nil && len(v.In) == 1 && v.DType == I32 {
		v = v.In[0]
	}
	f, isField := ev.fields[v.Name]
	if v.Op != nil || !isField || ev.b.inputs[v.Name] != v {
		return nil
	}
	return &f
}

func (c *call) axisLessLabel(name string, x, label *Value) (int, error) {
	s, t := userShape(x), userShape(label)
	if label.DType != I32 {
		return 0, shapef("a data field such as label, or mse for numbers", "label %s is not of whole numbers", describe(label))
	}
	if !x.Shape.Batched() {
		return 0, noBatchAxis(name, x)
	}
	var fit []int // axes of x.Shape
	if len(s) == len(t)+1 {
		for a := range s {
			if slices.Equal(without(s, a), t) {
				fit = append(fit, a+1)
			}
		}
	}
	if len(fit) == 0 {
		return 0, shapef("the classes are the one axis that label lacks", "%s %s and label %s", name, describe(x), describe(label))
	}
	if c.given("axis") {
		axis, err := c.axis("axis", x, 0)
		if err == nil && !slices.Contains(fit, axis) {
			err = shapef("", "axis %d of %s cannot be that of the classes: label is %s", c.integer("axis"), describe(x), describe(label))
		}
		return axis, err
	}
	if len(fit) > 1 {
		return 0, shapef("write axis=0 for the first of them", "%s %s has more than one axis that label %s lacks", name, describe(x), describe(label))
	}
	return fit[0], nil
}
