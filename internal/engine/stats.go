package engine

import (
	"gotrain/internal/formula"
	"gotrain/internal/graph"
)

// Stats describes a compiled program.
type Stats struct {
	Lowered      int   // instructions before the passes
	Instructions int   // and after
	Values       int   // live values, reshaped forms included
	ArenaBytes   int   // scratch memory planned by liveness
	NaiveBytes   int   // what it would be if no two values shared memory
	DeviceBytes  int   // what the device holds beside: packing, partial sums
	StateBytes   int   // the states the program reads or writes, once
	InputBytes   int   // what a step is fed
	FLOPs        int64 // arithmetic of a step: a primitive counts 1, a matmul 2mnk
}

func count(f *Func, before int, run Runnable) Stats {
	s := Stats{Lowered: before, Instructions: len(f.Instrs), ArenaBytes: 4 * f.Arena, DeviceBytes: run.Memory()}
	seen := make([]bool, len(f.Values))
	see := func(v int) {
		if seen[v] {
			return
		}
		seen[v] = true
		s.Values++
		if x := f.Values[v]; x.Space == Arena && f.Root(v).Space == Arena {
			s.NaiveBytes += 4 * x.Size
		}
	}
	for _, in := range f.Instrs {
		for _, a := range in.In {
			see(a)
		}
		see(in.Out)
		s.FLOPs += FLOPs(f, in)
	}
	for _, st := range f.States {
		s.StateBytes += 4 * f.Values[st.Value].Size
	}
	for _, v := range f.Inputs {
		s.InputBytes += 4 * f.Values[v].Size
	}
	return s
}

// FLOPs is the arithmetic of one instruction.
func FLOPs(f *Func, in *Instr) int64 {
	out := int64(f.Values[in.Out].Size)
	switch o := in.Op.(type) {
	case graph.MatMul:
		k := f.Values[in.In[0]].Shape[1]
		if o.TransA {
			k = f.Values[in.In[0]].Shape[0]
		}
		return 2 * out * int64(k)
	case graph.Conv:
		return o.Products(f.Values[in.In[1]].Shape, f.Values[in.Out].Shape) * 2
	case graph.ConvInputGrad:
		return o.Products(f.Values[in.In[1]].Shape, f.Values[in.In[0]].Shape) * 2
	case graph.ConvWeightGrad:
		return o.Products(f.Values[in.Out].Shape, f.Values[in.In[1]].Shape) * 2
	case graph.MaxPool:
		return out * int64(o.Kernel[0]*o.Kernel[1])
	case graph.AvgPool:
		return out * int64(o.Kernel[0]*o.Kernel[1])
	case graph.MaxPoolGrad:
		return int64(f.Values[in.In[1]].Size) * int64(o.Kernel[0]*o.Kernel[1])
	case graph.AvgPoolGrad:
		return int64(f.Values[in.In[0]].Size) * int64(o.Kernel[0]*o.Kernel[1])
	case graph.Map:
		n := int64(0)
		for _, node := range o.F.Nodes {
			if node.Op != formula.In && node.Op != formula.Const {
				n++
			}
		}
		return n * out
	case graph.Reduce:
		return int64(f.Values[in.In[0]].Size)
	}
	return 0
}
