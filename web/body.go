package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

const (
	maxBody  = 1 << 20 // bytes of a request's body: the language's and the runtime's own bound on a text or a value
	maxDepth = 64      // levels of nesting of a JSON body

	// A client that is still sending when it is refused never reads the refusal: its connection is reset under it. So what it sends is thrown
	// away first, as far as these reach.
	drainBytes = 32 << 20
	drainTime  = 3 * time.Second

	// bodyTime is how long a client may take to send its body: anybody could hold connections for ever by sending none.
	bodyTime = 30 * time.Second
)

// limitBody bounds every body, in size and in time, before anything reads it.
func limitBody(within time.Duration) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error { return bounded(c, within, next) }
	}
}

func bounded(c echo.Context, within time.Duration, next echo.HandlerFunc) error {
	r := c.Request()
	if r.ContentLength > maxBody {
		drain(c)
		return fail(CodeTooLarge, "the body is larger than %d bytes", maxBody)
	}
	if r.Body != nil && r.Body != http.NoBody {
		timed := &timedBody{r.Body, http.NewResponseController(c.Response())}
		_ = timed.conn.SetReadDeadline(time.Now().Add(within)) // fails in tests alone, where there is no connection
		r.Body = http.MaxBytesReader(c.Response(), timed, maxBody)
	}
	return next(c)
}

// timedBody lifts the deadline when the body has come: from there on the connection is read only to notice that the client has gone. A body that
// nobody reads keeps it, for the server reads it after the answer.
type timedBody struct {
	io.ReadCloser
	conn *http.ResponseController
}

func (b *timedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.conn.SetReadDeadline(time.Time{})
	}
	return n, err
}

// drain throws the rest of a body away.
func drain(c echo.Context) {
	_ = http.NewResponseController(c.Response()).SetReadDeadline(time.Now().Add(drainTime))
	_, _ = io.CopyN(io.Discard, c.Request().Body, drainBytes)
}

// readBody reads the whole body.
func readBody(c echo.Context) ([]byte, error) {
	body, err := io.ReadAll(c.Request().Body)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return nil, fail(CodeTooLarge, "the body is larger than %d bytes", maxBody)
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return nil, fail(CodeBadRequest, "the body did not come in time").as(http.StatusRequestTimeout)
		}
		return nil, &Error{Code: CodeBadRequest, Message: "the body could not be read", cause: err}
	}
	return body, nil
}

// yamlTypes are the types under which YAML is sent.
var yamlTypes = []string{"application/yaml", "application/x-yaml", "text/yaml", "text/x-yaml"}

// readText reads a body of YAML. Its type may be missing, or what a command-line client puts there by itself.
func readText(c echo.Context) ([]byte, error) {
	if err := accept(c, yamlTypes...); err != nil {
		return nil, err
	}
	return readBody(c)
}

// readJSON reads a JSON body into v; an empty body leaves v alone. Unknown keys are refused: a misspelt option must not be dropped silently.
func readJSON(c echo.Context, v any) error {
	if err := accept(c, "application/json"); err != nil {
		return err
	}
	body, err := readBody(c)
	if err != nil {
		return err
	}
	if len(strings.TrimSpace(string(body))) == 0 {
		return nil
	}
	return decodeJSON(body, v)
}

// decodeJSON is readJSON for a text at hand.
func decodeJSON(body []byte, v any) error {
	if err := checkJSON(body); err != nil {
		return err
	}
	dec := json.NewDecoder(strings.NewReader(string(body)))
	dec.DisallowUnknownFields()
	err := dec.Decode(v)
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &wrong) && wrong.Field != "":
		return fail(CodeBadRequest, "the body does not have the expected shape: `%s` can't be a %s", clip(wrong.Field), wrong.Value)
	case errors.As(err, &wrong):
		return fail(CodeBadRequest, "the body does not have the expected shape: it must be an object, not %s", wrong.Value)
	case err != nil:
		return fail(CodeBadRequest, "the body does not have the expected shape: %s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// checkJSON refuses what is not one JSON value in UTF-8 of bounded depth. The depth is bounded before anything recursive sees the text.
func checkJSON(body []byte) error {
	if !utf8.Valid(body) {
		return fail(CodeBadRequest, "the body is not valid UTF-8")
	}
	if depth(body) > maxDepth {
		return fail(CodeBadRequest, "the JSON nests deeper than %d levels", maxDepth)
	}
	var syntax *json.SyntaxError
	var v json.RawMessage
	if err := json.Unmarshal(body, &v); errors.As(err, &syntax) {
		line, column := position(body, int(syntax.Offset))
		return fail(CodeBadRequest, "the body is not JSON: %s (line %d, column %d)", syntax.Error(), line, column)
	} else if err != nil {
		return fail(CodeBadRequest, "the body is not JSON: %v", err)
	}
	return nil
}

// depth is how deeply brackets nest outside strings, whether or not the text is JSON.
func depth(body []byte) int {
	deepest, now, inString := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case inString && c == '\\':
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '[' || c == '{':
			now++
			deepest = max(deepest, now)
		case c == ']' || c == '}':
			now--
		}
	}
	return deepest
}

// position turns an offset into line and column, both from 1.
func position(text []byte, offset int) (line, column int) {
	before := string(text[:min(max(offset-1, 0), len(text))])
	line = strings.Count(before, "\n") + 1
	return line, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:]) + 1
}

// accept refuses a body that says it is something else.
func accept(c echo.Context, kinds ...string) error {
	written := c.Request().Header.Get(echo.HeaderContentType)
	kind, _, err := mime.ParseMediaType(written)
	switch kind {
	case "", "text/plain", "application/octet-stream", echo.MIMEApplicationForm: // what curl sends when it is told nothing
		if written == "" || err == nil {
			return nil
		}
	}
	for _, k := range kinds {
		if kind == k {
			return nil
		}
	}
	return fail(CodeUnsupported, "a body of type %q is not taken here; send %s", clip(written), strings.Join(kinds[:1], ""))
}

// wants reports whether the client prefers that type, by the first of the two that its Accept names; a client that names neither wants otherwise.
func wants(c echo.Context, kind string) bool {
	return strings.Contains(c.Request().Header.Get(echo.HeaderAccept), kind)
}

// answerJSON writes v as JSON with a newline, so that it reads well in a terminal.
func answerJSON(c echo.Context, status int, v any) error {
	body, err := encodeJSON(v)
	if err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	return c.Blob(status, echo.MIMEApplicationJSON, body)
}

// encodeJSON writes v with a newline behind it, and leaves <, > and & as they are: values are passed on as they were recorded.
func encodeJSON(v any) ([]byte, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return out.Bytes(), err
}

// parseForm reads the form that a page posts. Later readers of single values have no way to say that it could not be read.
func parseForm(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		r := c.Request()
		if r.Method == http.MethodPost && isPage(c) {
			if err := r.ParseForm(); err != nil {
				var tooLarge *http.MaxBytesError
				if errors.As(err, &tooLarge) {
					return err
				}
				return fail(CodeBadRequest, "the form can't be read")
			}
			for _, values := range r.Form {
				for _, v := range values {
					if !utf8.ValidString(v) {
						return fail(CodeBadRequest, "the form is not valid UTF-8")
					}
				}
			}
		}
		return next(c)
	}
}
