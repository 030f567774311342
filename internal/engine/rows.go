package engine

import (
	"slices"
	"strings"

	"gotrain/internal/graph"
)

// Row is what one op of the config is in a plan, forward and backward together.
type Row struct {
	Path       string // in the YAML: "model.encoder[2].dense"
	Shape      []int  // of what it gives; none of the optimizer, which has many
	Parameters int    // elements, of the tensors that are its own
	FLOPs      int64
	Bytes      int64 // read and written
}

// Rows adds up the instructions of f by the YAML path of their first result, in the order
// of the paths. The optimizer, whose paths are those of its parameters, is one row. A plan
// of which no pass has made one instruction of many has a row for each op.
func Rows(f *Func) []Row {
	var rows []Row
	at := map[string]int{}
	row := func(path string) *Row {
		if strings.HasPrefix(path, "optimizer.") {
			path = "optimizer"
		}
		i, ok := at[path]
		if !ok {
			i = len(rows)
			at[path] = i
			rows = append(rows, Row{Path: path})
		}
		return &rows[i]
	}
	last, closed := "", map[string]bool{} // a path's first stretch of instructions is the way forward
	for _, in := range f.Instrs {
		out := f.Values[in.Out]
		r := row(out.Origin.Path)
		read, written := Traffic(f, in)
		r.FLOPs += FLOPs(f, in)
		r.Bytes += read + written
		if r.Path != last {
			closed[last] = true
			last = r.Path
		}
		if !closed[r.Path] && r.Path != "optimizer" {
			r.Shape = reshaped(f, out).Shape
		}
	}
	for _, s := range f.States {
		if s.Role == graph.Param {
			row(f.Values[s.Value].Origin.Path).Parameters += f.Values[s.Value].Size
		}
	}
	return rows
}

// reshaped is what the op whose last instruction makes v gives: a reshape that follows at
// its path has no instruction.
func reshaped(f *Func, v *Value) *Value {
	for _, w := range f.Values {
		o := w.Origin
		if _, ok := o.Op.(graph.Reshape); !ok || o.Path != v.Origin.Path || o.In[0] != v.Origin || w.Size != v.Size {
			continue
		}
		if !slices.ContainsFunc(f.Values, func(u *Value) bool { // that is of another op, and the reshape one of the way back
			return u.Origin.ID > v.Origin.ID && u.Origin.ID < o.ID && u.Origin.Path != o.Path
		}) {
			v = w
		}
	}
	return v
}

// PlainOptions leave out every pass that makes one instruction of several.
func PlainOptions() Options {
	var o Options
	for _, p := range passes {
		if p.merges {
			o.Skip = append(o.Skip, p.name)
		}
	}
	return o
}

// Kind is the first word of an op's name: "gemm", "fused".
func Kind(op graph.Op) string {
	s := op.String()
	if i := strings.IndexAny(s, "({["); i > 0 {
		return s[:i]
	}
	return s
}

// Readers lists, for each instruction, those that read what it computes, in order.
func Readers(f *Func) [][]int {
	defs := f.defs()
	readers := make([][]int, len(f.Instrs))
	for i, in := range f.Instrs {
		for _, a := range in.In {
			for defs[a] == None && f.Values[a].Alias != None {
				a = f.Values[a].Alias
			}
			if d := defs[a]; d != None && !slices.Contains(readers[d], i) {
				readers[d] = append(readers[d], i)
			}
		}
	}
	return readers
}
