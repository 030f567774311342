// Package optest is the table of op cases: what finite differences, PyTorch and every
// device are compared on. Each op and operator of the language must have a row; a test
// fails for one that has none.
//
// It is test support: only tests import it.
package optest

import (
	"fmt"
	"math"

	"gotrain/internal/config"
	"gotrain/internal/diag"
	"gotrain/internal/graph"
	"gotrain/internal/rng"
)

// Batch is the batch size of every case.
const Batch = 3

// Case is one expression with its inputs.
type Case struct {
	Name   string
	Covers string // the op or operator it is a row of
	Expr   string // in gotrain's language
	// Torch is the same in PyTorch, over the inputs' names; axis 0 is the batch. Empty
	// where NoTorch says why there is no counterpart.
	Torch   string
	NoTorch string
	Inputs  []Input
	// Weights name the op's weights for Torch: "W" -> "case.dense.weight".
	Weights []Weight
	NoGrad  bool // the value is constant almost everywhere
}

// Input is one field of a case, drawn uniformly from Lo to Hi, or the given Values.
type Input struct {
	Name   string
	Shape  []int // per sample
	Lo, Hi float64
	Values []float64 // all of them, batch included
	Int    bool      // whole numbers below Hi
}

// Weight is a weight of the op under test.
type Weight struct {
	Torch, State string
	Shape        []int
}

func x(shape ...int) Input { return Input{Name: "x", Shape: shape, Lo: -2, Hi: 2} }
func y(shape ...int) Input { return Input{Name: "y", Shape: shape, Lo: -2, Hi: 2} }

func between(name string, lo, hi float64, shape ...int) Input {
	return Input{Name: name, Shape: shape, Lo: lo, Hi: hi}
}

func unary(op, torch string, in Input) Case {
	return Case{Name: op, Covers: op, Expr: op + "(x)", Torch: torch, Inputs: []Input{in}}
}

// Cases is the table.
var Cases = []Case{
	// operators
	{Name: "add", Covers: "+", Expr: "x + y", Torch: "x + y", Inputs: []Input{x(2, 3), y(2, 3)}},
	{Name: "add-broadcast", Covers: "+", Expr: "x + y", Torch: "x + y.unsqueeze(1)", Inputs: []Input{x(2, 3), y(3)}},
	{Name: "add-per-sample", Covers: "+", Expr: "x + y", Torch: "x + y.reshape(3, 1, 1)", Inputs: []Input{x(2, 3), y()}},
	{Name: "add-inner-one", Covers: "+", Expr: "x + y", Torch: "x + y", Inputs: []Input{x(2, 3), y(2, 1)}},
	{Name: "sub", Covers: "-", Expr: "x - y", Torch: "x - y", Inputs: []Input{x(5), y(5)}},
	{Name: "sub-from-constant", Covers: "-", Expr: "1 - x", Torch: "1 - x", Inputs: []Input{x(5)}},
	{Name: "negate", Covers: "-", Expr: "-x", Torch: "-x", Inputs: []Input{x(5)}},
	{Name: "mul", Covers: "*", Expr: "x * y", Torch: "x * y", Inputs: []Input{x(4), y(4)}},
	{Name: "mul-itself", Covers: "*", Expr: "x * x", Torch: "x * x", Inputs: []Input{x(4)}},
	{Name: "mul-broadcast", Covers: "*", Expr: "x * y", Torch: "x * y", Inputs: []Input{x(2, 1), y(1, 3)}},
	{Name: "div", Covers: "/", Expr: "x / y", Torch: "x / y", Inputs: []Input{x(4), between("y", 0.5, 2, 4)}},
	{Name: "pow-square", Covers: "**", Expr: "x ** 2", Torch: "x ** 2", Inputs: []Input{x(4)}},
	{Name: "pow-cube", Covers: "**", Expr: "x ^ 3", Torch: "x ** 3", Inputs: []Input{x(4)}},
	{Name: "pow-inverse", Covers: "**", Expr: "x ** -2", Torch: "x ** -2", Inputs: []Input{between("x", 0.5, 2, 4)}},
	{Name: "pow-fraction", Covers: "**", Expr: "x ** 0.5", Torch: "x ** 0.5", Inputs: []Input{between("x", 0.5, 2, 4)}},
	{Name: "pow-tensors", Covers: "**", Expr: "x ** y", Torch: "x ** y", Inputs: []Input{between("x", 0.5, 2, 4), y(4)}},
	{Name: "pow-of-constant", Covers: "**", Expr: "2 ** x", Torch: "2 ** x", Inputs: []Input{x(4)}},
	{Name: "less", Covers: "<", Expr: "x < y", Torch: "(x < y).double()", Inputs: []Input{x(4), y(4)}, NoGrad: true},
	{Name: "less-equal", Covers: "<=", Expr: "x <= y", Torch: "(x <= y).double()", Inputs: []Input{x(4), y(4)}, NoGrad: true},
	{Name: "greater", Covers: ">", Expr: "x > 0.5", Torch: "(x > 0.5).double()", Inputs: []Input{x(4)}, NoGrad: true},
	{Name: "greater-equal", Covers: ">=", Expr: "x >= y", Torch: "(x >= y).double()", Inputs: []Input{x(4), y(4)}, NoGrad: true},
	{Name: "equal", Covers: "==", Expr: "k == 1", Torch: "(k == 1).double()", Inputs: []Input{{Name: "k", Shape: []int{4}, Hi: 3, Int: true}}, NoGrad: true},
	{Name: "not-equal", Covers: "!=", Expr: "k != 1", Torch: "(k != 1).double()", Inputs: []Input{{Name: "k", Shape: []int{4}, Hi: 3, Int: true}}, NoGrad: true},

	// shape
	unary("identity", "x * 1", x(2, 3)),
	unary("flatten", "x.flatten(1)", x(2, 3, 2)),
	{Name: "reshape", Covers: "reshape", Expr: "reshape(x, 3, 2)", Torch: "x.reshape(3, 3, 2)", Inputs: []Input{x(6)}},
	{Name: "split", Covers: "split", Expr: "split(x, 1) * 2", Torch: "x * 2", Inputs: []Input{x(4)}},

	// layers
	{
		Name: "dense", Covers: "dense", Expr: "x -> dense(4)", Torch: "F.linear(x, W, b)", Inputs: []Input{x(5)},
		Weights: []Weight{{"W", "case.dense.weight", []int{4, 5}}, {"b", "case.dense.bias", []int{4}}},
	},
	{
		Name: "dense-no-bias", Covers: "dense", Expr: "dense(x, 4, bias=false)", Torch: "F.linear(x, W)", Inputs: []Input{x(5)},
		Weights: []Weight{{"W", "case.dense.weight", []int{4, 5}}},
	},
	{
		Name: "dense-sequence", Covers: "dense", Expr: "dense(x, 4)", Torch: "F.linear(x, W, b)", Inputs: []Input{x(2, 5)},
		Weights: []Weight{{"W", "case.dense.weight", []int{4, 5}}, {"b", "case.dense.bias", []int{4}}},
	},

	// elementwise
	unary("relu", "torch.relu(x)", x(7)),
	{Name: "relu-at-0", Covers: "relu", Expr: "relu(x)", Torch: "torch.relu(x)", Inputs: []Input{{Name: "x", Shape: []int{2}, Values: []float64{0, 1, -1, 0, 2, -2}}}},
	unary("sigmoid", "torch.sigmoid(x)", between("x", -8, 8, 7)),
	unary("tanh", "torch.tanh(x)", between("x", -4, 4, 7)),
	unary("exp", "torch.exp(x)", between("x", -4, 4, 7)),
	unary("log", "torch.log(x)", between("x", 0.1, 4, 7)),
	unary("sqrt", "torch.sqrt(x)", between("x", 0.1, 4, 7)),
	unary("abs", "torch.abs(x)", x(7)),

	// reductions
	unary("sum", "x.flatten(1).sum(1)", x(2, 3)),
	{Name: "sum-axis-0", Covers: "sum", Expr: "sum(x, axis=0)", Torch: "x.sum(1)", Inputs: []Input{x(2, 3)}},
	{Name: "sum-axis-last", Covers: "sum", Expr: "sum(x, axis=-1)", Torch: "x.sum(2)", Inputs: []Input{x(2, 3)}},
	unary("mean", "x.flatten(1).mean(1)", x(2, 3)),
	{Name: "mean-axis", Covers: "mean", Expr: "mean(x, axis=1)", Torch: "x.mean(2)", Inputs: []Input{x(2, 3)}},

	// draws
	{Name: "randn", Covers: "randn", Expr: "randn(4)", NoTorch: "draws are gotrain's own: see the test of their statistics", NoGrad: true},
	{Name: "randn_like", Covers: "randn_like", Expr: "x + randn_like(x)", NoTorch: "draws are gotrain's own", Inputs: []Input{x(4)}},

	// losses
	{Name: "bce", Covers: "bce", Expr: "bce(p, t)", Torch: "F.binary_cross_entropy(p, t, reduction='none').mean(1)", Inputs: []Input{between("p", 0.05, 0.95, 4), between("t", 0, 1, 4)}},
	{Name: "bce-sum", Covers: "bce", Expr: "bce(p, t, reduce=sum)", Torch: "F.binary_cross_entropy(p, t, reduction='none').flatten(1).sum(1)", Inputs: []Input{between("p", 0.05, 0.95, 2, 2), between("t", 0, 1, 2, 2)}},
	{Name: "bce-of-sigmoid", Covers: "bce", Expr: "bce(sigmoid(x), t)", Torch: "F.binary_cross_entropy(torch.sigmoid(x), t, reduction='none').mean(1)", Inputs: []Input{x(4), between("t", 0, 1, 4)}},
	{Name: "bce_logits", Covers: "bce_logits", Expr: "bce_logits(x, t)", Torch: "F.binary_cross_entropy_with_logits(x, t, reduction='none').mean(1)", Inputs: []Input{between("x", -20, 20, 6), between("t", 0, 1, 6)}},
	{Name: "bce_logits-at-0", Covers: "bce_logits", Expr: "bce_logits(x, 1)", Torch: "F.binary_cross_entropy_with_logits(x, torch.ones_like(x), reduction='none').mean(1)", Inputs: []Input{{Name: "x", Shape: []int{1}, Values: []float64{0, 0.5, -0.5}}}},
	{Name: "mse", Covers: "mse", Expr: "mse(x, y)", Torch: "F.mse_loss(x, y, reduction='none').flatten(1).mean(1)", Inputs: []Input{x(2, 3), y(2, 3)}},
	{Name: "kl_normal", Covers: "kl_normal", Expr: "kl_normal(x, y)", Torch: "(-0.5 * (1 + y - x**2 - y.exp())).sum(1)", Inputs: []Input{x(4), y(4)}},
	{Name: "kl_normal-mean", Covers: "kl_normal", Expr: "kl_normal(x, y, reduce=mean)", Torch: "(-0.5 * (1 + y - x**2 - y.exp())).mean(1)", Inputs: []Input{x(4), y(4)}},
	{Name: "cross_entropy", Covers: "cross_entropy", Expr: "cross_entropy(x, k)", Torch: "F.cross_entropy(x, k, reduction='none')", Inputs: []Input{between("x", -5, 5, 4), {Name: "k", Hi: 4, Int: true}}},
	{Name: "cross_entropy-far", Covers: "cross_entropy", Expr: "cross_entropy(x, k)", Torch: "F.cross_entropy(x, k, reduction='none')", Inputs: []Input{between("x", -500, 500, 4), {Name: "k", Hi: 4, Int: true}}},
	{Name: "cross_entropy-sequence", Covers: "cross_entropy", Expr: "cross_entropy(x, k)", Torch: "F.cross_entropy(x.transpose(1, 2), k, reduction='none').mean(1)", Inputs: []Input{x(2, 4), {Name: "k", Shape: []int{2}, Hi: 4, Int: true}}},

	// metrics
	{Name: "accuracy", Covers: "accuracy", Expr: "accuracy(x, k)", Torch: "(x.argmax(1) == k).double()", Inputs: []Input{x(4), {Name: "k", Hi: 4, Int: true}}, NoGrad: true},
}

// Program builds the case.
func (c Case) Program() (*graph.Program, error) {
	e, diags := config.ParseExpr(c.Expr, diag.Pos{File: "case", Line: 1, Col: 1})
	if err := diags.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	var fields []config.Field
	for _, in := range c.Inputs {
		fields = append(fields, config.Field{Name: in.Name, Shape: in.Shape, Int: in.Int})
	}
	p, diags, err := graph.ExprProgram(e, fields, !c.NoGrad)
	if err == nil {
		err = diags.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return p, nil
}

// Data gives every input and weight of the case, by name, the seed of the gradients and
// the keys of draws included.
func (c Case) Data(p *graph.Program) map[string][]float64 {
	out := map[string][]float64{}
	for _, in := range c.Inputs {
		out[in.Name] = in.data(c.Name)
	}
	for _, w := range c.Weights {
		out[w.State] = Input{Name: w.State, Shape: w.Shape, Lo: -1, Hi: 1}.sized(c.Name, product(w.Shape))
	}
	for _, v := range p.Inputs {
		switch v.Name {
		case graph.ExprSeed:
			out[v.Name] = Seed(v.Shape.Size(Batch))
		case graph.InputIndex, graph.InputPosition:
			ids := make([]float64, Batch)
			for i := range ids {
				ids[i] = float64(10*i + 1)
			}
			out[v.Name] = ids
		case graph.InputEpoch:
			out[v.Name] = []float64{2}
		}
	}
	return out
}

// Seed is the weight of each element in the sum whose gradient is compared: cos(k+1).
func Seed(n int) []float64 {
	s := make([]float64, n)
	for k := range s {
		s[k] = math.Cos(float64(k + 1))
	}
	return s
}

func (in Input) data(name string) []float64 {
	if in.Values != nil {
		return in.Values
	}
	return in.sized(name, Batch*product(in.Shape))
}

// sized draws n numbers; they are float32, so that every device is given the same.
func (in Input) sized(name string, n int) []float64 {
	u := make([]float32, n)
	rng.NewStream(1, name+"/"+in.Name).Uniform(u, 0, 0)
	out := make([]float64, n)
	for i := range out {
		out[i] = float64(float32(in.Lo + (in.Hi-in.Lo)*float64(u[i])))
		if in.Int {
			out[i] = math.Floor(in.Hi * float64(u[i]))
		}
	}
	return out
}

func product(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
}
