package runview

import (
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// shown is a value as the API and the pages have it: in the place of each part that is kept once, apart from the history, an object says what stands there.
func shown(v *expr.Value) json.RawMessage { return shownJSON(v.JSON()) }

func shownJSON(raw []byte) json.RawMessage {
	if raw == nil {
		return nil
	}
	return expr.Splice(raw, func(p expr.Payload) []byte {
		said, err := json.Marshal(view.Payload{Payload: p.Name(), Bytes: p.Size})
		if err != nil {
			return []byte("null") // texts and numbers always marshal
		}
		return said
	})
}

// sized is how many bytes a value has, and where all of it is if it is not shown whole.
func sized(v *expr.Value, run, step string, item int, what string) (bytes int64, ref string) {
	if v == nil {
		return 0, ""
	}
	raw := v.JSON()
	if !expr.HasPayloads(raw) {
		return int64(len(raw)), ""
	}
	ref = "/api/v1/runs/" + url.PathEscape(run)
	if step != "" {
		ref += "/steps/" + url.PathEscape(step)
	}
	ref += "/" + what
	if item != planner.NoItem {
		ref += "?item=" + strconv.Itoa(item)
	}
	return expr.SizeOf(raw), ref
}
