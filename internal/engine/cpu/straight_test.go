package cpu

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gotrain/internal/formula"
)

// TestStraight: every kernel of a whole formula gives the bits of the formula's tape, at all
// lengths of a tail, and writes nothing beyond.
func TestStraight(t *testing.T) {
	for _, set := range sets() {
		if len(set.Straight) == 0 && set != &portable {
			t.Errorf("%s has no kernels of formulas", set.Name)
		}
		for _, e := range set.Straight {
			text, kernel := e.structure, e.kernel
			m := readStructure(t, text)
			if m.Structure() != text {
				t.Fatalf("%s is read as %s", text, m.Structure())
			}
			const most = 300
			x := samples(8 * most)
			inputs := make([]tapeInput, m.Inputs)
			in := make([][]float32, m.Inputs)
			for i := range in {
				inputs[i].inPlace = true
				in[i] = x[(i*most*3/4)%(7*most):][:most]
			}
			tp := newTape(m, inputs, &set.Loop)
			for _, n := range []int{1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, most} {
				want := make([][]float32, len(m.Outs))
				slots := make([][]float32, tp.slots)
				for i := range slots {
					slots[i] = make([]float32, n)
				}
				place := func(o operand) []float32 {
					switch o.kind {
					case inputOperand:
						return in[o.i][:n]
					case constOperand:
						return tp.consts[o.i*tileLen:][:n]
					case resultOperand:
						if want[o.i] == nil {
							want[o.i] = make([]float32, n)
						}
						return want[o.i]
					}
					return slots[o.i]
				}
				for _, s := range tp.steps {
					var src [3][]float32
					for a := range s.arity {
						src[a] = place(s.src[a])
					}
					s.run(place(s.dst), src[0], src[1], src[2])
				}
				var args []*float32
				for i := range in {
					args = append(args, &in[i][0])
				}
				got := make([][]float32, len(m.Outs))
				for k := range got {
					got[k] = make([]float32, n+1)
					got[k][n] = 7
					args = append(args, &got[k][0])
				}
				for _, v := range m.Constants() {
					args = append(args, &slices.Repeat([]float32{float32(v)}, 16)[0])
				}
				kernel(n, &args[0])
				for k := range got {
					if got[k][n] != 7 {
						t.Fatalf("%s: %s wrote beyond %d elements", set.Name, text, n)
					}
					for i, w := range want[k] {
						if g := got[k][i]; math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
							t.Fatalf("%s: %s: result %d of element %d of %d is %g, on a tape %g", set.Name, text, k, i, n, g, w)
						}
					}
				}
			}
		}
	}
}

// readStructure reads what Multi.Structure prints.
func readStructure(t *testing.T, text string) *formula.Multi {
	t.Helper()
	r := &structureReader{text: text, memo: map[formula.Node]formula.Ref{}, shared: map[string]formula.Ref{}}
	for i := range 1 + strings.Count(text, "x") { // inputs come first, in order
		if strings.Contains(text, fmt.Sprintf("x%d", i)) {
			r.m.Inputs = i + 1
		}
	}
	for i := range r.m.Inputs {
		r.node(formula.Node{Op: formula.In, Arg: i})
	}
	for i := 0; strings.Contains(text, fmt.Sprintf("c%d", i)); i++ { // constants in their order
		r.node(formula.Node{Op: formula.Const, Value: 0.25 + float64(i)/3})
	}
	parts := strings.Split(text, "; ")
	for _, p := range parts[:len(parts)-1] {
		name, value, _ := strings.Cut(p, " = ")
		r.text = value
		r.shared[name] = r.expr(t)
	}
	r.text = parts[len(parts)-1]
	for {
		r.m.Outs = append(r.m.Outs, r.expr(t))
		if !strings.HasPrefix(r.text, ", ") {
			break
		}
		r.text = r.text[2:]
	}
	return &r.m
}

type structureReader struct {
	text   string
	m      formula.Multi
	memo   map[formula.Node]formula.Ref
	shared map[string]formula.Ref
}

func (r *structureReader) node(n formula.Node) formula.Ref {
	if ref, ok := r.memo[n]; ok {
		return ref
	}
	r.m.Nodes = append(r.m.Nodes, n)
	r.memo[n] = formula.Ref(len(r.m.Nodes) - 1)
	return r.memo[n]
}

func (r *structureReader) expr(t *testing.T) formula.Ref {
	end := strings.IndexAny(r.text, "(), ")
	if end < 0 {
		end = len(r.text)
	}
	name := r.text[:end]
	r.text = r.text[end:]
	if !strings.HasPrefix(r.text, "(") {
		if ref, ok := r.shared[name]; ok {
			return ref
		}
		i, err := strconv.Atoi(name[1:])
		if err != nil {
			t.Fatal(err)
		}
		if name[0] == 'x' {
			return r.memo[formula.Node{Op: formula.In, Arg: i}]
		}
		return r.memo[formula.Node{Op: formula.Const, Value: 0.25 + float64(i)/3}]
	}
	n := formula.Node{}
	for op := formula.In; op < formula.NumOps; op++ {
		if op.String() == name {
			n.Op = op
		}
	}
	for i := 0; ; i++ {
		r.text = r.text[min(1, len(r.text)):] // "(" or ","
		r.text = strings.TrimPrefix(r.text, " ")
		n.Args[i] = r.expr(t)
		if strings.HasPrefix(r.text, ")") {
			r.text = r.text[1:]
			return r.node(n)
		}
	}
}
