package main

import (
	"testing"
)

// TestFlowsOfFlows carries a folder whose flows run each other to a server.
func TestFlowsOfFlows(t *testing.T) {
	t.Parallel()
	s := shell{t, t.TempDir(), []string{"SEGNO_SERVER=" + boot(t, "")}}
	const pay = "name: pay\ninput: {type: object, required: [n], additionalProperties: false, properties: {n: {type: integer}}}\nsteps: {a: {set: {x: 1}}}\noutput: {paid: true}\n"
	s.write("p/flows/a_shop.yaml", "name: a_shop\nsteps:\n  p: {flow: pay, with: {n: 1}}\noutput: ${{ steps.p.output.paid }}\n")
	s.write("p/flows/pay.yaml", pay)
	s.run(fine, "segno validate p", "2 flows: no problems")
	s.run(fine, "segno validate p/flows/a_shop.yaml", "1 flow: no problems")
	s.run(fine, "segno render p/flows/a_shop.yaml --format mermaid", `p[["p<br/>pay"]]`)
	s.write("lone.yaml", "name: x\nsteps: {a: {flow: pay}}\n")
	s.run(notFine, "segno validate lone.yaml", "there is no flow `pay`")
	s.run(fine, "segno apply p", "published flow pay version 1\npublished flow a_shop version 1")
	s.run(fine, "segno diff --server p --exit-code", "nothing to change")

	// A parent that changes together with its child pins the new one; one that does not keeps the old one, and the plan says so.
	s.edit("p/flows/pay.yaml", "paid: true", "paid: false")
	s.run(fine, "segno diff --server p", "= flow a_shop stays and goes on to run pay version 1; the latest will be 2")
	s.edit("p/flows/a_shop.yaml", "{n: 1}", "{n: 2}")
	s.run(fine, "segno apply p", "published flow pay version 2\npublished flow a_shop version 2")
	s.run(fine, "segno diff a_shop@1 a_shop@2", "with.n: 1 → 2", "version: 1 → 2")
	s.edit("p/flows/pay.yaml", "paid: false", "paid: null")
	s.run(fine, "segno apply p", "published flow pay version 3", "a_shop stays and goes on to run pay version 2; the latest will be 3")

	// What breaks another flow of the folder is found before anything is changed; a flow of the server may be run, too.
	s.edit("p/flows/pay.yaml", "{paid: null}", "{payed: 1}")
	s.run(notFine, "segno apply p", "p/flows/a_shop.yaml:4:28: `steps.p.output` has no `paid`", "nothing was compared")
	s.write("q/flows/other.yaml", "name: other\nsteps:\n  a: {flow: pay, version: 2, with: {n: 1}}\n  b: {flow: order, with: {}}\n")
	s.run(notFine, "segno validate q", "there is no flow `pay`", "there is no flow `order`")
	s.run(notFine, "segno apply q", "q/flows/other.yaml:4:20: `order` requires `order_id`")
	s.edit("q/flows/other.yaml", "  b: {flow: order, with: {}}\n", "")
	s.run(fine, "segno apply q", "published flow other version 1")
	s.write("r/flows/b.yaml", "name: b\nsteps: {x: {flow: c}}\n")
	s.write("r/flows/c.yaml", "name: c\nsteps: {x: {flow: b}}\n")
	s.run(notFine, "segno validate r", "r/flows/b.yaml:2:19: the flow would run itself: b → c → b", "r/flows/c.yaml:2:19: the flow would run itself: c → b → c")
}
