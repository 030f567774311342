package train

import (
	"fmt"
	"strings"

	"gotrain/internal/graph"
)

// overview lists the model's parts with their parameters, a line each: the nets and values
// of the file that have any.
func (l *fitLoop) overview() string {
	var parts []string
	count := map[string]int{}
	total := 0
	for _, name := range l.store.Names(graph.Param) {
		part, _, _ := strings.Cut(name, ".")
		if _, seen := count[part]; !seen {
			parts = append(parts, part)
		}
		n := elements(l.store.Shape(name))
		count[part] += n
		total += n
	}
	width := len("total")
	for _, p := range parts {
		width = max(width, len(p))
	}
	var b strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&b, "%-*s %12d\n", width, p, count[p])
	}
	const bytes = 4 // of a float32
	fmt.Fprintf(&b, "%-*s %12d parameters, %.1f MB", width, "total", total, float64(total)*bytes/1e6)
	return b.String()
}
