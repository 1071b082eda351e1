package web

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// maxGiven bounds the inputs that one Retry gives.
const maxGiven = 100

// retryBody reads the body of Retry: {"seq": N?, "version": N?, "input": …?, "inputs": {"step" or "step#item": …}?}. input is that of the one call that
// failed.
func (s *Server) retryBody(c echo.Context) (runtime.Button, error) {
	var req struct {
		Seq     int64                      `json:"seq"`
		Version int                        `json:"version"`
		Input   json.RawMessage            `json:"input"`
		Inputs  map[string]json.RawMessage `json:"inputs"`
	}
	if err := readJSON(c, &req); err != nil {
		return runtime.Button{}, err
	}
	if req.Version < 0 {
		return runtime.Button{}, fail(CodeInvalid, "`version` is %d; versions count from 1", req.Version)
	}
	if len(req.Inputs) > maxGiven {
		return runtime.Button{}, fail(CodeInvalid, "`inputs` has %d inputs; at most %d", len(req.Inputs), maxGiven)
	}
	b := runtime.Button{Kind: runtime.ButtonRetry, Version: req.Version}
	if req.Input != nil {
		r, err := s.oneFailed(c)
		if err != nil {
			return b, err
		}
		b.Given = append(b.Given, planner.GivenInput{Step: r.Step, Item: r.Item, Input: planner.JSON(req.Input)})
	}
	for _, name := range sortedKeys(req.Inputs) {
		r, err := readRef(name)
		if err != nil {
			return b, err
		}
		b.Given = append(b.Given, planner.GivenInput{Step: r.Step, Item: r.Item, Input: planner.JSON(req.Inputs[name])})
	}
	return planned(b, req.Seq)
}

// restartBody reads the body of Restart: {"step": …, "version": N?, "again": [step…]?, "seq": N?}.
func restartBody(c echo.Context) (runtime.Button, error) {
	var req struct {
		Seq     int64    `json:"seq"`
		Step    string   `json:"step"`
		Version int      `json:"version"`
		Again   []string `json:"again"`
	}
	if err := readJSON(c, &req); err != nil {
		return runtime.Button{}, err
	}
	switch {
	case req.Step == "":
		return runtime.Button{}, fail(CodeInvalid, "`step` is missing: name the step that the run goes back to")
	case req.Version < 0:
		return runtime.Button{}, fail(CodeInvalid, "`version` is %d; versions count from 1", req.Version)
	}
	return planned(runtime.Button{Kind: runtime.ButtonRestart, Step: req.Step, Version: req.Version, Again: req.Again}, req.Seq)
}

// readRef reads the name of a unit: a step, or step#item.
func readRef(name string) (planner.Ref, error) {
	step, item, ok := strings.Cut(name, "#")
	r := planner.Ref{Step: step, Item: planner.NoItem}
	if !ok {
		return r, nil
	}
	n, err := strconv.Atoi(item)
	if err != nil || n < 0 {
		return r, fail(CodeInvalid, "`inputs` names %s; it must be a step, or step#item with items from 0", clip(name))
	}
	r.Item = n
	return r, nil
}

// oneFailed is the one call of a run that failed.
func (s *Server) oneFailed(c echo.Context) (planner.Ref, error) {
	var found []planner.Ref
	err := s.look(c.Request().Context(), c.Param("run"), func(h *history) error {
		for _, name := range h.state.Failures {
			st := h.state.Steps[name]
			switch {
			case !st.Planned && h.outline.Step(name).Kind == string(flow.Call):
				found = append(found, planner.Ref{Step: name, Item: planner.NoItem})
			case st.Planned:
				for _, i := range st.Lost {
					found = append(found, planner.Ref{Step: name, Item: i})
				}
			}
		}
		return nil
	})
	if err == nil && len(found) != 1 {
		var names []string
		for _, r := range found[:min(len(found), 5)] {
			names = append(names, refName(r))
		}
		if found == nil {
			return planner.Ref{}, fail(CodeConflict, "`input` is that of the call that failed, and no call of the run has")
		}
		return planner.Ref{}, fail(CodeInvalid, "`input` is that of the one call that failed, and %d have (%s…): name them in `inputs`", len(found), strings.Join(names, ", "))
	}
	if err != nil {
		return planner.Ref{}, err
	}
	return found[0], nil
}

// refName is a unit as readRef reads it.
func refName(r planner.Ref) string {
	if r.Item == planner.NoItem {
		return r.Step
	}
	return fmt.Sprintf("%s#%d", r.Step, r.Item)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
