package web_test

import (
	"strings"
	"testing"
)

// TestFunctionChange: the page names the steps that use a function, and what a change breaks, and changes nothing.
func TestFunctionChange(t *testing.T) {
	s := open(t)
	s.order()
	before := string(s.do("GET", "/api/v1/functions/pay", "").want(200).body)
	s.do("GET", "/functions/pay", "").want(200).has("/flows/order/edit?step=reserve", "What would it break?", "1 live flow")
	s.post("/functions/pay/check", "spec", before).want(200).has("Nothing: every live flow")
	broken := strings.Replace(before, `"input":`, `"input":{"type":"object","required":["nobody"],"properties":{"nobody":{"type":"string"}},"additionalProperties":false},"was":`, 1)
	i := strings.Index(broken, `,"was":`)
	end := strings.Index(broken[i:], `,"output"`)
	if end < 0 {
		t.Fatalf("the function is not as this test wants it: %s", before)
	}
	s.post("/functions/pay/check", "spec", broken[:i]+broken[i+end:]).want(409).has("breaks the flow", "order v1, line ", "/flows/order/edit?step=")
	s.post("/functions/pay/check", "spec", "{").want(422).has("not JSON")
	s.post("/functions/pay/check", "spec", `{"http": {"url": "x"}}`).want(422)
	s.post("/functions/nobody/check", "spec", "{}").want(404)
	if after := string(s.do("GET", "/api/v1/functions/pay", "").want(200).body); after != before {
		t.Error("looking at a change has changed the function")
	}
}
