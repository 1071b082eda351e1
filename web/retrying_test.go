package web_test

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/designer/fault"
)

var away = &fault.Fault{Class: fault.Unavailable, Effect: fault.None, Message: "answered 503"}

// What waits for its next attempt says so first, and can be hurried or given up.
func TestRunNowAndStopRetrying(t *testing.T) {
	s := open(t)
	s.do("PUT", "/api/v1/functions/pay", echoFunction).want(201)
	s.do("POST", "/api/v1/flows/order/versions", strings.Replace(orderFlow, "with: {n: 1}\n", "with: {n: 1}\n    retry: {max_attempts: 4, backoff: 1h, on: [unavailable]}\n", 1)).want(201)
	id := s.start()
	at := "/api/v1/runs/" + id
	s.do("POST", at+"/steps/reserve/retry-now", "").want(409, "conflict", "does not wait for another attempt")
	s.engine.answer(id, "reserve", "", away)
	s.do("GET", "/runs/"+id+"?step=reserve", "").want(200).has("is retrying 2/4, next in 1 h", "Last error: answered 503", `id="action-retry-now"`, `id="action-stop-retrying"`, "attempt 2 of 4 comes at")
	s.do("POST", at+"/steps/nobody/retry-now", "").want(422, "invalid", "nobody")
	s.do("POST", at+"/steps/reserve/retry-now", `{"item": -1}`).want(422, "invalid", "items count from 0")
	s.do("POST", at+"/steps/reserve/retry-now", `{"item": 3}`).want(409, "conflict", "item 3")
	s.post("/runs/" + id + "/steps/reserve/retry-now").want(303)
	s.do("GET", at+"/events", "").want(200).has("reserve is tried again at once, as asked for")
	s.post("/runs/" + id + "/steps/reserve/retry-now").want(409)
	s.engine.answer(id, "reserve", "", away)
	s.do("POST", at+"/steps/reserve/stop-retrying", "").want(200).has(`"status":"failed"`)
	s.do("GET", "/runs/"+id, "").want(200).has("answered 503", "no further attempt", "stopped", `id="action-retry"`)
	s.post("/runs/" + id + "/steps/reserve/stop-retrying").want(409)
	s.do("GET", "/runs/"+id+"/steps/reserve/stop-retrying", "").want(303)
}
