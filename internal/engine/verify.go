package engine

import (
	"fmt"
	"slices"

	"gotrain/internal/graph"
)

// Verify checks that f is well formed: operands exist and come before their uses, each
// op has the operands, types and shapes it needs, roots are where they must be and, once
// planned, that no value is overwritten before its last use.
func Verify(f *Func) error {
	made := make([]bool, len(f.Values))
	for i, v := range f.Values {
		if err := checkValue(f, i, v); err != nil {
			return err
		}
		made[i] = v.Space == Input || v.Space == Front
	}
	for i, in := range f.Instrs {
		if err := checkOperands(f, in, made); err != nil {
			return fmt.Errorf("instruction %d: %w", i, err)
		}
		if err := checkOp(f, in); err != nil {
			return fmt.Errorf("instruction %d: %s: %w", i, in.Op, err)
		}
		for _, out := range in.Outs() {
			made[out] = true
		}
	}
	if err := checkRoots(f, made); err != nil {
		return err
	}
	if f.Planned {
		return checkMemory(f)
	}
	return nil
}

func checkValue(f *Func, i int, v *Value) error {
	switch {
	case v.ID != i:
		return fmt.Errorf("v%d is at index %d", v.ID, i)
	case v.Size != product(v.Shape) || v.Size < 1:
		return fmt.Errorf("v%d: shape %v has not %d elements", i, v.Shape, v.Size)
	case v.Origin == nil:
		return fmt.Errorf("v%d has no origin", i)
	case v.Alias == None:
		return nil
	case v.Alias < 0 || v.Alias >= len(f.Values) || !rooted(f, i):
		return fmt.Errorf("v%d is an alias of v%d", i, v.Alias)
	case v.Space != Arena:
		return fmt.Errorf("v%d is an alias with a place of its own", i)
	case v.Size != f.Values[v.Alias].Size || v.DType != f.Values[v.Alias].DType:
		return fmt.Errorf("v%d differs from v%d, in whose memory it is", i, v.Alias)
	}
	return nil
}

// rooted reports whether the aliases from v on end at a value that is none.
func rooted(f *Func, v int) bool {
	for range f.Values {
		if v = f.Values[v].Alias; v == None {
			return true
		}
		if v < 0 || v >= len(f.Values) {
			return false
		}
	}
	return false
}

// isMade also holds for a reshaped form of what is made.
func isMade(f *Func, made []bool, v int) bool {
	for !made[v] && f.Values[v].Alias != None {
		v = f.Values[v].Alias
	}
	return made[v]
}

func checkOperands(f *Func, in *Instr, made []bool) error {
	for _, a := range in.In {
		if a < 0 || a >= len(f.Values) || !isMade(f, made, a) {
			return fmt.Errorf("v%d uses v%d before it is made", in.Out, a)
		}
	}
	outs := in.Outs()
	for i, out := range outs {
		if out < 0 || out >= len(f.Values) {
			return fmt.Errorf("v%d is no value", out)
		}
		if s := f.Values[out].Space; s == Input || s == Front {
			return fmt.Errorf("v%d in %s is written", out, s)
		}
		if made[out] || slices.Contains(outs[:i], out) {
			return fmt.Errorf("v%d is made twice", out)
		}
	}
	return nil
}

func checkRoots(f *Func, made []bool) error {
	for _, v := range f.roots() {
		if v < 0 || v >= len(f.Values) || !isMade(f, made, v) {
			return fmt.Errorf("root v%d is not made", v)
		}
	}
	for i, s := range f.States {
		if s.Next == None {
			continue
		}
		v := f.Values[s.Next]
		if v.Space != Back || v.Slot != i || v.Size != f.Values[s.Value].Size || v.DType != graph.F32 {
			return fmt.Errorf("state %s: next value v%d is not in its back buffer", s.Name, s.Next)
		}
	}
	hosts := f.Outputs
	if f.Guard != None {
		hosts = append(hosts[:len(hosts):len(hosts)], Output{"the guard", f.Guard})
	}
	for _, o := range hosts {
		if f.Root(o.Value).Space != Arena {
			return fmt.Errorf("%s: v%d does not outlive the step", o.Name, o.Value)
		}
	}
	return nil
}
