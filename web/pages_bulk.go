package web

import (
	"net/http"
	"strconv"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/web/templates"
)

// bulkForm reads what a page of bulk retries is about from an address or a form.
func bulkForm(get func(string) string) (b bulkBody, err error) {
	b = bulkBody{Class: get("class"), Step: get("step"), Fingerprint: get("fingerprint")}
	if text := get("version"); text != "" {
		if b.Version, err = strconv.Atoi(text); err != nil {
			return b, fail(CodeBadRequest, "`version` is %s; it must be a whole number from 1", clip(text))
		}
	}
	return b, nil
}

// bulksPage is the dry run of a bulk retry, and those before it.
func (s *Server) bulksPage(c echo.Context) error {
	ctx, name := c.Request().Context(), c.Param("flow")
	asked, err := bulkForm(c.QueryParam)
	if err != nil {
		return err
	}
	b, err := s.bulkOf(ctx, name, asked)
	if err != nil {
		return err
	}
	d, err := s.readDraft(ctx, name)
	if err != nil {
		return err
	}
	p := templates.BulkPlanPage{Head: head(d, "overview"), Key: uuid.NewString()}
	p.Chrome = s.chrome(c, "Retry runs of "+p.Head.Title, "flows")
	if p.Plan, err = s.planBulk(ctx, b); err != nil {
		return err
	}
	if p.Past, err = s.bulks(ctx, name); err != nil {
		return err
	}
	return s.render(c, http.StatusOK, templates.BulkPlan(p))
}

// bulkStartForm starts what bulksPage showed.
func (s *Server) bulkStartForm(c echo.Context) error {
	asked, err := bulkForm(c.FormValue)
	if err != nil {
		return err
	}
	expected, err := strconv.Atoi(c.FormValue("runs"))
	if err != nil {
		return fail(CodeBadRequest, "`runs` is %s; it must be a whole number", clip(c.FormValue("runs")))
	}
	b, err := s.bulkOf(c.Request().Context(), c.Param("flow"), asked)
	if err != nil {
		return err
	}
	if b, err = s.startBulk(c.Request().Context(), b, actor(c), c.FormValue("key"), &expected); err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+b.Flow+"/retries/"+b.ID)
}

// bulkPageOf is how a bulk retry stands.
func (s *Server) bulkPageOf(c echo.Context) error {
	b, part, err := s.findBulkRuns(c)
	if err != nil {
		return err
	}
	d, err := s.readDraft(c.Request().Context(), b.Flow)
	if err != nil {
		return err
	}
	p := templates.BulkPage{Head: head(d, "overview"), Bulk: bulkView(b), State: part.state, Runs: part.runs, First: part.after == 0, Next: part.next}
	p.Chrome = s.chrome(c, "Retried runs of "+p.Head.Title, "flows")
	return s.render(c, http.StatusOK, templates.Bulk(p))
}

func (s *Server) bulkStopForm(c echo.Context) error {
	b, err := s.haltBulk(c)
	if err != nil {
		return err
	}
	return c.Redirect(http.StatusSeeOther, "/flows/"+b.Flow+"/retries/"+b.ID)
}
