package main

import (
	"fmt"
	"html"
	"os"
	"path/filepath"
	"strings"

	"gotrain/internal/diag"
	"gotrain/internal/engine"
	"gotrain/internal/units"
)

// drawPlan writes a drawing of a plan: by the file's ending an SVG, or text for Graphviz.
func drawPlan(path string, f *engine.Func) error {
	var text string
	switch ext := filepath.Ext(path); ext {
	case ".svg":
		text = planSVG(f)
	case ".dot":
		text = planDot(f)
	default:
		return usage(fmt.Sprintf("--graph %s: the file ends in .svg or .dot", path), "for example: --graph plan.svg")
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		return &diag.EnvError{Text: "--graph: the drawing cannot be written", Err: err}
	}
	return nil
}

func planDot(f *engine.Func) string {
	var s strings.Builder
	fmt.Fprintf(&s, "digraph %q {\n  node [shape=box, fontname=\"monospace\"];\n", f.Name)
	for i, in := range f.Instrs {
		out := f.Values[in.Out]
		fmt.Fprintf(&s, "  i%d [label=\"%s\\n%s %s\"];\n", i, strings.ReplaceAll(out.Origin.Path, `"`, `'`), engine.Kind(in.Op), axesText(out.Shape))
	}
	for i, readers := range engine.Readers(f) {
		for _, r := range readers {
			fmt.Fprintf(&s, "  i%d -> i%d;\n", i, r)
		}
	}
	s.WriteString("}\n")
	return s.String()
}

// The measures of planSVG, in pixels.
const (
	rowHeight = 26
	laneWidth = 10
	textSize  = 12
	charWidth = 7.25
)

// planSVG draws the instructions in order of execution, one under the other, and beside
// them an arc from each to its last reader, with a dot at each reader on the way.
func planSVG(f *engine.Func) string {
	readers := engine.Readers(f)
	lanes, width := arcLanes(readers)
	left := float64(width*laneWidth + 24)
	longest := 0
	labels := make([]string, len(f.Instrs))
	for i, in := range f.Instrs {
		out := f.Values[in.Out]
		labels[i] = fmt.Sprintf("%3d  %-10s %-14s %9s  %s", i, engine.Kind(in.Op), axesText(out.Shape), units.FLOPs(engine.FLOPs(f, in)), out.Origin.Path)
		longest = max(longest, len(labels[i]))
	}
	w, h := int(left+charWidth*float64(longest))+24, rowHeight*len(labels)+rowHeight
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="monospace" font-size="%d">`+"\n", w, h, textSize)
	fmt.Fprintf(&s, "<title>%s, batch %d</title>\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n", html.EscapeString(f.Name), f.Batch)
	y := func(i int) int { return rowHeight*i + rowHeight }
	for i, to := range readers {
		if len(to) == 0 {
			continue
		}
		x, last := left-16-float64(lanes[i]*laneWidth), to[len(to)-1]
		colour := fmt.Sprintf("hsl(%d 60%% 45%%)", i*137%360) // neighbours differ
		fmt.Fprintf(&s, `<path d="M%.0f %d H%.0f V%d H%.0f" fill="none" stroke="%s"/>`+"\n", left-4, y(i)+3, x, y(last)-3, left-4, colour)
		for _, r := range to {
			fmt.Fprintf(&s, `<path d="M%.0f %d H%.0f" stroke="%s"/><circle cx="%.0f" cy="%d" r="2.5" fill="%s"/>`+"\n", x, y(r)-3, left-4, colour, left-4, y(r)-3, colour)
		}
	}
	for i, label := range labels {
		fmt.Fprintf(&s, `<text x="%.0f" y="%d" xml:space="preserve">%s</text>`+"\n", left+4, y(i)+4, html.EscapeString(label))
	}
	s.WriteString("</svg>\n")
	return s.String()
}

// arcLanes gives each instruction whose result is read a lane that no other arc uses
// between its first and its last row, and how many lanes there are.
func arcLanes(readers [][]int) (lanes []int, width int) {
	lanes = make([]int, len(readers))
	var busy []int // by lane: the last row that it is used in
	for i, to := range readers {
		if len(to) == 0 {
			continue
		}
		lane := 0
		for lane < len(busy) && busy[lane] >= i {
			lane++
		}
		if lane == len(busy) {
			busy = append(busy, 0)
		}
		busy[lane], lanes[i] = to[len(to)-1], lane
	}
	return lanes, len(busy)
}
