package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/flow"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/runtime/planner"
)

// press makes the handler of a button: read turns the request's body into it. The answer comes when the run's owner has decided: 200 with the run's
// status as it is then, 409 if the button does not fit.
func (s *Server) press(read func(echo.Context) (runtime.Button, error)) echo.HandlerFunc {
	return func(c echo.Context) error {
		ctx := c.Request().Context()
		row, err := s.findRun(ctx, c.Param("run"))
		if err != nil {
			return err
		}
		b, err := read(c)
		if err != nil {
			return err
		}
		if key := c.Request().Header.Get("Idempotency-Key"); key != "" {
			b.ID = messageID(row.UUID, b, key)
		}
		b.By = actor(c)
		if err := s.Runs.Press(ctx, row.UUID, b); err != nil {
			return s.redirected(ctx, row.UUID, b, s.replanned(ctx, row.UUID, b, engineError(err)))
		}
		after, err := s.findRun(ctx, row.UUID)
		if err != nil {
			return err
		}
		return answerJSON(c, http.StatusOK, map[string]string{"id": after.UUID, "status": after.Status})
	}
}

// messageID makes one message of a button that is sent twice with one key. The inbox counts messages by UUID; the same key for another run, or for
// another step of it, is another message.
func messageID(run string, b runtime.Button, key string) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "%s/%s/%s/%s/%d/%s", run, b.Kind, b.Name, b.Step, b.Item, key)).String()
}

// plainBody reads the body of a button that has nothing to say but its name.
func plainBody(kind runtime.ButtonKind) func(echo.Context) (runtime.Button, error) {
	return func(c echo.Context) (runtime.Button, error) {
		return runtime.Button{Kind: kind}, readJSON(c, &struct{}{})
	}
}

func cancelBody(c echo.Context) (runtime.Button, error) {
	var req struct {
		Then flow.OnFailure `json:"then"`
	}
	if err := readJSON(c, &req); err != nil {
		return runtime.Button{}, err
	}
	switch req.Then {
	case "", flow.Pause, flow.Compensate:
	default:
		return runtime.Button{}, fail(CodeInvalid, "`then` is %q; it must be pause or compensate, or be left out", clip(string(req.Then)))
	}
	return runtime.Button{Kind: runtime.ButtonCancel, Then: req.Then}, nil
}

func approvalBody(c echo.Context) (runtime.Button, error) {
	var req struct {
		Approved *bool  `json:"approved"`
		Comment  string `json:"comment"`
	}
	if err := readJSON(c, &req); err != nil {
		return runtime.Button{}, err
	}
	if req.Approved == nil {
		return runtime.Button{}, fail(CodeInvalid, "`approved` is missing: send true or false")
	}
	return approval(c.Param("step"), *req.Approved, req.Comment)
}

const maxComment = 2000 // bytes

func approval(step string, approved bool, comment string) (runtime.Button, error) {
	if len(comment) > maxComment {
		return runtime.Button{}, fail(CodeInvalid, "the comment is longer than %d bytes", maxComment)
	}
	return runtime.Button{Kind: runtime.ButtonApprove, Step: step, Approved: approved, Comment: comment}, nil
}

// signalBody reads what is sent to a step: any JSON value; nothing is null.
func signalBody(c echo.Context) (runtime.Button, error) {
	b := runtime.Button{Kind: runtime.ButtonSignal, Name: c.Param("name"), Output: []byte("null")}
	if err := accept(c, "application/json"); err != nil {
		return b, err
	}
	body, err := readBody(c)
	if err != nil {
		return b, err
	}
	if body = bytes.TrimSpace(body); len(body) > 0 {
		b.Output = body
	}
	return b, checkJSON(b.Output)
}

func resolveBody(c echo.Context) (runtime.Button, error) {
	var req struct {
		Outcome planner.Resolution `json:"outcome"`
		Output  json.RawMessage    `json:"output"`
		Reason  string             `json:"reason"`
		Item    *int               `json:"item"`
	}
	if err := readJSON(c, &req); err != nil {
		return runtime.Button{}, err
	}
	item := planner.NoItem
	if req.Item != nil {
		item = *req.Item
	}
	return resolution(c.Param("step"), item, req.Outcome, req.Output, req.Reason)
}

func resolution(step string, item int, as planner.Resolution, output []byte, reason string) (runtime.Button, error) {
	switch as {
	case planner.Happened, planner.DidNotHappen, planner.DidFail:
	default:
		return runtime.Button{}, fail(CodeInvalid, "`outcome` is %q; it must be happened, did_not_happen or failed", clip(string(as)))
	}
	if len(output) > 0 && as != planner.Happened {
		return runtime.Button{}, fail(CodeInvalid, "an output goes with the outcome happened only")
	}
	if len(reason) > maxComment {
		return runtime.Button{}, fail(CodeInvalid, "the reason is longer than %d bytes", maxComment)
	}
	if item < planner.NoItem {
		return runtime.Button{}, fail(CodeInvalid, "`item` is %s; items count from 0", strconv.Itoa(item))
	}
	return runtime.Button{Kind: runtime.ButtonResolve, Step: step, Item: item, As: as, Output: output, Comment: reason}, nil
}
