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
	Eval    bool // the phase of evaluation
	// NoDifferences says why central differences do not give the gradient; PyTorch does.
	NoDifferences string
	NoGrad        bool // the value is constant almost everywhere
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
	Buffer       bool // no weight but a running statistic: positive, without a gradient
}

func x(shape ...int) Input { return Input{Name: "x", Shape: shape, Lo: -2, Hi: 2} }
func y(shape ...int) Input { return Input{Name: "y", Shape: shape, Lo: -2, Hi: 2} }

func between(name string, lo, hi float64, shape ...int) Input {
	return Input{Name: name, Shape: shape, Lo: lo, Hi: hi}
}

func unary(op, torch string, in Input) Case {
	return Case{Name: op, Covers: op, Expr: op + "(x)", Torch: torch, Inputs: []Input{in}}
}

// OverSet are the ops without a row: their value is of a whole set. The tests of
// internal/graph named TestMetricsOfTheWholeSet have them.
var OverSet = []string{"avg", "f1", "confusion"}

// kink has the places where a slope jumps at 0.
var kink = Input{Name: "x", Shape: []int{2}, Values: []float64{0, 1, -1, 0, 2, -2}}

func batchNormWeights(n int) []Weight {
	return []Weight{
		{Torch: "W", State: "case.batchnorm.weight", Shape: []int{n}},
		{Torch: "b", State: "case.batchnorm.bias", Shape: []int{n}},
		{Torch: "m", State: "case.batchnorm.running_mean", Shape: []int{n}, Buffer: true},
		{Torch: "v", State: "case.batchnorm.running_var", Shape: []int{n}, Buffer: true},
	}
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

	{Name: "matmul-weight", Covers: "@", Expr: "x @ param(3, 2)", Torch: "x @ P", Inputs: []Input{x(4, 3)}, Weights: []Weight{{Torch: "P", State: "case.param.value", Shape: []int{3, 2}}}},
	{Name: "matmul-vector-weight", Covers: "@", Expr: "x @ param(3)", Torch: "x @ P", Inputs: []Input{x(3)}, Weights: []Weight{{Torch: "P", State: "case.param.value", Shape: []int{3}}}},
	{Name: "matmul-weight-first", Covers: "@", Expr: "param(2, 3) @ x", Torch: "P @ x", Inputs: []Input{x(3, 4)}, Weights: []Weight{{Torch: "P", State: "case.param.value", Shape: []int{2, 3}}}},
	{Name: "matmul-weight-vector", Covers: "@", Expr: "param(2, 3) @ x", Torch: "x @ P.T", Inputs: []Input{x(3)}, Weights: []Weight{{Torch: "P", State: "case.param.value", Shape: []int{2, 3}}}},
	{Name: "matmul-per-sample", Covers: "@", Expr: "x @ y", Torch: "x @ y", Inputs: []Input{x(2, 3), y(3, 4)}},
	{Name: "matmul-vectors", Covers: "@", Expr: "x @ y", Torch: "(x * y).sum(1)", Inputs: []Input{x(3), y(3)}},
	{Name: "matmul-matrix-vector", Covers: "@", Expr: "x @ y", Torch: "(x @ y.unsqueeze(2)).squeeze(2)", Inputs: []Input{x(2, 3), y(3)}},
	{Name: "index", Covers: "[]", Expr: "x[1]", Torch: "x[:, 1]", Inputs: []Input{x(3, 2)}},
	{Name: "index-from-end", Covers: "[]", Expr: "x[:, -1]", Torch: "x[:, :, -1]", Inputs: []Input{x(3, 2)}},
	{Name: "index-slices", Covers: "[]", Expr: "x[1:3, :-1]", Torch: "x[:, 1:3, :-1]", Inputs: []Input{x(4, 3)}},
	{Name: "index-step", Covers: "[]", Expr: "x[1::3]", Torch: "x[:, 1::3]", Inputs: []Input{x(6, 2)}},
	{Name: "index-step-even", Covers: "[]", Expr: "x[::2]", Torch: "x[:, ::2]", Inputs: []Input{x(6)}},
	{
		Name: "repeat", Covers: "repeat", Expr: "x -> repeat(k in [2, 3], dense(k) -> tanh)", Torch: "torch.tanh(F.linear(torch.tanh(F.linear(x, V, a)), W, b))", Inputs: []Input{x(4)},
		Weights: []Weight{
			{Torch: "V", State: "case.dense.0.weight", Shape: []int{2, 4}},
			{Torch: "a", State: "case.dense.0.bias", Shape: []int{2}},
			{Torch: "W", State: "case.dense.1.weight", Shape: []int{3, 2}},
			{Torch: "b", State: "case.dense.1.bias", Shape: []int{3}},
		},
	},

	// data
	{Name: "field", Covers: "field", Expr: "field(\"x\") + y", Torch: "x + y", Inputs: []Input{x(3), y(3)}},

	// shape
	unary("identity", "x * 1", x(2, 3)),
	unary("flatten", "x.flatten(1)", x(2, 3, 2)),
	{Name: "reshape", Covers: "reshape", Expr: "reshape(x, 3, 2)", Torch: "x.reshape(3, 3, 2)", Inputs: []Input{x(6)}},
	{Name: "split", Covers: "split", Expr: "split(x, 1) * 2", Torch: "x * 2", Inputs: []Input{x(4)}},

	{Name: "concat", Covers: "concat", Expr: "concat(x, y, x)", Torch: "torch.cat([x, y, x], 2)", Inputs: []Input{x(2, 3), y(2, 1)}},
	{Name: "concat-channels", Covers: "concat", Expr: "x -> concat(y)", Torch: "torch.cat([x, y], 1)", Inputs: []Input{x(2, 2, 3), y(1, 2, 3)}},
	{Name: "concat-axis", Covers: "concat", Expr: "concat([x, y], axis=0)", Torch: "torch.cat([x, y], 1)", Inputs: []Input{x(2, 3), y(1, 3)}},
	{Name: "concat-ints", Covers: "concat", Expr: "concat(x, k)", Torch: "torch.cat([x, k], 1)", Inputs: []Input{x(2), {Name: "k", Shape: []int{3}, Hi: 4, Int: true}}},
	{Name: "slice", Covers: "slice", Expr: "slice(x, 1, 3)", Torch: "x[:, 1:3]", Inputs: []Input{x(5)}},
	{Name: "slice-axis", Covers: "slice", Expr: "slice(x, -2, axis=0)", Torch: "x[:, -2:]", Inputs: []Input{x(4, 3)}},
	{Name: "slice-ints", Covers: "slice", Expr: "slice(k, 0, 2) * 2", Torch: "k[:, :2] * 2", Inputs: []Input{{Name: "k", Shape: []int{4}, Hi: 3, Int: true}}, NoGrad: true},
	unary("transpose", "x.transpose(1, 2)", x(2, 3)),
	{Name: "transpose-axes", Covers: "transpose", Expr: "transpose(x, 2, 0, -2)", Torch: "x.permute(0, 3, 1, 2)", Inputs: []Input{x(2, 3, 4)}},
	{Name: "stop_grad", Covers: "stop_grad", Expr: "x * stop_grad(x)", Torch: "x * x.detach()", Inputs: []Input{x(4)}, NoDifferences: "its gradient is not its slope"},

	// layers
	{
		Name: "batchnorm", Covers: "batchnorm", Expr: "x -> batchnorm", Torch: "F.batch_norm(x, None, None, W, b, training=True)", Inputs: []Input{x(4)},
		Weights: batchNormWeights(4),
	},
	{
		Name: "batchnorm-channels", Covers: "batchnorm", Expr: "batchnorm(x, eps=0.1)", Torch: "F.batch_norm(x, None, None, W, b, training=True, eps=0.1)", Inputs: []Input{x(2, 3, 2)},
		Weights: batchNormWeights(2),
	},
	{
		Name: "batchnorm-sequence", Covers: "batchnorm", Expr: "batchnorm(x)", Torch: "F.batch_norm(x.transpose(1, 2), None, None, W, b, training=True).transpose(1, 2)", Inputs: []Input{x(3, 2)},
		Weights: batchNormWeights(2),
	},
	{
		Name: "batchnorm-eval", Covers: "batchnorm", Expr: "batchnorm(x)", Torch: "F.batch_norm(x, m, v, W, b)", Inputs: []Input{x(2, 3, 2)},
		Weights: batchNormWeights(2), Eval: true,
	},
	{
		Name: "conv", Covers: "conv", Expr: "x -> conv(3)", Torch: "F.conv2d(x, W, b, padding=1)", Inputs: []Input{x(2, 4, 5)},
		Weights: []Weight{{Torch: "W", State: "case.conv.weight", Shape: []int{3, 2, 3, 3}}, {Torch: "b", State: "case.conv.bias", Shape: []int{3}}},
	},
	{
		Name: "conv-strided", Covers: "conv", Expr: "conv(x, 2, 3, 2, 0, bias=false)", Torch: "F.conv2d(x, W, stride=2)", Inputs: []Input{x(2, 6, 5)},
		Weights: []Weight{{Torch: "W", State: "case.conv.weight", Shape: []int{2, 2, 3, 3}}},
	},
	{
		Name: "conv-even", Covers: "conv", Expr: "conv(x, 2, kernel=4, stride=2, pad=1)", Torch: "F.conv2d(x, W, b, stride=2, padding=1)", Inputs: []Input{x(1, 6, 6)},
		Weights: []Weight{{Torch: "W", State: "case.conv.weight", Shape: []int{2, 1, 4, 4}}, {Torch: "b", State: "case.conv.bias", Shape: []int{2}}},
	},
	{
		Name: "conv-oblong", Covers: "conv", Expr: "conv(x, 2, kernel=[3, 5], stride=[2, 1])", Torch: "F.conv2d(x, W, b, stride=(2, 1), padding=(1, 2))", Inputs: []Input{x(2, 5, 6)},
		Weights: []Weight{{Torch: "W", State: "case.conv.weight", Shape: []int{2, 2, 3, 5}}, {Torch: "b", State: "case.conv.bias", Shape: []int{2}}},
	},
	{
		Name: "conv-dilated", Covers: "conv", Expr: "conv(x, 2, dilation=2, bias=false)", Torch: "F.conv2d(x, W, padding=2, dilation=2)", Inputs: []Input{x(1, 6, 6)},
		Weights: []Weight{{Torch: "W", State: "case.conv.weight", Shape: []int{2, 1, 3, 3}}},
	},
	{
		Name: "conv-groups", Covers: "conv", Expr: "conv(x, 6, groups=2)", Torch: "F.conv2d(x, W, b, padding=1, groups=2)", Inputs: []Input{x(4, 4, 4)},
		Weights: []Weight{{Torch: "W", State: "case.conv.weight", Shape: []int{6, 2, 3, 3}}, {Torch: "b", State: "case.conv.bias", Shape: []int{6}}},
	},
	{
		Name: "conv-depthwise", Covers: "conv", Expr: "conv(x, x.channels, groups=x.channels)", Torch: "F.conv2d(x, W, b, padding=1, groups=3)", Inputs: []Input{x(3, 4, 4)},
		Weights: []Weight{{Torch: "W", State: "case.conv.weight", Shape: []int{3, 1, 3, 3}}, {Torch: "b", State: "case.conv.bias", Shape: []int{3}}},
	},
	{Name: "maxpool", Covers: "maxpool", Expr: "x -> maxpool(2)", Torch: "F.max_pool2d(x, 2)", Inputs: []Input{x(2, 5, 4)}},
	{Name: "maxpool-overlapping", Covers: "maxpool", Expr: "maxpool(x, 3, 2, 1)", Torch: "F.max_pool2d(x, 3, 2, 1)", Inputs: []Input{x(2, 5, 6)}},
	{Name: "maxpool-oblong", Covers: "maxpool", Expr: "maxpool(x, [1, 3], stride=1)", Torch: "F.max_pool2d(x, (1, 3), 1)", Inputs: []Input{x(1, 3, 5)}},
	{Name: "maxpool-ties", Covers: "maxpool", Expr: "maxpool(x, 2)", Torch: "F.max_pool2d(x, 2)", Inputs: []Input{{Name: "x", Shape: []int{1, 2, 2}, Values: []float64{1, 1, 0, 1, 0, 2, 2, 1, 3, 3, 3, 3}}}, NoDifferences: "no slope where two are the largest"},
	{Name: "avgpool", Covers: "avgpool", Expr: "x -> avgpool(2)", Torch: "F.avg_pool2d(x, 2)", Inputs: []Input{x(2, 5, 4)}},
	{Name: "avgpool-overlapping", Covers: "avgpool", Expr: "avgpool(x, 3, stride=2, pad=1)", Torch: "F.avg_pool2d(x, 3, 2, 1)", Inputs: []Input{x(2, 5, 6)}},
	unary("global_avgpool", "x.mean((2, 3))", x(3, 2, 4)),
	unary("global_maxpool", "x.amax((2, 3))", x(3, 2, 4)),
	{
		Name: "layernorm", Covers: "layernorm", Expr: "x -> layernorm", Torch: "F.layer_norm(x, [5], W, b)", Inputs: []Input{x(5)},
		Weights: []Weight{{Torch: "W", State: "case.layernorm.weight", Shape: []int{5}}, {Torch: "b", State: "case.layernorm.bias", Shape: []int{5}}},
	},
	{
		Name: "layernorm-no-bias", Covers: "layernorm", Expr: "layernorm(x, bias=false, eps=0.1)", Torch: "F.layer_norm(x, [4], W, eps=0.1)", Inputs: []Input{x(3, 4)},
		Weights: []Weight{{Torch: "W", State: "case.layernorm.weight", Shape: []int{4}}},
	},
	{
		Name: "layernorm-channels", Covers: "layernorm", Expr: "layernorm(x)", Torch: "F.layer_norm(x.permute(0, 2, 3, 1), [3], W, b).permute(0, 3, 1, 2)", Inputs: []Input{x(3, 2, 2)},
		Weights: []Weight{{Torch: "W", State: "case.layernorm.weight", Shape: []int{3}}, {Torch: "b", State: "case.layernorm.bias", Shape: []int{3}}},
	},
	{Name: "layernorm-plain", Covers: "layernorm", Expr: "layernorm(x, affine=false, axis=0)", Torch: "F.layer_norm(x.transpose(1, 2), [3]).transpose(1, 2)", Inputs: []Input{x(3, 2)}},
	{
		Name: "rmsnorm", Covers: "rmsnorm", Expr: "x -> rmsnorm", Torch: "F.rms_norm(x, [5], W, eps=1.1920929e-07)", Inputs: []Input{x(5)},
		Weights: []Weight{{Torch: "W", State: "case.rmsnorm.weight", Shape: []int{5}}},
	},
	{Name: "rmsnorm-plain", Covers: "rmsnorm", Expr: "rmsnorm(x, eps=0.1, affine=false)", Torch: "F.rms_norm(x, [4], eps=0.1)", Inputs: []Input{x(3, 4)}},
	{Name: "dropout", Covers: "dropout", Expr: "dropout(x, 0.4)", NoTorch: "draws are gotrain's own: see the test of what dropout keeps", Inputs: []Input{x(4)}},
	{Name: "dropout-all", Covers: "dropout", Expr: "dropout(x, 1)", Torch: "F.dropout(x, 1.0)", Inputs: []Input{x(4)}},
	{Name: "dropout-eval", Covers: "dropout", Expr: "dropout(x, 0.4)", Torch: "F.dropout(x, 0.4, training=False)", Inputs: []Input{x(4)}, Eval: true},
	{
		Name: "dense", Covers: "dense", Expr: "x -> dense(4)", Torch: "F.linear(x, W, b)", Inputs: []Input{x(5)},
		Weights: []Weight{{Torch: "W", State: "case.dense.weight", Shape: []int{4, 5}}, {Torch: "b", State: "case.dense.bias", Shape: []int{4}}},
	},
	{
		Name: "dense-no-bias", Covers: "dense", Expr: "dense(x, 4, bias=false)", Torch: "F.linear(x, W)", Inputs: []Input{x(5)},
		Weights: []Weight{{Torch: "W", State: "case.dense.weight", Shape: []int{4, 5}}},
	},
	{
		Name: "dense-sequence", Covers: "dense", Expr: "dense(x, 4)", Torch: "F.linear(x, W, b)", Inputs: []Input{x(2, 5)},
		Weights: []Weight{{Torch: "W", State: "case.dense.weight", Shape: []int{4, 5}}, {Torch: "b", State: "case.dense.bias", Shape: []int{4}}},
	},

	{Name: "param", Covers: "param", Expr: "x * param([3])", Torch: "x * P", Inputs: []Input{x(2, 3)}, Weights: []Weight{{Torch: "P", State: "case.param.value", Shape: []int{3}}}},

	// elementwise
	unary("relu", "torch.relu(x)", x(7)),
	{Name: "relu-at-0", Covers: "relu", Expr: "relu(x)", Torch: "torch.relu(x)", Inputs: []Input{kink}, NoDifferences: "no slope at 0"},
	unary("sigmoid", "torch.sigmoid(x)", between("x", -8, 8, 7)),
	unary("tanh", "torch.tanh(x)", between("x", -4, 4, 7)),
	unary("exp", "torch.exp(x)", between("x", -4, 4, 7)),
	unary("log", "torch.log(x)", between("x", 0.1, 4, 7)),
	unary("sqrt", "torch.sqrt(x)", between("x", 0.1, 4, 7)),
	unary("abs", "torch.abs(x)", x(7)),
	unary("erf", "torch.erf(x)", x(7)),
	unary("sin", "torch.sin(x)", between("x", -4, 4, 7)),
	unary("cos", "torch.cos(x)", between("x", -4, 4, 7)),
	unary("mish", "F.mish(x)", between("x", -8, 8, 7)),
	unary("silu", "F.silu(x)", between("x", -8, 8, 7)),
	unary("gelu", "F.gelu(x)", between("x", -4, 4, 7)),
	{Name: "gelu-tanh", Covers: "gelu", Expr: "gelu(x, approximate=tanh)", Torch: "F.gelu(x, approximate='tanh')", Inputs: []Input{between("x", -4, 4, 7)}},
	unary("leaky_relu", "F.leaky_relu(x)", x(7)),
	{Name: "leaky_relu-slope", Covers: "leaky_relu", Expr: "leaky_relu(x, 0.2)", Torch: "F.leaky_relu(x, 0.2)", Inputs: []Input{x(7)}},
	{Name: "leaky_relu-at-0", Covers: "leaky_relu", Expr: "leaky_relu(x)", Torch: "F.leaky_relu(x)", Inputs: []Input{kink}, NoDifferences: "no slope at 0"},
	unary("elu", "F.elu(x)", between("x", -6, 6, 7)),
	{Name: "elu-alpha", Covers: "elu", Expr: "elu(x, alpha=0.5)", Torch: "F.elu(x, 0.5)", Inputs: []Input{x(7)}},
	{Name: "elu-far", Covers: "elu", Expr: "elu(x)", Torch: "F.elu(x)", Inputs: []Input{{Name: "x", Shape: []int{2}, Values: []float64{0, 200, -200, 0, 2, -2}}}, NoDifferences: "200 is far beyond their step"},
	unary("softplus", "F.softplus(x, threshold=1000)", between("x", -20, 20, 7)),
	{Name: "softplus-at-0", Covers: "softplus", Expr: "softplus(x)", Torch: "F.softplus(x)", Inputs: []Input{{Name: "x", Shape: []int{1}, Values: []float64{0, 0.5, -0.5}}}},
	{Name: "clamp", Covers: "clamp", Expr: "clamp(x, -1, 0.5)", Torch: "torch.clamp(x, -1, 0.5)", Inputs: []Input{x(7)}},
	{Name: "clamp-min", Covers: "clamp", Expr: "clamp(x, min=0)", Torch: "torch.clamp(x, min=0)", Inputs: []Input{kink}, NoDifferences: "no slope at 0"},
	{Name: "clamp-max", Covers: "clamp", Expr: "clamp(x, max=0)", Torch: "torch.clamp(x, max=0)", Inputs: []Input{kink}, NoDifferences: "no slope at 0"},
	{Name: "maximum", Covers: "maximum", Expr: "maximum(x, y)", Torch: "torch.maximum(x, y.unsqueeze(1))", Inputs: []Input{x(2, 3), y(3)}},
	{Name: "minimum", Covers: "minimum", Expr: "minimum(x, 0.5)", Torch: "torch.minimum(x, torch.tensor(0.5))", Inputs: []Input{x(7)}},
	{Name: "maximum-ties", Covers: "maximum", Expr: "maximum(x, 0)", Torch: "torch.maximum(x, torch.tensor(0.0))", Inputs: []Input{kink}, NoDifferences: "no slope at 0"},
	{Name: "minimum-ties", Covers: "minimum", Expr: "minimum(0, x)", Torch: "torch.minimum(x, torch.tensor(0.0))", Inputs: []Input{kink}, NoDifferences: "no slope at 0"},

	// reductions
	unary("sum", "x.flatten(1).sum(1)", x(2, 3)),
	{Name: "sum-axis-0", Covers: "sum", Expr: "sum(x, axis=0)", Torch: "x.sum(1)", Inputs: []Input{x(2, 3)}},
	{Name: "sum-axis-last", Covers: "sum", Expr: "sum(x, axis=-1)", Torch: "x.sum(2)", Inputs: []Input{x(2, 3)}},
	unary("mean", "x.flatten(1).mean(1)", x(2, 3)),
	{Name: "mean-axis", Covers: "mean", Expr: "mean(x, axis=1)", Torch: "x.mean(2)", Inputs: []Input{x(2, 3)}},

	unary("softmax", "torch.softmax(x, 1)", between("x", -5, 5, 4)),
	{Name: "softmax-channels", Covers: "softmax", Expr: "softmax(x)", Torch: "torch.softmax(x, 1)", Inputs: []Input{x(3, 2, 2)}},
	{Name: "softmax-axis", Covers: "softmax", Expr: "softmax(x, axis=0)", Torch: "torch.softmax(x, 1)", Inputs: []Input{between("x", -400, 400, 3, 2)}},
	unary("log_softmax", "torch.log_softmax(x, 1)", between("x", -5, 5, 4)),
	{Name: "log_softmax-sequence", Covers: "log_softmax", Expr: "log_softmax(x)", Torch: "torch.log_softmax(x, 2)", Inputs: []Input{x(2, 4)}},
	unary("logsumexp", "torch.logsumexp(x, 1)", between("x", -400, 400, 4)),
	{Name: "logsumexp-axis", Covers: "logsumexp", Expr: "logsumexp(x, axis=1)", Torch: "torch.logsumexp(x, 2)", Inputs: []Input{x(2, 4)}},

	// draws
	{Name: "uniform", Covers: "uniform", Expr: "uniform(4, low=-1, high=3)", NoTorch: "draws are gotrain's own: see the test of their statistics", NoGrad: true},
	{Name: "bernoulli", Covers: "bernoulli", Expr: "bernoulli([2, 2], p=0.3)", NoTorch: "draws are gotrain's own", NoGrad: true},
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

	{Name: "cross_entropy-pixels", Covers: "cross_entropy", Expr: "cross_entropy(x, k)", Torch: "F.cross_entropy(x, k, reduction='none').flatten(1).mean(1)", Inputs: []Input{x(4, 2, 3), {Name: "k", Shape: []int{2, 3}, Hi: 4, Int: true}}},
	{Name: "cross_entropy-axis", Covers: "cross_entropy", Expr: "cross_entropy(x, k, axis=0)", Torch: "F.cross_entropy(x, k, reduction='none').mean(1)", Inputs: []Input{x(4, 4), {Name: "k", Shape: []int{4}, Hi: 4, Int: true}}},
	{Name: "nll", Covers: "nll", Expr: "nll(log_softmax(x), k)", Torch: "F.nll_loss(torch.log_softmax(x, 1), k, reduction='none')", Inputs: []Input{x(4), {Name: "k", Hi: 4, Int: true}}},
	{Name: "nll-pixels", Covers: "nll", Expr: "nll(x, k, reduce=sum)", Torch: "F.nll_loss(x, k, reduction='none').flatten(1).sum(1)", Inputs: []Input{x(3, 2, 2), {Name: "k", Shape: []int{2, 2}, Hi: 3, Int: true}}},
	{Name: "l1", Covers: "l1", Expr: "l1(x, y)", Torch: "F.l1_loss(x, y, reduction='none').flatten(1).mean(1)", Inputs: []Input{x(2, 3), y(2, 3)}},
	{Name: "huber", Covers: "huber", Expr: "huber(x, y)", Torch: "F.huber_loss(x, y, reduction='none').flatten(1).mean(1)", Inputs: []Input{x(2, 3), y(2, 3)}},
	{Name: "huber-delta", Covers: "huber", Expr: "huber(x, 0, delta=0.5, reduce=sum)", Torch: "F.huber_loss(x, torch.zeros_like(x), reduction='none', delta=0.5).sum(1)", Inputs: []Input{x(6)}},
	{Name: "hinge", Covers: "hinge", Expr: "hinge(x, 2*(y > 0) - 1)", Torch: "torch.clamp(1 - x * torch.sign(y), min=0).mean(1)", Inputs: []Input{x(6), y(6)}},
	{Name: "hinge-classes", Covers: "hinge", Expr: "hinge(x, k)", Torch: "F.multi_margin_loss(x, k, reduction='none')", Inputs: []Input{x(4), {Name: "k", Hi: 4, Int: true}}},

	// metrics
	{Name: "accuracy-pixels", Covers: "accuracy", Expr: "accuracy(x, k)", Torch: "(x.argmax(1) == k).double().flatten(1).mean(1)", Inputs: []Input{x(4, 2, 2), {Name: "k", Shape: []int{2, 2}, Hi: 4, Int: true}}, NoGrad: true},
	{Name: "accuracy-k", Covers: "accuracy", Expr: "accuracy(x, k, k=2)", Torch: "(x.topk(2, 1).indices == k.unsqueeze(1)).any(1).double()", Inputs: []Input{x(4), {Name: "k", Hi: 4, Int: true}}, NoGrad: true},
	{Name: "mae", Covers: "mae", Expr: "mae(x, y)", Torch: "F.l1_loss(x, y, reduction='none').flatten(1).mean(1)", Inputs: []Input{x(2, 3), y(2, 3)}},
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
	p, diags, err := graph.ExprProgram(e, fields, graph.ExprOptions{Gradients: !c.NoGrad, Eval: c.Eval})
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
		lo := -1.0
		if w.Buffer {
			lo = 0.5
		}
		out[w.State] = Input{Name: w.State, Shape: w.Shape, Lo: lo, Hi: 1}.sized(c.Name, product(w.Shape))
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
