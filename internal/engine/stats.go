package engine

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
		for _, out := range in.Outs() {
			see(out)
		}
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
