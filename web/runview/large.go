package runview

import (
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/segno-run/segno/designer/expr"
	"github.com/segno-run/segno/runtime/planner"
	"github.com/segno-run/segno/web/view"
)

// Shown is a recorded value as the API and the pages have it: in the place of each part that is kept once, apart from the history, an object says what stands there.
func Shown(raw []byte) json.RawMessage { return shownJSON(raw) }

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
	return expr.SizeOf(raw), Address(run, step, item, 0, what)
}

// Address is where the API has a recorded value; step is empty for the run's own, attempt is 0 for what counts now.
func Address(run, step string, item, attempt int, what string) string {
	at := "/api/v1/runs/" + url.PathEscape(run)
	if step != "" {
		at += "/steps/" + url.PathEscape(step)
	}
	q := url.Values{}
	if item != planner.NoItem {
		q.Set("item", strconv.Itoa(item))
	}
	if attempt > 0 {
		q.Set("attempt", strconv.Itoa(attempt))
	}
	if at += "/" + what; len(q) > 0 {
		at += "?" + q.Encode()
	}
	return at
}
