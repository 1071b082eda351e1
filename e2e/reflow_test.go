package e2e

import (
	"testing"

	"github.com/chromedp/chromedp"
)

// reflows fails if the open page, whatever it shows, scrolls sideways at 320 pixels, which is 400 % of a window of 1280, or cuts words off when its text is
// twice as large.
func (b *tab) reflows(name string) {
	b.Helper()
	b.do("320 pixels", chromedp.EmulateViewport(320, 640))
	type width struct {
		Page, Window float64
		Widest       string
	}
	w, _ := ask[width](b, `(() => {
		const root = document.documentElement;
		const out = [...document.querySelectorAll("body *")].filter((e) => e.getBoundingClientRect().right > root.clientWidth + 1);
		return {Page: root.scrollWidth, Window: root.clientWidth, Widest: out.slice(0, 6).map((e) => e.tagName + "." + e.getAttribute("class")).join(" ")};
	})()`)
	if w.Page > w.Window {
		b.Errorf("%s is %.0f pixels wide in a window of %.0f; %s sticks out", name, w.Page, w.Window, w.Widest)
	}
	b.do("twice the text", chromedp.EmulateViewport(1280, 800))
	b.await("twice the text", `(document.documentElement.style.fontSize = "200%", true)`)
	cut, _ := ask[[]string](b, cutWords)
	for i, what := range cut {
		if i == 8 {
			b.Errorf("%s: and %d more", name, len(cut)-i)
			break
		}
		b.Errorf("%s, text twice as large: %s", name, what)
	}
	b.await("the text as it was", `(document.documentElement.style.fontSize = "", true)`)
}

// cutWords lists the texts of which a part can't be seen: beyond an ancestor that hides what overflows, other than by an ellipsis in one line, or beyond the
// window to the right of a page that does not scroll there.
const cutWords = `(() => {
	const out = [], range = document.createRange(), walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let n = walk.nextNode(); n; n = walk.nextNode()) {
		const e = n.parentElement;
		if (!n.data.trim() || !e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) || e.closest(".visually-hidden, svg, option, script, style, .cm-editor")) continue;
		range.selectNodeContents(n);
		const r = range.getBoundingClientRect();
		if (!r.width || !r.height) continue;
		for (let a = e; a && a !== document.documentElement; a = a.parentElement) {
			const s = getComputedStyle(a), box = a.getBoundingClientRect();
			if (s.display === "inline" || s.display === "contents") continue;
			if (s.webkitLineClamp !== "none") break; // an ellipsis after so many lines
			if (s.clipPath !== "none" || a.matches(".react-flow")) break; // what is drawn further out is panned to
			const x = /hidden|clip/.test(s.overflowX), y = /hidden|clip/.test(s.overflowY);
			if (/auto|scroll/.test(s.overflowX + s.overflowY)) break;
			const word = n.data.trim().slice(0, 30) + " in " + a.tagName + "." + (a.getAttribute("class") ?? "");
			if (y && (r.bottom > box.bottom + 3 || r.top < box.top - 3) && r.bottom > box.top && r.top < box.bottom) { out.push("cut off below or above: " + word); break; }
			if (x && r.right > box.right + 2 && s.textOverflow === "ellipsis") break; // those further out hide nothing more
			if (x && r.right > box.right + 2 && r.left < box.right) { out.push("cut off at the side: " + word); break; }
			if (s.position === "fixed") break;
		}
	}
	return out;
})()`

// TestReflowIsSharp plants what reflows is to find.
func TestReflowIsSharp(t *testing.T) {
	s := boot(t)
	b := open(t, 1280, 800)
	b.goTo(s.url + "/flows")
	b.await("the plants", `(() => {
		const wide = document.createElement("p"), low = document.createElement("p");
		wide.textContent = "wide"; wide.style.width = "400px";
		low.textContent = "cut off"; low.style.cssText = "height: 20px; overflow: hidden";
		document.querySelector("main").append(wide, low);
		return true;
	})()`)
	found := &counting{TB: t}
	b.TB = found
	b.reflows("flows")
	if found.n != 2 {
		t.Errorf("%d of 2 planted faults are found", found.n)
	}
	b.TB = t
}

// counting is a test that counts its errors in place of failing.
type counting struct {
	testing.TB
	n int
}

func (c *counting) Errorf(format string, args ...any) {
	c.n++
	c.Logf("as planted: "+format, args...)
}
