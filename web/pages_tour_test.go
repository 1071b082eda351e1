package web_test

import (
	"strings"
	"testing"

	"github.com/segno-run/segno/web"
)

func tourConfig(c *web.Config) {
	c.Tour = "/flows/order/start?fail=ship"
	c.Plug = web.Plug{Kill: "kill -9 4711", Again: "go run ./cmd/web"}
}

func TestTheTourNeedsItsFlow(t *testing.T) {
	s := open(t, tourConfig)
	if page := string(s.do("GET", "/flows", "").want(200).body); strings.Contains(page, "Break it") {
		t.Error("a server without the flow offers the tour")
	}
	s.order()
	s.do("GET", "/flows", "").want(200).has("Break it", "/flows/order/start?fail=ship")
}

func TestARunOfTheTourSaysHowToKillTheServer(t *testing.T) {
	s := open(t, tourConfig)
	s.order()
	id := s.start()
	s.do("GET", "/runs/"+id, "").want(200).has("kill -9 4711", "go run ./cmd/web")
	if page := string(s.do("GET", "/runs/"+id+"?step=reserve", "").want(200).body); strings.Contains(page, "kill -9") {
		t.Error("it stands in the way of a selected step")
	}

	s = open(t)
	s.order()
	if page := string(s.do("GET", "/runs/"+s.start(), "").want(200).body); strings.Contains(page, "kill -9") {
		t.Error("a server without a tour says its process's number")
	}
}

func TestAFormIsPrefilledFromItsAddress(t *testing.T) {
	s := open(t)
	s.order()
	s.do("GET", "/flows/order/start?amount=77&nobody=1", "").want(200).has(`value="77"`)
}

func TestConnectYourFunction(t *testing.T) {
	s := open(t)
	s.do("GET", "/functions?connect=http", "").want(200).has(`id="connect" open`, "go run hello.go", "curl -X PUT http://", "&#34;http&#34;: {&#34;url&#34;: &#34;http://127.0.0.1:9000&#34;}")
	s.do("GET", "/functions?connect=lambda", "").want(200).has("lambda.Start", "&#34;process&#34;: {&#34;command&#34;: [&#34;/tmp/hello&#34;]}")
	if page := string(s.do("GET", "/functions", "").want(200).body); strings.Contains(page, `id="connect" open`) {
		t.Error("it is open unasked")
	}
}
