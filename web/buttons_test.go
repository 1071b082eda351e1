package web_test

import (
	"strings"
	"testing"
)

const signalFlow = `name: parcel
steps:
  collected: {signal: {name: collected, schema: {type: object, required: [by], properties: {by: {type: string}}}}}
output: {by: "${{ steps.collected.output.by }}"}
`

func TestSignals(t *testing.T) {
	s := open(t)
	s.do("POST", "/api/v1/flows/parcel/versions", signalFlow, "Content-Type", "application/yaml").want(201)
	var got struct{ ID string }
	s.do("POST", "/api/v1/flows/parcel/runs", `{}`).want(201).into(&got)
	at := "/api/v1/runs/" + got.ID
	s.do("GET", at, "").want(200).has(`"status":"waiting"`, "waits for the signal `collected`: POST "+at+"/signals/collected")
	s.do("POST", at+"/signals/nothing", `{}`).want(422, "invalid", "nothing")
	s.do("POST", at+"/signals/collected", `{"by": 7}`).want(422, "invalid", "by")
	s.do("POST", at+"/signals/collected", `{"by"`).want(400, "bad_request")
	s.do("POST", at+"/signals/collected", strings.Repeat("[", 80)+strings.Repeat("]", 80)).want(400, "bad_request", "64 levels")
	s.do("POST", "/api/v1/runs/nobody/signals/collected", `{}`).want(404)
	s.do("POST", at+"/signals/collected", `{"by": "van 7"}`, "Idempotency-Key", "v").want(200).has(`"status":"succeeded"`)
	s.do("POST", at+"/signals/collected", `{"by": "van 7"}`, "Idempotency-Key", "v").want(200)
	s.do("POST", at+"/signals/collected", `{"by": "van 8"}`, "Idempotency-Key", "v").want(409, "conflict", "this Idempotency-Key has been used with another request")
	s.do("POST", at+"/signals/collected", `{"by": "van 8"}`).want(409, "conflict")
	s.do("GET", at, "").want(200).has(`"output":{"by":"van 7"}`)
	s.do("GET", at+"/events", "").want(200).has("collected took the signal collected")
}

func TestLanguageSchema(t *testing.T) {
	s := open(t)
	s.do("GET", "/api/v1/language.schema.json", "").want(200).has("https://json-schema.org/draft/2020-12/schema", `"signal"`)
}

func TestPauseAndResume(t *testing.T) {
	s := open(t)
	s.do("POST", "/api/v1/flows/parcel/versions", strings.Replace(signalFlow, "output:", "  after: {needs: [collected], set: {v: 1}}\noutput:", 1), "Content-Type", "application/yaml").want(201)
	var got struct{ ID string }
	s.do("POST", "/api/v1/flows/parcel/runs", `{}`).want(201).into(&got)
	at := "/api/v1/runs/" + got.ID
	s.do("POST", at+"/resume", "").want(409, "conflict")
	s.do("GET", "/runs/"+got.ID, "").want(200).has(`id="action-pause"`)
	s.do("POST", at+"/pause", "").want(200).has(`"status":"paused"`)
	s.do("POST", at+"/pause", "").want(409, "conflict")
	s.do("GET", "/api/v1/runs?status=paused", "").want(200).has(got.ID)
	s.do("POST", at+"/signals/collected", `{"by": "van 7"}`).want(200).has(`"status":"paused"`)
	s.do("GET", at, "").want(200).has(`"actions":["resume","cancel"]`, "held by the pause: it starts on Resume")
	s.do("GET", "/runs/"+got.ID, "").want(200).has(`id="action-resume"`)
	s.post("/runs/" + got.ID + "/resume").want(303)
	s.do("GET", at, "").want(200).has(`"status":"succeeded"`)
}
