package web

import (
	"context"
	"net/http"
	"sync"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/designer/check"
	"github.com/segno-run/segno/runtime"
	"github.com/segno-run/segno/web/runview"
	"github.com/segno-run/segno/web/static"
)

// Server answers HTTP. It is safe for concurrent use.
type Server struct {
	Config
	echo     *echo.Echo
	hosts    hosts
	metrics  *metrics
	signIn   *signIn
	scrapers scrapers
	flows    *flowReader
	folds    *folds
	testing  chan struct{} // the seats of tests: one, so that nobody's tests starve the runs
	linker   *check.Linker

	bulkPokes chan struct{} // a bulk retry was started here

	// ended is closed by Close: websockets, which http.Server.Shutdown does not know, end by it.
	ended     chan struct{}
	socketsMu sync.Mutex // of counting in against closing
	sockets   sync.WaitGroup
}

// New makes a server. It opens no socket and starts nothing.
func New(c Config) (*Server, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	s := &Server{Config: c, echo: echo.New(), hosts: newHosts(c.Addr, c.Hosts), ended: make(chan struct{}), testing: make(chan struct{}, 1), bulkPokes: make(chan struct{}, 1)}
	s.metrics = newMetrics(c.Metrics)
	s.metrics.housed(c.Runs.House)
	s.signIn = newSignIn(c.PasswordHash, c.ViewerHash, c.Now)
	s.flows, s.linker = newFlowReader(c.DB), NewLinker(c.DB)
	s.folds = &folds{db: c.DB, broker: s.Broker, made: s.metrics.folds, outline: s.outline, read: s.readPayload, known: map[foldKey]*fold{}}
	s.echo.HideBanner, s.echo.HidePort = true, true
	s.echo.IPExtractor = echo.ExtractIPDirect() // headers that name another client can be written by anybody
	s.echo.HTTPErrorHandler = s.answerError
	// The order is the order of a request's way in: whatever fails, the log line, the headers and the recovery are around it.
	s.echo.Use(s.observe, s.headers, s.recover, limitBody(bodyTime), s.hosts.guard, compress(), s.authenticate, parseForm)
	s.routes()
	return s, nil
}

// Handler is the whole surface. HEAD is GET without its body, which net/http leaves away.
func (s *Server) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			get := *r
			get.Method = http.MethodGet
			r = &get
		}
		s.echo.ServeHTTP(w, r)
	})
}

// Close ends the websockets and returns when they are gone, or ctx ends. Call it before http.Server.Shutdown, which waits for requests but not for them.
func (s *Server) Close(ctx context.Context) error {
	s.socketsMu.Lock()
	if !s.closing() {
		close(s.ended)
	}
	s.socketsMu.Unlock()
	done := make(chan struct{})
	go func() {
		s.sockets.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *Server) routes() {
	e := s.echo
	e.GET("/healthz", func(c echo.Context) error { return c.String(http.StatusOK, "ok\n") })
	e.GET(readyPath, s.ready)
	e.GET(metricsPath, echo.WrapHandler(s.metrics.handler()))
	assets := echo.WrapHandler(static.Handler())
	e.GET("/static/*", assets)
	e.HEAD("/static/*", assets)
	s.apiRoutes(e.Group("/api/v1"))
	s.pageRoutes(e)
}

func (s *Server) apiRoutes(g *echo.Group) {
	g.GET("/functions", s.listFunctions)
	g.GET("/functions/:function", s.getFunction)
	g.PUT("/functions/:function", s.putFunction)
	g.DELETE("/functions/:function", s.deleteFunction)
	g.POST("/functions/:function/invoke", s.invokeFunction)

	g.GET("/project", s.getProject)
	g.POST("/check", s.check)
	g.POST("/complete", s.complete)
	g.GET("/language.schema.json", s.languageSchema)
	g.GET("/templates", s.listTemplates)
	g.GET("/templates/:template", s.getTemplate)
	g.GET("/flows", s.listFlows)
	g.GET("/flows/:flow/draft", s.getDraft)
	g.PUT("/flows/:flow/draft", s.putDraft)
	g.POST("/flows/:flow/draft/edits", s.editDraft)
	g.POST("/flows/:flow/draft/merge", s.mergeDraft)
	g.GET("/flows/:flow/draft/references", s.getReferences)
	g.GET("/flows/:flow/draft/publication", s.publication)
	g.GET("/flows/:flow/tests", s.listTests)
	g.GET("/flows/:flow/tests/first", s.getFirstTest) // no file: those end with .yaml or .json
	g.GET("/flows/:flow/tests/:file", s.getTest)
	g.PUT("/flows/:flow/tests/:file", s.putTest)
	g.DELETE("/flows/:flow/tests/:file", s.deleteTest)
	g.POST("/flows/:flow/tests/run", s.runTests(kindScenarios))
	g.POST("/flows/:flow/tests/faults", s.runTests(kindFaults))
	g.POST("/flows/:flow/versions", s.publish)
	g.GET("/flows/:flow/versions", s.listVersions)
	g.GET("/flows/:flow/versions/:version", s.getVersion)
	g.GET("/flows/:flow/diff", s.getDiff)
	g.POST("/flows/:flow/retries", s.postBulk)
	g.GET("/flows/:flow/retries", s.listBulks)
	g.GET("/flows/:flow/retries/:bulk", s.getBulk)
	g.GET("/flows/:flow/retries/:bulk/runs", s.listBulkRuns)
	g.POST("/flows/:flow/retries/:bulk/stop", s.stopBulk)
	g.GET("/flows/:flow/retention", s.getRetention)
	g.PUT("/flows/:flow/retention", s.putRetention)
	g.DELETE("/flows/:flow/retention", s.deleteRetention)
	g.POST("/flows/:flow/runs", s.startRun)

	g.GET("/replicas", s.listReplicas)

	g.GET("/runs", s.listRuns)
	g.GET("/runs/:run", s.getRun)
	g.GET("/runs/:run/events", s.getEvents)
	g.GET("/runs/:run/input", s.getValue(runview.ValueInput))
	g.GET("/runs/:run/output", s.getValue(runview.ValueOutput))
	g.GET("/runs/:run/error", s.getValue(runview.ValueError))
	g.GET("/runs/:run/steps/:step/item", s.getValue(runview.ValueItem))
	g.GET("/runs/:run/steps/:step/error", s.getValue(runview.ValueError))
	g.GET("/runs/:run/steps/:step/input", s.getValue(runview.ValueInput))
	g.GET("/runs/:run/steps/:step/output", s.getValue(runview.ValueOutput))
	g.GET("/runs/:run/steps/:step/logs", s.getLogs)
	g.GET("/runs/:run/steps/:step/items", s.getItems)
	g.GET("/runs/:run/compare", s.getComparison)
	g.POST("/runs/:run/evaluate", s.evaluate)
	g.GET("/runs/:run/plan", s.getPlan)
	g.POST("/runs/:run/retry", s.press(s.retryBody))
	g.POST("/runs/:run/restart", s.press(restartBody))
	g.POST("/runs/:run/pause", s.press(plainBody(runtime.ButtonPause)))
	g.POST("/runs/:run/resume", s.press(plainBody(runtime.ButtonResume)))
	g.POST("/runs/:run/cancel", s.press(cancelBody))
	g.POST("/runs/:run/compensate", s.press(plannedBody(runtime.ButtonCompensate)))
	g.POST("/runs/:run/signals/:name", s.press(signalBody))
	g.POST("/runs/:run/approvals/:step", s.press(approvalBody))
	g.POST("/runs/:run/steps/:step/retry-now", s.press(retryingBody(runtime.ButtonRetryNow)))
	g.POST("/runs/:run/steps/:step/stop-retrying", s.press(retryingBody(runtime.ButtonStopRetrying)))
	g.POST("/runs/:run/steps/:step/resolve", s.press(resolveBody))
	g.GET("/runs/:run/live", s.live)

	g.GET("/tokens", s.listTokens)
	g.POST("/tokens", s.mintToken)
	g.DELETE("/tokens/:token", s.revokeToken)
}

// readyPath is where a probe asks whether requests may come.
const readyPath = "/readyz"

func (s *Server) ready(c echo.Context) error {
	missing := s.Ready(c.Request().Context())
	if len(missing) > 0 {
		return answerJSON(c, http.StatusServiceUnavailable, map[string]any{"ready": false, "missing": missing})
	}
	return answerJSON(c, http.StatusOK, map[string]any{"ready": true})
}
