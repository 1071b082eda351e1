package templates

import (
	"regexp"
	"strings"
)

// Commands of empty states work pasted, on any machine that reaches this server: they name its address and need nothing but a shell and curl. A test pastes
// every one of them.

// plainBase is an address that can stand in a shell's line as it is: a Host header may hold more.
var plainBase = regexp.MustCompile(`^https?://[A-Za-z0-9.\-:\[\]]+$`)

// call is a request of the API for a shell; "" if this server's address is not known. body is sent as it is, "@-" sends what another command prints. A body has
// the type that its address wants, so nothing says one.
func (c Chrome) call(method, path, body string) string {
	if !plainBase.MatchString(c.Base) {
		return ""
	}
	words := []string{"curl"}
	if c.Token {
		words = append(words, `-H "Authorization: Bearer $SEGNO_TOKEN"`)
	}
	if method != "GET" && (method != "POST" || body == "") {
		words = append(words, "-X "+method)
	}
	if body == "@-" {
		words = append(words, "--data-binary @-")
	} else if body != "" {
		words = append(words, "-d "+quoted(body))
	}
	return strings.Join(append(words, quoted(c.Base+"/api/v1"+path)), " ")
}

// quoted is a word of a shell.
func quoted(s string) string {
	if regexp.MustCompile(`^[\w@%+=:,./-]+$`).MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// piped joins two commands; "" if there are none.
func piped(one, other string) string {
	if one == "" || other == "" {
		return ""
	}
	return one + " | " + other
}

// flowCommand publishes a first flow, made of a template.
func (c Chrome) flowCommand() string {
	return piped(c.call("GET", "/templates/sequence?flow=hello", ""), c.call("POST", "/flows/hello/versions", "@-"))
}

// publishCommand publishes the draft of a flow.
func (c Chrome) publishCommand(flow string) string {
	return c.call("POST", "/flows/"+flow+"/versions", "")
}

// startCommand starts a run with an input, JSON.
func (c Chrome) startCommand(flow, input string) string {
	if flow == "" {
		return ""
	}
	return c.call("POST", "/flows/"+flow+"/runs", `{"input": `+input+`}`)
}

// runsCommand lists the runs that a filter, a query, leaves.
func (c Chrome) runsCommand(query string) string {
	if query == "" {
		return c.call("GET", "/runs", "")
	}
	return c.call("GET", "/runs?"+query, "")
}

// functionCommand registers a function of the sample, whose handler every server carries.
func (c Chrome) functionCommand() string {
	return c.call("PUT", "/functions/shipping.book", `{"process": {"command": ["segno:shipping.book"]}, "idempotent": true}`)
}

// testCommand keeps the first scenario of a flow.
func (c Chrome) testCommand(flow string) string {
	return piped(c.call("GET", "/flows/"+flow+"/tests/first", ""), c.call("PUT", "/flows/"+flow+"/tests/"+flow+".yaml", "@-"))
}
