package graph

import (
	"fmt"
	"strings"
)

// Row is one value of a program as `gotrain print --lowered` lists it.
type Row struct {
	Name       string   `json:"name"`   // of an input or a weight; "v12" of what is computed
	Path       string   `json:"path"`   // where the config says it: "model.encoder[2].dense"
	Op         string   `json:"op"`     // "input", "param" and the like for what is given
	Inputs     []string `json:"inputs"` // names
	Shape      string   `json:"shape"`  // B is the batch
	Parameters int      `json:"parameters"`
	Bytes      int      `json:"bytes"` // at the given batch size
}

// Rows lists a program's values in the order in which they can be computed.
func (p *Program) Rows(batch int) []Row {
	role := map[*Value]Role{}
	for _, s := range p.States {
		role[s.Value] = s.Role
	}
	rows := make([]Row, len(p.Values))
	names := map[*Value]string{}
	for i, v := range p.Values {
		r := Row{Name: fmt.Sprintf("v%d", v.ID), Path: v.Path, Shape: v.Shape.String(), Inputs: []string{}, Bytes: v.Shape.Size(batch) * bytesPerElement}
		if v.Op == nil {
			r.Name, r.Op, r.Path = v.Name, "input", ""
			if kind, isState := role[v]; isState {
				r.Op = kind.String()
				if kind == Param {
					r.Parameters = v.Shape.Size(batch)
				}
			}
		} else {
			r.Op = v.Op.String()
			if m, isMap := v.Op.(Map); isMap {
				r.Op = m.Name
			}
		}
		for _, in := range v.In {
			r.Inputs = append(r.Inputs, names[in])
		}
		names[v], rows[i] = r.Name, r
	}
	return rows
}

// bytesPerElement is that of float32 and int32, the two types that there are.
const bytesPerElement = 4

// InputList is the names of a row's inputs.
func (r Row) InputList() string { return strings.Join(r.Inputs, ", ") }
