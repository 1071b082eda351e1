package e2e

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// everySchema is a function whose input has every sort of schema.
const everySchema = `{"http": {"url": "http://127.0.0.1:9/pay"}, "idempotent": true, "input": {"type": "object", "required": ["amount", "method"],
	"properties": {
		"amount": {"type": "number", "description": "What is charged."},
		"currency": {"type": "string", "enum": ["EUR", "CHF"], "default": "EUR"},
		"method": {"oneOf": [
			{"type": "object", "title": "Card", "required": ["kind", "number"], "properties": {"kind": {"const": "card"}, "number": {"type": "string"}}},
			{"type": "object", "title": "Bank", "required": ["kind", "iban"], "properties": {"kind": {"const": "bank"}, "iban": {"type": "string"}}},
			{"type": "string", "title": "A token"}]},
		"lines": {"type": "array", "items": {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}, "n": {"type": "integer", "default": 1}}}},
		"address": {"type": "object", "properties": {"city": {"type": "string"}}},
		"extra": {"type": "object"},
		"tree": {"$ref": "#/$defs/tree"}},
	"$defs": {"tree": {"type": "object", "properties": {"name": {"type": "string"}, "left": {"$ref": "#/$defs/tree"}}}}}}`

const formsFlow = `name: forms
steps:
  pay:
    call: shop.pay
    with:
      amount: 3
      method: {kind: bank, iban: DE1} # how
      lines: # what
        - sku: cup # the first
          n: 1
        - {sku: pot}
      extra: {a: [1, 2]}
`

// TestFormsFromSchemas fills a form that has every sort of field: each shows what the schema says, each goes from a literal to an expression and back
// without losing either, and the text changes where it must.
func TestFormsFromSchemas(t *testing.T) {
	s := boot(t)
	s.api(t, http.MethodPut, "/functions/shop.pay", everySchema, nil)
	s.putDraft(t, "forms", formsFlow)
	b := open(t, 1440, 1000)
	b.goTo(s.url + "/flows/forms/edit?step=pay&run=none")
	b.await("the form", `document.body.dataset.canvas === "ready" && document.querySelector('[data-testid="field-with.amount"]')`)
	field := func(path string) string { return `[data-testid="field-with.` + path + `"]` }
	value := func(path, want string) {
		b.Helper()
		b.await(path+" is "+want, `document.querySelector('`+field(path)+`')?.value === `+quote(want))
	}
	toggle := func(path string) {
		b.Helper()
		b.click(`[data-testid="toggle-with.` + path + `"]`)
	}

	// Letters that are typed at a select within a second are one word, so not by the keyboard.
	alternative := func(name string) {
		b.Helper()
		b.await(name+" is chosen", `(() => { const e = document.querySelector('[data-testid="choice-with.method"]'); e.value = "`+name+`"; e.dispatchEvent(new Event("change", {bubbles: true})); return e.value === "`+name+`"; })()`)
		b.await("it is saved, with what is wrong with it", saved)
	}

	// Nothing is blank: required, description, default, enum, nested object, list, selector, YAML, a schema that refers to itself.
	b.sees(`[data-testid="inspector"]`, "What is charged.")
	b.await("required and default", `document.querySelector('`+field("amount")+`').required && document.querySelector('`+field("currency")+`').textContent.includes('default: "EUR"')`)
	value("address.city", "")
	value("lines[1].sku", "pot")
	value("method.iban", "DE1")
	value("extra", "a: [1, 2]")
	b.await("a group that refers to itself ends in a button", `document.querySelector('[data-testid="add-with.tree.left"]')`)

	// The selector keeps what was written in each alternative.
	alternative("Card")
	b.write(field("method.number"), "4242")
	b.press(kb.Enter)
	b.await("it is saved", saved)
	alternative("Bank")
	value("method.iban", "DE1")
	alternative("Card")
	value("method.number", "4242")

	// Literal and expression: a field, an object, a list, YAML.
	toggle("amount")
	b.write(field("amount"), "1 + 2")
	b.press(kb.Enter)
	b.await("it is saved", saved)
	toggle("amount")
	value("amount", "3")
	toggle("amount")
	value("amount", "1 + 2")
	toggle("method")
	b.write(field("method"), "{'kind': 'card', 'number': '1'}")
	b.press(kb.Enter)
	b.await("it is saved", saved)
	toggle("method")
	value("method.number", "4242")
	toggle("lines")
	b.await("a list as an expression", `document.querySelector('`+field("lines")+`')`)
	toggle("lines")
	value("lines[1].sku", "pot")
	toggle("extra")
	toggle("extra")
	value("extra", "a: [1, 2]")

	// A list: an element changes, one is added and one taken away; YAML that can't be read stays, with why.
	b.write(field("lines[1].n"), "7")
	b.press(kb.Enter)
	b.await("it is saved", saved)
	b.click(`[data-testid="add-with.lines"]`)
	b.write(field("lines[2].sku"), "jug")
	b.press(kb.Enter)
	b.await("it is saved", saved)
	b.click(`[data-testid="remove-with.lines[1]"]`)
	value("lines[1].sku", "jug")
	b.write(field("extra"), "a: [1")
	b.click(field("amount"))
	b.sees(`[data-testid="inspector"]`, "Not saved: the value of with.extra is not YAML")
	value("extra", "a: [1")
	b.write(field("extra"), "a: [9]")
	b.click(field("amount"))
	b.await("it is saved", saved+` && !document.querySelector('[data-testid="inspector"]').textContent.includes("Not saved")`)

	var now struct{ Source string }
	s.send(t, http.MethodGet, "/flows/forms/draft", "", &now)
	want := strings.NewReplacer("amount: 3", "amount: ${{ 1 + 2 }}", "{kind: bank, iban: DE1}", `{kind: card, number: "4242"}`, "- {sku: pot}", "- {sku: jug}", "{a: [1, 2]}", "{a: [9]}").Replace(formsFlow)
	if now.Source != want {
		t.Errorf("the draft is\n%s\nwant\n%s", now.Source, want)
	}
	b.clean()
}
