package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestWhatAUserGets is the first half hour with Segno, in one go: draw, publish, run, watch it fail, retry, compensate, pull the plug.
func TestWhatAUserGets(t *testing.T) {
	s := launch(t, "400ms") // at a pace at which a person can watch
	b := open(t, 1280, 800)

	b.goTo(s.url)
	b.sees("h1", "Flows")
	b.click(`.flow-actions a[href="/flows/order/edit"]`)
	b.await("the canvas", `document.body.dataset.canvas === "ready"`)
	draw(b)
	publish(b)

	id := startFailing(b)
	watchItFail(b)
	retry(b, s.site, id)

	b.goTo(s.url + "/flows/order/start")
	startFailing(b)
	b.await("the run fails", `document.querySelector("#run-header[data-status=failed]")`)
	compensate(b)

	b.goTo(s.url + "/flows/order/start")
	pullThePlug(b, s)
	b.clean()
}

// draw adds two steps to Order: a mail that is dragged in and wired by dragging, and a wait that is dragged in and wired by two clicks.
func draw(b *tab) {
	b.Helper()
	x, y := freeSpot(b)
	b.drag(`[data-testid="palette-fn-mail.send"]`, x, y)
	b.await("the new step", `document.querySelector('[data-testid="node-send"]')`)
	mail := node(b, "mail.send")
	x, y = b.find(fmt.Sprintf(`[data-testid="node-%s"] .sg-node-title`, mail)).middle()
	b.drag(`[data-testid="port-ship-done"]`, x, y)
	edge(b, "ship", mail)

	b.click(fmt.Sprintf(`[data-testid="node-%s"] .sg-node-title`, mail))
	b.write(`[data-testid="field-with.to"]`, "ada@example.org")
	b.write(`[data-testid="field-with.subject"]`, "Your order is on its way")

	x, y = freeSpot(b)
	b.drag(`[data-testid="palette-wait"]`, x, y)
	b.await("the wait", `document.querySelector('[data-testid="node-wait"]')`)
	b.click(`[aria-label="Fit all steps"]`) // the wait is above all that is in sight, and what one works on stays where it is
	b.await("both ends in sight", `document.querySelector('[data-testid="node-wait"]').getBoundingClientRect().top > 80`)
	b.click(fmt.Sprintf(`[data-testid="port-%s-done"]`, mail))
	b.sees(`[data-testid="wiring"]`, mail)
	b.click(`[data-testid="node-wait"]`)
	edge(b, mail, "wait")
	b.click(`[data-testid="node-wait"]`)
	b.write(`[data-testid="field-wait"]`, "200ms")

	b.await("the draft is saved", `document.querySelector('[data-testid="save-state"]').dataset.state === "saved"`)
	b.sees(`[data-testid="save-state"]`, "Saved")
	b.await("no problems", `document.querySelector('[data-testid="problems-count"]').hidden || document.querySelector('[data-testid="problems-count"]').dataset.tone !== "fail"`)
	b.click(`[data-testid="yaml-toggle"]`)
	for _, line := range []string{"call: mail.send", "to: ada@example.org", "needs: [" + mail + "]", "# stop, keep everything"} {
		b.sees(`[data-testid="yaml-panel"]`, line)
	}
	b.click(`[data-testid="yaml-toggle"]`)
}

// freeSpot is a place on the graph with no step near it.
func freeSpot(b *tab) (x, y float64) {
	b.Helper()
	const look = `(() => {
		const g = document.querySelector('[data-testid="graph"]').getBoundingClientRect();
		for (const [px, py] of [[.85, .5], [.15, .5], [.85, .8], [.15, .8], [.85, .2], [.15, .2]]) {
			const x = g.x + g.width * px, y = g.y + g.height * py;
			if (document.elementFromPoint(x, y)?.closest('.react-flow__pane')) return {X: x, Y: y};
		}
		return null;
	})()`
	spot, ok := ask[*place](b, look)
	if !ok || spot == nil {
		b.Fatal("the graph has no free spot")
	}
	return spot.X, spot.Y
}

// node is the name of the step that calls a function.
func node(b *tab, function string) string {
	b.Helper()
	name, _ := ask[string](b, fmt.Sprintf(`[...document.querySelectorAll('.sg-node')].find(n => n.textContent.includes(%s))?.dataset.testid.slice(5) ?? ""`, quote(function)))
	if name == "" {
		b.Fatalf("no step calls %s", function)
	}
	return name
}

func edge(b *tab, from, to string) {
	b.Helper()
	b.await(fmt.Sprintf("an edge from %s to %s", from, to), fmt.Sprintf(`document.querySelector('[data-testid="edge-%s.done>%s"]')`, from, to))
}

func publish(b *tab) {
	b.Helper()
	b.click(`[data-testid="publish-open"]`)
	b.write(`[data-testid="publish-message"]`, "Tell the customer")
	b.click(`[data-testid="publish-confirm"]`)
	b.sees(`[data-testid="published"]`, "Version 2 published")
	b.click(`[data-testid="published-start"]`)
}

// startFailing fills the generated form, which the sample has filled but for the step that is to fail, and returns the run.
func startFailing(b *tab) (id string) {
	b.Helper()
	b.await("the form", `document.querySelector("#start-form")?.elements.amount?.value === "129.5"`)
	b.choose(`select[name="fail"]`, "ship")
	b.click(`#start-form button.primary`)
	b.await("the run's page", `document.body.dataset.page === "run" && document.body.dataset.live === "open"`)
	id, _ = ask[string](b, `document.body.dataset.run`)
	return id
}

// watchItFail sees the graph change, step by step, on a page that is never loaded again.
func watchItFail(b *tab) {
	b.Helper()
	b.await("the page is watched", `(() => {
		window.seen = [];
		const note = () => document.querySelectorAll('.sg-node').forEach(n => {
			const now = n.dataset.testid.slice(5) + ' ' + n.dataset.status;
			if (!seen.includes(now)) seen.push(now);
		});
		note();
		new MutationObserver(note).observe(document.getElementById('run-graph'), {subtree: true, childList: true, attributes: true, attributeFilter: ['data-status']});
		return true;
	})()`)
	b.await("the run fails", `document.querySelector("#run-header[data-status=failed]")`)
	seen, ok := ask[[]string](b, "window.seen")
	if !ok {
		b.Fatal("the page was loaded again while the run went on")
	}
	for _, want := range []string{"stock running", "stock succeeded", "ship running", "ship failed"} {
		if !slices.Contains(seen, want) {
			b.Errorf("the graph never showed %q; it showed %q", want, seen)
		}
	}
	b.sees("#run-header h1", "Failed")
	b.sees("#run-header .verdict-sentence", "ship")
	b.sees("#run-header", "first call")
	b.sees("#run-header .evidence", "rejected")
	b.sees(`#run-steps [data-step="ship"]`, "failed")
	b.sees(`#run-steps [data-step="reserve_funds"]`, "succeeded")
}

// retry goes on from the failed step.
func retry(b *tab, s site, id string) {
	b.Helper()
	before := s.run(b, id)
	b.click("#action-retry")
	b.await("the run succeeds", `document.querySelector("#run-header[data-status=succeeded]")`)
	b.sees(`#run-steps [data-step="wait"]`, "succeeded")
	after := s.run(b, id)
	for i, st := range before.Steps {
		if st.Status == "succeeded" && (len(st.Attempts) != len(after.Steps[i].Attempts) || fmt.Sprintf("%s", st.Attempts) != fmt.Sprintf("%s", after.Steps[i].Attempts)) {
			b.Errorf("%s had succeeded before Retry, and its attempts changed from %s to %s", st.ID, st.Attempts, after.Steps[i].Attempts)
		}
	}
	if got := b.text(`#run-steps [data-step="reserve_funds"] .attempts`); !strings.HasPrefix(got, "1") {
		b.Errorf("the page says %q attempts of reserve_funds, want 1", got)
	}
	if got := b.text(`#run-steps [data-step="ship"] .attempts`); !strings.HasPrefix(got, "2") {
		b.Errorf("the page says %q attempts of ship, want 2", got)
	}
	b.click(`#run-steps [data-step="ship"] a.row-link`)
	b.await("the address names the step", `new URLSearchParams(location.search).get("step") === "ship"`)
	b.sees("#run-inspector", "ship")
}

// compensate shows what it will undo, in which order, and then the way back.
func compensate(b *tab) {
	b.Helper()
	b.click("#confirm-compensate > summary")
	b.sees("#confirm-compensate .plan li:nth-child(1)", "stock ×3 inventory.put_back")
	b.sees("#confirm-compensate .plan li:nth-child(2)", "reserve_funds payments.release")
	b.click("#action-compensate")
	b.await("the run is compensated", `document.querySelector("#run-header[data-status=compensated]")`)
	for _, step := range []string{"stock", "reserve_funds"} {
		b.sees(fmt.Sprintf(`#run-steps [data-step="%s"] .status-text`, step), "compensated")
		b.await(step+" is compensated on the graph", fmt.Sprintf(`document.querySelector('[data-testid="node-%s"][data-status=compensated]')`, step))
	}
}

// pullThePlug kills the server in the middle of a run that is being watched, and starts it again. The page mends itself, and the run finishes.
func pullThePlug(b *tab, s *program) {
	b.Helper()
	b.await("the form", `document.querySelector("#start-form")`)
	b.click(`#start-form button.primary`)
	b.await("a step runs", `document.querySelector('#run-steps [data-step="stock"][data-status=running]')`)
	b.await("the page is marked", `window.unbroken = true`)
	s.Kill(b)
	b.sees("#live-state", "Live paused")
	b.await("two seconds without a server", `/[2-9] s behind/.test(document.querySelector("#live-state").textContent)`)
	s.startAgain(b)
	b.sees("#run-log", "Nothing was repeated")
	b.await("the run finishes", `document.querySelector("#run-header[data-status=succeeded]")`)
	b.await("the page is the same one", `window.unbroken`)
	b.await("it says where it stands", `document.querySelector("#live-state").dataset.state`)
}
