package train

import (
	"fmt"
	"strings"
)

// Table is a metric of rows and columns.
type Table [][]float64

// String writes a table in Markdown, which TensorBoard shows as one: rows and columns are
// numbered from 0.
func (t Table) String() string {
	var s strings.Builder
	s.WriteString("| |")
	for c := range t[0] {
		fmt.Fprintf(&s, " %d |", c)
	}
	s.WriteString("\n|" + strings.Repeat("---|", len(t[0])+1) + "\n")
	for r, row := range t {
		fmt.Fprintf(&s, "| **%d** |", r)
		for _, v := range row {
			fmt.Fprintf(&s, " %g |", v)
		}
		s.WriteString("\n")
	}
	return s.String()
}
