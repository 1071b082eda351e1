package web

import (
	"bytes"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"
	"golang.org/x/net/html"
)

// A viewer reads everything and changes nothing. That is held in two places, neither of which knows the single page or route, so that a new one can't be
// forgotten: every request that is not a GET is refused but for a short list, and what a viewer can't use is cut out of every page as it leaves.

// role is what somebody who signed in may do.
type role string

const (
	operatorRole role = "operator" // everything
	viewerRole   role = "viewer"   // look
)

const roleKey = "segno.role"

// roleOf is the role of who sends a request: where nobody has to sign in everybody is an operator.
func roleOf(c echo.Context) role {
	if r, ok := c.Get(roleKey).(role); ok {
		return r
	}
	return operatorRole
}

// viewersMay are the requests, other than GET, that change nothing of anybody else's: by method and route.
var viewersMay = []string{
	"POST /logout",
	"POST /login",
	"POST /api/v1/check",    // reads a text and keeps nothing
	"POST /api/v1/complete", // the same
}

// editors are the pages that are there to change something. A viewer's way to them is cut, and the addresses refuse.
var editors = []string{"/flows/new", "/flows/:flow/start"}

// refuseViewer is the error of what a viewer may not do, nil if it may be done.
func refuseViewer(c echo.Context) error {
	if roleOf(c) != viewerRole {
		return nil
	}
	route := c.Request().Method + " " + c.Path()
	reads := c.Request().Method == http.MethodGet && !slices.Contains(editors, c.Path())
	if reads || slices.Contains(viewersMay, route) {
		return nil
	}
	return fail(CodeForbidden, "you are signed in to look, not to change anything; the operator's password is for that")
}

// forViewer cuts out of a page what a viewer can't use: forms that post, what opens only for one (class confirm), links to pages that change something, and
// whatever is marked data-edits. A form marked data-reads shows something as well: it stays, without its buttons. All else leaves byte for byte as it came.
func forViewer(page []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(page))
	z := html.NewTokenizer(bytes.NewReader(page))
	cut, depth := "", 0 // the element that is being cut, and how many of its name are open
	reading := false    // inside of a form that is only read
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			return out.Bytes()
		}
		raw := slices.Clone(z.Raw())
		t := z.Token()
		if cut != "" {
			switch {
			case t.Data != cut:
			case kind == html.StartTagToken:
				depth++
			case kind == html.EndTagToken:
				if depth--; depth == 0 {
					cut = ""
				}
			}
			continue
		}
		if kind == html.EndTagToken && t.Data == "form" {
			reading = false
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			out.Write(raw)
			continue
		}
		attr := attributes(t)
		form := t.Data == "form" && strings.EqualFold(attr["method"], http.MethodPost) && attr["action"] != "/logout"
		_, reads := attr["data-reads"]
		switch {
		case form && reads:
			reading = true
		case form || editing(t.Data, attr), reading && slices.Contains([]string{"button", "input", "select"}, t.Data):
			if kind == html.StartTagToken && t.Data != "input" {
				cut, depth = t.Data, 1
			}
			continue
		case reading && t.Data == "textarea":
			raw = append(bytes.TrimSuffix(raw, []byte(">")), " readonly>"...)
		case t.Data == "use" && strings.HasSuffix(attr["href"], "#pencil"):
			raw = bytes.ReplaceAll(raw, []byte("#pencil"), []byte("#eye"))
		}
		out.Write(raw)
	}
}

func attributes(t html.Token) map[string]string {
	all := make(map[string]string, len(t.Attr))
	for _, a := range t.Attr {
		all[a.Key] = a.Val
	}
	return all
}

// editing says that an element is there to change something.
func editing(tag string, attr map[string]string) bool {
	if _, marked := attr["data-edits"]; marked {
		return true
	}
	if slices.Contains(strings.Fields(attr["class"]), "confirm") {
		return true
	}
	if tag != "a" {
		return false
	}
	u, err := url.Parse(attr["href"])
	if err != nil {
		return false
	}
	parts := strings.Split(u.Path, "/")
	ofFlow := len(parts) == 4 && parts[1] == "flows"
	return u.Path == "/flows/new" || ofFlow && parts[3] == "start" || ofFlow && parts[3] == "tests" && u.Query().Has("new")
}
