package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/segno-run/segno/models"
	"github.com/segno-run/segno/web/templates"
)

const (
	sessionCookie = "segno_session"
	sessionLife   = 12 * time.Hour
	tokenPrefix   = "segno_"     // so that a leaked token is recognised for what it is
	viewerPrefix  = "segnoview_" // of a token that may only look
	actorKey      = "segno.actor"
	sessionKey    = "segno.signed_in" // set: by a session, which can be ended
	maxPassword   = 1 << 10           // bytes
)

// signIn checks passwords. A nil hash means that nobody has to sign in; a nil viewer that nobody can sign in to look only.
type signIn struct {
	hash     *passwordHash // the operator's
	viewer   *passwordHash
	attempts *attempts
	turn     chan struct{} // one check at a time: each takes memory on purpose
	now      func() time.Time
}

func newSignIn(hash, viewer string, now func() time.Time) *signIn {
	s := &signIn{attempts: newAttempts(), turn: make(chan struct{}, 1), now: now}
	if hash != "" {
		s.hash, _ = parseHash(hash) // Config.validate has parsed both
	}
	if viewer != "" {
		s.viewer, _ = parseHash(viewer)
	}
	return s
}

// check compares a password: a rate_limited error with the seconds to wait, or the role that it gives, "" if it is wrong.
func (s *signIn) check(ctx context.Context, address, password string) (role, error) {
	if wait := s.attempts.take(address, s.now()); wait > 0 {
		seconds := int(math.Ceil(wait.Seconds()))
		return "", fail(CodeRateLimited, "too many sign-ins; try again in %d s", seconds).with(map[string]any{"retry_after": seconds})
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	var gives role
	switch {
	case len(password) > maxPassword:
		return "", nil
	case s.hash.matches(password):
		gives = operatorRole
	case s.viewer != nil && s.viewer.matches(password):
		gives = viewerRole
	default:
		return "", nil
	}
	s.attempts.forgive(address)
	return gives, nil
}

// authenticate lets in who has a session or a bearer token. Without a password it lets in everybody.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if s.signIn.hash == nil || public(c.Request().URL.Path) {
			return next(c)
		}
		who, err := s.identify(c)
		if err != nil {
			return err
		}
		if who == nil {
			return s.unauthenticated(c)
		}
		c.Set(actorKey, who.Name)
		c.Set(roleKey, roleOfToken(who.Hash))
		if who.Kind == models.Session {
			c.Set(sessionKey, true)
		}
		if err := refuseViewer(c); err != nil {
			return err
		}
		return next(c)
	}
}

// public are the addresses that nobody has to sign in for.
func public(path string) bool {
	return path == "/login" || path == "/healthz" || path == "/readyz" || strings.HasPrefix(path, "/static/")
}

// identify says who sends a request; nil is nobody that we know.
func (s *Server) identify(c echo.Context) (*models.Token, error) {
	kind, secret := models.Bearer, ""
	if scheme, rest, _ := strings.Cut(c.Request().Header.Get(echo.HeaderAuthorization), " "); strings.EqualFold(scheme, "Bearer") {
		secret = strings.TrimSpace(rest)
	} else if cookie, err := c.Cookie(sessionCookie); err == nil {
		kind, secret = models.Session, cookie.Value
	}
	if secret == "" {
		return nil, nil
	}
	ctx, hash := c.Request().Context(), digest(secret)
	scrapes := c.Request().URL.Path == metricsPath && kind == models.Bearer
	if scrapes {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, scrapeWait)
		defer cancel()
	}
	t, err := s.DB.UseToken(ctx, kind, hash)
	switch {
	case errors.Is(err, models.ErrNotFound):
		s.scrapers.forget(hash)
		return nil, nil
	case err != nil:
		if known, ok := s.scrapers.recall(hash, s.Now()); scrapes && ok {
			return &known, nil
		}
		return nil, err
	}
	if scrapes {
		s.scrapers.remember(t, s.Now())
	}
	return &t, nil
}

func (s *Server) unauthenticated(c echo.Context) error {
	if !isPage(c) {
		c.Response().Header().Set("WWW-Authenticate", `Bearer realm="segno"`)
		return fail(CodeUnauthenticated, "sign in at /login, or send a token as Authorization: Bearer")
	}
	to := "/login"
	if r := c.Request(); r.Method == http.MethodGet && r.URL.RequestURI() != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// actor is who sends a request, for the record; "" where nobody has to sign in.
func actor(c echo.Context) string {
	who, _ := c.Get(actorKey).(string)
	return who
}

// digest is what is kept of a secret. It is random and long, so that a plain hash is enough. Behind the hash of a viewer's secret, which says so itself, stands
// one more byte: what the row in the database says of the role and what the secret says can't differ.
func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	if strings.HasPrefix(secret, viewerPrefix) {
		return append(sum[:], viewerMark)
	}
	return sum[:]
}

const viewerMark = 'v'

// roleOfToken reads the role from what is kept of a token.
func roleOfToken(hash []byte) role {
	if len(hash) == sha256.Size {
		return operatorRole
	}
	return viewerRole
}

// secretFor makes a secret of a role, with the prefix of a token or without.
func secretFor(r role, prefix string) string {
	if r == viewerRole {
		prefix = viewerPrefix
	}
	return prefix + newSecret()
}

func newSecret() string {
	var raw [32]byte
	_, _ = rand.Read(raw[:]) // crypto/rand.Read never fails
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

func (s *Server) loginPage(c echo.Context) error {
	next := local(c.QueryParam("next"))
	if s.signIn.hash == nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	if who, err := s.identify(c); err == nil && who != nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	return s.render(c, http.StatusOK, templates.Login(templates.LoginPage{Chrome: s.chrome(c, "Sign in", ""), Next: next}))
}

func (s *Server) login(c echo.Context) error {
	next := local(c.FormValue("next"))
	if s.signIn.hash == nil {
		return c.Redirect(http.StatusSeeOther, next)
	}
	ctx := c.Request().Context()
	gives, err := s.signIn.check(ctx, c.RealIP(), c.FormValue("password"))
	var limited *Error
	status, said := http.StatusUnauthorized, "That is not the password."
	switch {
	case errors.As(err, &limited):
		if d, ok := limited.Details.(map[string]any); ok {
			c.Response().Header().Set("Retry-After", strconv.Itoa(d["retry_after"].(int)))
		}
		status, said = limited.status(), sentence(limited.Message)
	case err != nil:
		return err
	case gives != "":
		if err := s.openSession(c, gives); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, next)
	default:
		s.Logger.Warn("a sign-in failed", "from", c.RealIP())
	}
	if wants(c, echo.MIMEApplicationJSON) {
		if limited != nil {
			return writeError(c, limited)
		}
		return writeError(c, fail(CodeUnauthenticated, "%s", said))
	}
	return s.render(c, status, templates.Login(templates.LoginPage{Chrome: s.chrome(c, "Sign in", ""), Next: next, Error: said}))
}

// openSession gives the browser a session. An older one of the same browser ends: nobody can plant a session that a sign-in then lifts.
func (s *Server) openSession(c echo.Context, r role) error {
	ctx := c.Request().Context()
	if old, err := c.Cookie(sessionCookie); err == nil {
		if err := s.DB.DeleteToken(ctx, digest(old.Value)); err != nil {
			return err
		}
	}
	if err := s.DB.DeleteExpiredTokens(ctx); err != nil {
		return err
	}
	secret, ends := secretFor(r, ""), time.Now().Add(sessionLife)
	if err := s.DB.AddToken(ctx, models.Token{Hash: digest(secret), Name: string(r), Kind: models.Session, ExpiresAt: &ends}); err != nil {
		return err
	}
	c.SetCookie(s.cookie(secret, int(sessionLife.Seconds())))
	return nil
}

// cookie is Lax, not Strict: a link from a chat to a run must not end at the sign-in page. What changes anything is guarded by its origin anyway.
func (s *Server) cookie(value string, age int) *http.Cookie {
	return &http.Cookie{Name: sessionCookie, Value: value, Path: "/", MaxAge: age, HttpOnly: true, Secure: s.Secure, SameSite: http.SameSiteLaxMode}
}

func (s *Server) logout(c echo.Context) error {
	if cookie, err := c.Cookie(sessionCookie); err == nil {
		if err := s.DB.DeleteToken(c.Request().Context(), digest(cookie.Value)); err != nil {
			return err
		}
	}
	c.SetCookie(s.cookie("", -1))
	return c.Redirect(http.StatusSeeOther, "/login")
}

// local is the path to go on to: one of ours, or the flows. "//host" and "/\host" would leave the site.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.IsAbs() || u.Host != "" || !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") || strings.ContainsAny(next, "\\\r\n\t") {
		return "/flows"
	}
	return next
}
