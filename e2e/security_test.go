package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestPagesKeepTheirPolicy opens every page, in both themes, and listens to the console.
func TestPagesKeepTheirPolicy(t *testing.T) {
	s := boot(t)
	b := open(t, 1280, 800)
	id := s.start(t, "order", fmt.Sprintf(order, 20, `, "fail": "ship"`))
	b.goTo(s.url + "/runs/" + id)
	b.await("the failure", `document.querySelector("#run-header[data-status=failed]")`)
	paths := []string{"/", "/flows", "/flows/order", "/flows/order/edit", "/flows/order/edit?step=ship", "/flows/order/versions", "/flows/order/versions?v=1",
		"/flows/order/diff?from=1&to=1", "/flows/order/start", "/flows/snapvault/start", "/runs", "/runs?status=failed&flow=order", "/functions", "/replicas", "/functions/payments.reserve",
		"/functions/mail.send", "/flows/order/tests", "/flows/order/tests?view=faults", "/flows/order/tests?view=file&new=1", "/login", "/nowhere", "/runs/nobody"}
	for _, tab := range []string{"", "&view=input", "&view=output", "&view=attempts", "&view=logs", "&view=error"} {
		paths = append(paths, "/runs/"+id+"?step=ship"+tab)
	}
	for _, theme := range []string{"light", "dark"} {
		b.await("the theme", fmt.Sprintf(`(localStorage.setItem("segno-theme", %q), true)`, theme))
		for _, path := range paths {
			b.goTo(s.url + path)
			b.await("a whole page at "+path, `document.querySelector("h1") && document.title`)
			b.await(path+" is "+theme, `document.documentElement.dataset.theme === `+quote(theme))
			if n, _ := ask[int](b, `document.querySelectorAll("script:not([src]):not([type='application/json'])").length`); n > 0 {
				t.Errorf("%s has %d inline scripts", path, n)
			}
		}
	}
	b.clean()
}

// TestForeignPages is a page of another origin that tries to reach a server on this machine: to listen to a run, and to press a button.
func TestForeignPages(t *testing.T) {
	s := boot(t)
	id := s.start(t, "order", fmt.Sprintf(order, 20000, ""))
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = fmt.Fprintf(w, `<h1>Kittens</h1><form method="post" action="%[1]s/runs/%[2]s/approvals/review"><input name="approved" value="true"><button>Look</button></form><script>
			let out = window.out = {};
			const ws = new WebSocket("%[3]s/runs/%[2]s/live?after=0");
			ws.onopen = () => out.socket = "open"; ws.onerror = () => out.socket ??= "refused";
			fetch("%[1]s/api/v1/runs/%[2]s/approvals/review", {method: "POST", mode: "no-cors", body: '{"approved": true}'}).then(() => out.blind = "sent", () => out.blind = "failed");
			fetch("%[1]s/api/v1/runs/%[2]s").then(() => out.read = "read", () => out.read = "refused");
		</script>`, s.url, id, strings.Replace(s.url, "http", "ws", 1))
	}))
	t.Cleanup(evil.Close)
	b := open(t, 1280, 800)
	b.goTo(evil.URL)
	b.await("its attempts", `out.socket && out.blind && out.read`)
	if socket, _ := ask[string](b, `out.socket`); socket != "refused" {
		t.Errorf("a foreign page's websocket is %s, want it refused", socket)
	}
	if read, _ := ask[string](b, `out.read`); read != "refused" {
		t.Errorf("a foreign page could read the run: %s", read)
	}
	b.click("button")
	b.await("the answer to its form", `location.origin === `+quote(s.url))
	b.sees("body", "another origin")
	until(t, said("the order waits for a person"), func() bool { return s.run(t, id).Status == "waiting" })
}
