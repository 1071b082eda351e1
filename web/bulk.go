package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/view"
)

// bulkPlanned is how many runs a dry run plans one by one: each is a history that is read.
const bulkPlanned = 200

// bulkBody is what a bulk retry is asked with.
type bulkBody struct {
	Class       string `json:"class"`
	Step        string `json:"step"`
	Fingerprint string `json:"fingerprint"`
	Version     int    `json:"version"`
	DryRun      bool   `json:"dry_run"`
	Runs        *int   `json:"runs"` // how many a dry run found; refused if there are others by now
}

// bulkOf is the bulk that is asked for, not yet started.
func (s *Server) bulkOf(ctx context.Context, flow string, b bulkBody) (models.Bulk, error) {
	if _, err := s.DB.Flow(ctx, flow); err != nil {
		return models.Bulk{}, missing(err, "there is no flow `%s`", clip(flow))
	}
	switch {
	case b.Version < 0:
		return models.Bulk{}, fail(CodeInvalid, "`version` is %d; versions count from 1", b.Version)
	case b.Version > 0:
		if _, err := s.Programs.Program(ctx, flow, b.Version); err != nil {
			return models.Bulk{}, missing(err, "`%s` has no version %d that compiles", flow, b.Version)
		}
	}
	return models.Bulk{Flow: flow, Class: b.Class, Step: b.Step, Fingerprint: b.Fingerprint, Version: b.Version}, nil
}

// planBulk is the dry run: it plans the newest of the runs one by one.
func (s *Server) planBulk(ctx context.Context, b models.Bulk) (view.BulkPlan, error) {
	p := view.BulkPlan{Flow: b.Flow, Class: b.Class, Step: b.Step, Fingerprint: b.Fingerprint, Version: b.Version, Kinds: []view.BulkReason{}}
	var err error
	if p.Runs, err = s.DB.CountBulk(ctx, b); err != nil {
		return p, err
	}
	filter := b.Filter()
	filter.Limit = bulkPlanned
	runs, _, err := s.DB.Runs(ctx, filter)
	if err != nil {
		return p, err
	}
	at := map[string]int{}
	for _, r := range runs {
		fits, text, _, err := s.foretell(ctx, r.UUID, b.Version)
		if errors.Is(err, models.ErrNotFound) {
			continue // deleted meanwhile
		}
		if err != nil {
			return p, err
		}
		p.Planned++
		if fits {
			p.Fit++
		}
		i, known := at[text]
		if !known {
			i = len(p.Kinds)
			at[text] = i
			p.Kinds = append(p.Kinds, view.BulkReason{Fits: fits, Text: text, Run: r.UUID})
		}
		p.Kinds[i].Runs++
	}
	slices.SortStableFunc(p.Kinds, func(a, b view.BulkReason) int { return cmp.Compare(b.Runs, a.Runs) })
	return p, nil
}

// foretell says what a Retry would do to a run, and as of which transition. The reason is without numbers of the run, so that runs that fare alike have one.
func (s *Server) foretell(ctx context.Context, run string, version int) (fits bool, text string, seq int64, err error) {
	err = s.look(ctx, run, func(h *history) error {
		plan, err := s.plan(ctx, h, runview.Wish{Action: "retry", Version: version})
		if err != nil {
			return err
		}
		fits, seq = plan.Fits && !plan.Blocked, plan.Seq
		text = bulkText(plan)
		return nil
	})
	var no *Error
	if errors.As(err, &no) && no.status() < 500 && no.Code != CodeNotFound {
		return false, no.Message, 0, nil
	}
	return fits, text, seq, err
}

// bulkText says in a line what a plan comes to.
func bulkText(p view.Plan) string {
	if !p.Fits || p.Blocked {
		why := slices.Clone(p.Why)
		for _, st := range p.Steps {
			if st.Blocks {
				why = append(why, "`"+st.ID+"` is in the way: "+st.Reason)
			}
		}
		if why == nil {
			why = append(why, "it did not fail, or goes on already")
		}
		return strings.Join(why, "; ")
	}
	var parts, again []string
	if n := p.Counts("reuse"); n > 0 {
		parts = append(parts, fmt.Sprintf("%d reused", n))
	}
	for _, st := range p.Steps {
		switch st.Does {
		case "run_again":
			again = append(again, "`"+st.ID+"`")
		case "compensate_first", "in_the_way":
			parts = append(parts, "`"+st.ID+"`: "+st.Reason)
		}
	}
	if again != nil {
		parts = append(parts, strings.Join(again, ", ")+" again")
	}
	return strings.Join(parts, "; ")
}

// postBulk starts a bulk retry, or says what it would do.
func (s *Server) postBulk(c echo.Context) error {
	ctx := c.Request().Context()
	var req bulkBody
	if err := readJSON(c, &req); err != nil {
		return err
	}
	b, err := s.bulkOf(ctx, c.Param("flow"), req)
	if err != nil {
		return err
	}
	if req.DryRun {
		p, err := s.planBulk(ctx, b)
		if err != nil {
			return err
		}
		return answerJSON(c, http.StatusOK, p)
	}
	if b, err = s.startBulk(ctx, b, actor(c), c.Request().Header.Get("Idempotency-Key"), req.Runs); err != nil {
		return err
	}
	return answerJSON(c, http.StatusCreated, bulkView(b))
}

// startBulk starts a bulk retry. A key starts one once.
func (s *Server) startBulk(ctx context.Context, b models.Bulk, by, key string, expected *int) (models.Bulk, error) {
	b.Actor, b.ID = by, uuid.NewString()
	if key != "" {
		b.ID = uuid.NewSHA1(uuid.NameSpaceOID, fmt.Appendf(nil, "bulk/%s/%s", b.Flow, key)).String()
	}
	got, err := s.DB.CreateBulk(ctx, b, func(n int) error {
		switch {
		case n == 0:
			return fail(CodeConflict, "no run of `%s` has failed like this; there is nothing to retry", b.Flow)
		case n > models.BulkMost:
			return fail(CodeTooLarge, "more than %d runs have failed like this; name their `class`, `step` or `fingerprint`", models.BulkMost)
		case expected != nil && n != *expected:
			return fail(CodeConflict, "%d runs have failed like this by now, and %d were asked about; look at the plan again", n, *expected)
		}
		return nil
	})
	if err != nil {
		return got, err
	}
	s.pokeBulk()
	if got.Class != b.Class || got.Step != b.Step || got.Fingerprint != b.Fingerprint || got.Version != b.Version {
		return got, fail(CodeConflict, "this Idempotency-Key has been used for another bulk retry")
	}
	return got, nil
}

func bulkView(b models.Bulk) view.Bulk {
	return view.Bulk{ID: b.ID, Flow: b.Flow, Class: b.Class, Step: b.Step, Fingerprint: b.Fingerprint, Version: b.Version, Actor: b.Actor, CreatedAt: b.CreatedAt,
		StoppedAt: b.StoppedAt, Done: b.Waiting == 0, Runs: b.Runs, Waiting: b.Waiting, Retried: b.Retried, Refused: b.Refused, Stopped: b.Stopped,
		Succeeded: b.Succeeded, Failed: b.Failed, Otherwise: b.Otherwise}
}

func (s *Server) findBulk(c echo.Context) (models.Bulk, error) {
	b, err := s.DB.Bulk(c.Request().Context(), c.Param("flow"), c.Param("bulk"))
	return b, missing(err, "`%s` has no bulk retry %s", clip(c.Param("flow")), clip(c.Param("bulk")))
}

func (s *Server) getBulk(c echo.Context) error {
	b, err := s.findBulk(c)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, bulkView(b))
}

// bulksShown is how many bulk retries of a flow are listed.
const bulksShown = 20

func (s *Server) listBulks(c echo.Context) error {
	all, err := s.bulks(c.Request().Context(), c.Param("flow"))
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, map[string]any{"retries": all})
}

func (s *Server) bulks(ctx context.Context, flow string) ([]view.Bulk, error) {
	if _, err := s.DB.Flow(ctx, flow); err != nil {
		return nil, missing(err, "there is no flow `%s`", clip(flow))
	}
	all, err := s.DB.Bulks(ctx, flow, bulksShown)
	out := []view.Bulk{}
	for _, b := range all {
		out = append(out, bulkView(b))
	}
	return out, err
}

// bulkStates are what can come of a run.
var bulkStates = []string{"waiting", "retried", "refused", "stopped"}

// bulkRuns are runs of a bulk, and which of them were asked for.
type bulkRuns struct {
	state string
	after int
	runs  []view.BulkRun
	next  int // after which those that follow begin; 0: there are none
}

// findBulkRuns reads a bulk and those of its runs that are asked for.
func (s *Server) findBulkRuns(c echo.Context) (b models.Bulk, part bulkRuns, err error) {
	if b, err = s.findBulk(c); err != nil {
		return b, part, err
	}
	part.state, part.runs = c.QueryParam("state"), []view.BulkRun{}
	if part.state != "" && !slices.Contains(bulkStates, part.state) {
		return b, part, fail(CodeBadRequest, "`state` is %s; it must be one of %s", clip(part.state), strings.Join(bulkStates, ", "))
	}
	limit := 50
	for name, into := range map[string]*int{"after": &part.after, "limit": &limit} {
		text := c.QueryParam(name)
		if text == "" {
			continue
		}
		if *into, err = strconv.Atoi(text); err != nil || *into < 0 {
			return b, part, fail(CodeBadRequest, "`%s` is %s; it must be a whole number", name, clip(text))
		}
	}
	limit = min(max(limit, 1), 1000)
	rows, err := s.DB.BulkRuns(c.Request().Context(), b.ID, part.state, part.after, limit+1)
	if len(rows) > limit {
		rows = rows[:limit]
		part.next = rows[limit-1].N
	}
	for _, r := range rows {
		part.runs = append(part.runs, view.BulkRun(r))
	}
	return b, part, err
}

func (s *Server) listBulkRuns(c echo.Context) error {
	_, part, err := s.findBulkRuns(c)
	if err != nil {
		return err
	}
	answer := map[string]any{"runs": part.runs}
	if part.next > 0 {
		answer["next"] = strconv.Itoa(part.next)
	}
	return answerJSON(c, http.StatusOK, answer)
}

// stopBulk leaves out the runs that have not had their turn.
func (s *Server) stopBulk(c echo.Context) error {
	b, err := s.haltBulk(c)
	if err != nil {
		return err
	}
	return answerJSON(c, http.StatusOK, bulkView(b))
}

func (s *Server) haltBulk(c echo.Context) (models.Bulk, error) {
	b, err := s.findBulk(c)
	if err != nil {
		return b, err
	}
	err = s.DB.StopBulk(c.Request().Context(), b.Flow, b.ID)
	if errors.Is(err, models.ErrConflict) {
		return b, fail(CodeConflict, "it has been stopped before, or every run has had its turn")
	}
	if err != nil {
		return b, err
	}
	return s.findBulk(c)
}
