package layout

import (
	"bytes"
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"

	"github.com/segno-run/segno/designer/flow"
)

// SVGOptions say how a flow is drawn. The zero value is a picture without text that fills the box it is put into.
type SVGOptions struct {
	Width, Height int                      // of the svg element in CSS pixels; 0 leaves it out
	Class         string                   // of the svg element; "" is "flow-graph"
	Labels        bool                     // write the names into the nodes
	Mark          func(step string) string // a class that a step's node has beside its own; nil, "": none
	MarkEdge      func(e Edge) string      // the same of an edge
	Sign          func(step string) string // a glyph in the upper right corner of a step's node; nil, "": none
	SignEdge      func(e Edge) string      // the same in the middle of an edge
}

// SVG draws d as one svg element that stands by itself or inside a page. Colours are left to the page: everything is drawn in currentColor, the
// elements carry the classes node, kind-KIND, edge, port-PORT and label, and the two bars in a node that runs another flow the class flow-bars, a glyph the class sign; there is neither a style attribute nor a script.
func SVG(d *flow.Definition, opts SVGOptions) []byte {
	r := Layout(FromFlow(d))
	var b bytes.Buffer
	class := opts.Class
	if class == "" {
		class = "flow-graph"
	}
	const margin = 8
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="%s" viewBox="%d %d %s %s"`, html.EscapeString(class), -margin, -margin,
		number(r.Width+2*margin), number(r.Height+2*margin))
	if opts.Width > 0 {
		fmt.Fprintf(&b, ` width="%d"`, opts.Width)
	}
	if opts.Height > 0 {
		fmt.Fprintf(&b, ` height="%d"`, opts.Height)
	}
	title := d.Title
	if title == "" {
		title = d.Name
	}
	fmt.Fprintf(&b, ` role="img" aria-label="%s" fill="none" stroke="currentColor" stroke-width="3">`, text(fmt.Sprintf("%s: %d steps", title, len(r.Nodes))))
	at := make(map[string]Node, len(r.Nodes))
	for _, n := range r.Nodes {
		at[n.ID] = n
	}
	for _, e := range r.Edges {
		mark := ""
		if opts.MarkEdge != nil {
			if mark = opts.MarkEdge(e); mark != "" {
				mark = " " + text(mark)
			}
		}
		fmt.Fprintf(&b, `<path class="edge port-%s%s" d="%s"/>`, text(e.Port), mark, way(at[e.From], at[e.To], e))
		if opts.SignEdge != nil {
			if sign := opts.SignEdge(e); sign != "" {
				mid := middle(course(at[e.From], at[e.To], e))
				fmt.Fprintf(&b, glyph, mark, number(mid.X), number(mid.Y+9), text(sign))
			}
		}
	}
	for _, n := range r.Nodes {
		kind, mark := "", ""
		if s := d.Step(n.ID); s != nil && s.Kind != "" {
			kind = " kind-" + string(s.Kind)
		}
		if opts.Mark != nil {
			if mark = opts.Mark(n.ID); mark != "" {
				mark = " " + text(mark)
				kind += mark
			}
		}
		fmt.Fprintf(&b, `<rect class="node%s" x="%s" y="%s" width="%d" height="%d" rx="12"><title>%s</title></rect>`, kind, number(n.X), number(n.Y),
			NodeWidth, NodeHeight, text(n.ID))
		if s := d.Step(n.ID); s != nil && s.Kind == flow.SubFlow {
			const in = 14
			fmt.Fprintf(&b, `<path class="flow-bars" d="M%s %sv%dM%s %sv%d"/>`, number(n.X+in), number(n.Y), NodeHeight, number(n.X+NodeWidth-in), number(n.Y), NodeHeight)
		}
		if opts.Labels {
			fmt.Fprintf(&b, `<text class="label" x="%s" y="%s" text-anchor="middle" fill="currentColor" stroke="none" font-size="20" font-family="sans-serif">%s</text>`,
				number(n.X+NodeWidth/2), number(n.Y+NodeHeight/2+7), text(short(n.ID)))
		}
	}
	if opts.Sign != nil {
		for _, n := range r.Nodes {
			if sign := opts.Sign(n.ID); sign != "" {
				mark := ""
				if opts.Mark != nil {
					mark = " " + text(opts.Mark(n.ID))
				}
				fmt.Fprintf(&b, glyph, mark, number(n.X+NodeWidth-20), number(n.Y+27), text(sign))
			}
		}
	}
	b.WriteString("</svg>")
	return b.Bytes()
}

// glyph is the sign of a node or of an edge.
const glyph = `<text class="sign%s" x="%s" y="%s" text-anchor="middle" fill="currentColor" stroke="none" font-size="28" font-weight="600" font-family="sans-serif">%s</text>`

// course is the points of an edge's way: from the middle of the lower side through its bends to its place on the upper side.
func course(from, to Node, e Edge) []Point {
	points := append([]Point{{from.X + from.W/2, from.Y + from.H}}, e.Points...)
	return append(points, Point{to.X + to.W/2 + e.Enter, to.Y})
}

// middle is a point of a way about half way along.
func middle(points []Point) Point {
	i := (len(points) - 1) / 2 // the stretch that holds it; a curve passes the middle between its ends
	return Point{(points[i].X + points[i+1].X) / 2, (points[i].Y + points[i+1].Y) / 2}
}

// way is the path of an edge, in curves that leave and arrive upright.
func way(from, to Node, e Edge) string {
	points := course(from, to, e)
	var b strings.Builder
	fmt.Fprintf(&b, "M%s %s", number(points[0].X), number(points[0].Y))
	for i := 1; i < len(points); i++ {
		p, q := points[i-1], points[i]
		if p.X == q.X {
			fmt.Fprintf(&b, "V%s", number(q.Y))
			continue
		}
		mid := (p.Y + q.Y) / 2
		fmt.Fprintf(&b, "C%s %s %s %s %s %s", number(p.X), number(mid), number(q.X), number(mid), number(q.X), number(q.Y))
	}
	return b.String()
}

func number(f float64) string { return strconv.FormatFloat(math.Round(f*10)/10, 'f', -1, 64) }

// text escapes s for XML and drops what XML 1.0 can't hold.
func text(s string) string {
	return html.EscapeString(strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, s))
}

// short cuts a name to what fits into a node.
func short(s string) string {
	const most = 20
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}
