package chaos

import (
	"fmt"
	"testing"

	"github.com/segno-run/segno/internal/servertest"
)

// relay is five steps, each of which is handed the answer of the one before. nap sleeps until its input says so, and then works.
const (
	relay = `name: relay
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  a: {call: books.work, with: {after: []}}
  b: {needs: [a], call: books.work, with: {after: ["${{ steps.a.output.call }}"]}}
  c: {needs: [b], call: books.work, with: {after: ["${{ steps.b.output.call }}"]}}
  d: {needs: [c], call: books.work, with: {after: ["${{ steps.c.output.call }}"]}}
  e: {needs: [d], call: books.work, with: {after: ["${{ steps.d.output.call }}"]}}
output: {n: "${{ input.n }}"}
`
	nap = `name: nap
input: {type: object, required: [n, until], properties: {n: {type: integer}, until: {type: string}}}
steps:
  sleep: {wait: {until: "${{ input.until }}"}}
  a: {needs: [sleep], call: books.work, with: {after: []}}
output: {n: "${{ input.n }}"}
`
	ask = `name: ask
input: {type: object, required: [n], properties: {n: {type: integer}}}
steps:
  a: {call: books.work, with: {after: []}}
  hear: {needs: [a], signal: {name: go_on, timeout: 1h}}
  b: {needs: [hear], call: books.work, with: {after: ["${{ steps.a.output.call }}"]}}
  part: {needs: [b], flow: relay, with: {n: "${{ input.n }}"}}
output: {n: "${{ input.n }}"}
`
	functions = `books.work:
  http: {url: "%s/work"}
  idempotent: true
  concurrency: 1000
  timeout: 10s
  input: {type: object, required: [after], properties: {after: {type: array, items: {type: integer}}}}
  output: {type: object, required: [call], properties: {call: {type: integer}}}
`
)

func writeProject(t testing.TB, b *servertest.Books) string {
	t.Helper()
	return servertest.Project(t, map[string]string{"functions.yaml": fmt.Sprintf(functions, b.URL),
		"flows/relay.yaml": relay, "flows/nap.yaml": nap, "flows/ask.yaml": ask})
}
