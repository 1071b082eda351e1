package check

import (
	"strings"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/designer/flow"
)

// undoesAttempts reports whether a step's compensation also undoes what may have happened: there the step's own output may be missing.
func (k *compiler) undoesAttempts(i int) bool {
	c := k.d.Steps[i].Compensate
	return c != nil && c.After == flow.AfterAttempt
}

// warnKeyless warns of a compensation that is called for attempts of which nobody knows whether they happened, and is not told which call it is about:
// it could only undo what never was.
func (k *compiler) warnKeyless(i int) {
	c := k.d.Steps[i].Compensate
	if !k.undoesAttempts(i) || c.Function == "" || readsKey(c.With) {
		return
	}
	pos := c.FuncPos
	if p, ok := k.d.Steps[i].Positions["compensate.after"]; ok {
		pos = p
	}
	k.report(flow.Warning, pos, k.names[i], "compensate.after", "add `key: ${{ key }}` to its `with`, so that it can look whether that call happened",
		"`%s` is also called when nobody knows whether `%s` happened, and cannot tell that without the call's `key`", c.Function, k.names[i])
}

// readsKey reports whether an expression of a value reads `key`.
func readsKey(v flow.Value) bool {
	switch v.Kind {
	case flow.String:
		parts, _ := expr.SplitText(v.Text)
		for _, part := range parts {
			if !part.IsExpr || !strings.Contains(part.Expr, expr.RootKey) {
				continue
			}
			p, _ := expr.Compile(part.Expr, expr.Options{Item: true, Key: true})
			if p == nil {
				return true // what is wrong is reported, and may have been meant so
			}
			for _, r := range p.Refs() {
				if r.Root == expr.RootKey {
					return true
				}
			}
		}
	case flow.List:
		for _, it := range v.Items {
			if readsKey(it) {
				return true
			}
		}
	case flow.Map:
		for _, f := range v.Fields {
			if readsKey(f.Value) {
				return true
			}
		}
	}
	return false
}
