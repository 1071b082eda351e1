package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/fault"
	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// filterNames are the parameters of the list, but for its place in it, in the order in which addresses have them.
var filterNames = []string{"flow", "version", "status", "needs", "class", "step", "fingerprint", "since", "from", "to", "longer", "shorter", "q", "parent", overParam}

// kept are the filters of a request without those that are empty, as the links of the list have them.
func kept(q url.Values) url.Values {
	out := url.Values{}
	for name, values := range q {
		if !slices.Contains(filterNames, name) && !strings.HasPrefix(name, inputPrefix) {
			continue
		}
		for _, v := range values {
			if v != "" {
				out.Add(name, v)
			}
		}
	}
	// The form's one field for an input is "order_id=42": an address has it as a parameter of its own.
	if key, value, ok := strings.Cut(q.Get("input"), "="); ok && strings.TrimSpace(key) != "" {
		out.Set(inputPrefix+strings.TrimPrefix(strings.TrimSpace(key), inputPrefix), strings.TrimSpace(value))
	}
	return out
}

const inputPrefix = "input."

// filter reads the parameters that the API and the page share.
func (s *Server) filter(c echo.Context) (models.RunFilter, error) {
	f, err := s.filterOf(c.QueryParams())
	if err != nil {
		return f, err
	}
	f.After, f.Before = c.QueryParam("after"), c.QueryParam("before")
	f.Limit, err = wholeNumber(c, "limit", 50, 1, 1000)
	return f, err
}

func (s *Server) filterOf(given url.Values) (models.RunFilter, error) {
	q, now := kept(given), s.Now()
	f := models.RunFilter{Flow: q.Get("flow"), Needs: q.Get("needs"), Class: q.Get("class"), Step: q.Get("step"), Fingerprint: q.Get("fingerprint"),
		Q: q.Get("q"), Now: now}
	for _, given := range q["status"] {
		for status := range strings.SplitSeq(given, ",") {
			if status == "" {
				continue
			}
			if !slices.Contains(runStatuses, planner.RunStatus(status)) {
				return f, fail(CodeBadRequest, "`%s` is no status of a run; there are %s", clip(status), statusWords())
			}
			f.Statuses = append(f.Statuses, status)
		}
	}
	if need := planner.Need(f.Needs); need != "" && need != planner.NeedsPerson && need != planner.NeedsRetry {
		return f, fail(CodeBadRequest, "`needs` is %s; it is person or retry", clip(f.Needs))
	}
	if f.Parent = q.Get("parent"); f.Parent != "" && f.Parent != models.TopLevel && (len(f.Parent) != 36 || uuid.Validate(f.Parent) != nil) {
		return f, fail(CodeBadRequest, "`parent` is %s; it is the id of a run, or none", clip(f.Parent))
	}
	if err := checkStretch(q.Get(overParam)); err != nil {
		return f, err
	}
	if f.Class != "" && !fault.Class(f.Class).Valid() {
		return f, fail(CodeBadRequest, "`%s` is no class of an error", clip(f.Class))
	}
	var err error
	if f.Version, err = number(q.Get("version"), "version"); err != nil {
		return f, err
	}
	for name, d := range map[string]*time.Duration{"longer": &f.Longer, "shorter": &f.Shorter} {
		if text := q.Get(name); text != "" {
			if *d, err = flow.ParseDuration(text); err != nil {
				return f, fail(CodeBadRequest, "`%s` is %s; it is a time such as 500ms, 10s or 2h", name, clip(text))
			}
		}
	}
	if text := q.Get("since"); text != "" {
		d, err := flow.ParseDuration(text)
		if err != nil {
			return f, fail(CodeBadRequest, "`since` is %s; it is a time back from now such as 1h or 7d", clip(text))
		}
		f.From = now.Add(-d)
	}
	for name, at := range map[string]*time.Time{"from": &f.From, "to": &f.To} {
		if text := q.Get(name); text != "" {
			if *at, err = moment(text); err != nil {
				return f, fail(CodeBadRequest, "`%s` is %s; it is a time such as 2026-03-01, 2026-03-01T12:00 (UTC) or 2026-03-01T12:00:00+01:00", name, clip(text))
			}
		}
	}
	for name, values := range q {
		if path, ok := strings.CutPrefix(name, inputPrefix); ok {
			f.Keys = append(f.Keys, runtime.InputKey(path, values[0]))
		}
	}
	return f, nil
}

func number(text, name string) (int, error) {
	if text == "" {
		return 0, nil
	}
	var n int
	if err := json.Unmarshal([]byte(text), &n); err != nil || n < 1 || n > 1<<31-1 {
		return 0, fail(CodeBadRequest, "`%s` is %s; it must be a whole number from 1", name, clip(text))
	}
	return n, nil
}

// moment reads a time as people write it in an address; without a zone it is UTC.
func moment(text string) (at time.Time, err error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02"} {
		if at, err = time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	return at, err
}

// listed reads a page of the list. unread is when the newest run began that no input finds yet; the zero time if there is none, or none is asked for.
func (s *Server) listed(ctx context.Context, f models.RunFilter) (page models.RunList, unread time.Time, err error) {
	page, err = s.DB.RunPage(ctx, f)
	if errors.Is(err, models.ErrCursor) {
		err = fail(CodeBadRequest, "`after` or `before` is no cursor of this list")
	}
	if err == nil && len(f.Keys) > 0 {
		unread, err = s.DB.InputsUnread(ctx)
	}
	return page, unread, err
}
