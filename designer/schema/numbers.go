package schema

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// unsafeNumbers finds numbers that cannot be carried. They never reach the library, which computes with exact fractions and would build the
// 10^9 digits of 1e999999999.
func unsafeNumbers(v any, path string, found *[]Violation) {
	if len(*found) >= MaxViolations {
		return
	}
	switch v := v.(type) {
	case json.Number:
		if why := unsafeNumber(string(v)); why != "" {
			*found = append(*found, Violation{path, why})
		}
	case []any:
		for i, e := range v {
			switch e.(type) {
			case json.Number, []any, map[string]any:
				unsafeNumbers(e, path+"["+strconv.Itoa(i)+"]", found)
			}
		}
	case map[string]any:
		for k, e := range v {
			switch e.(type) {
			case json.Number, []any, map[string]any:
				unsafeNumbers(e, join(path, k), found)
			}
		}
	}
}

func unsafeNumber(text string) string {
	if !strings.ContainsAny(text, ".eE") {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n > 1<<53 || n < -(1<<53) {
			return "the integer " + clip(text) + " is beyond ±2^53, which JSON readers round; send it as a string"
		}
		return ""
	}
	if huge(text) {
		return "the number " + clip(text) + " is out of range"
	}
	return ""
}

// huge reports whether a number is beyond what a double holds, or so long that computing with it exactly is work.
func huge(text string) bool {
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(strings.TrimPrefix(text[i+1:], "+"))
		if err != nil || exponent < -400 || exponent > 400 {
			return true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	return err != nil || math.IsInf(f, 0) || len(text) > 1000
}

// hugeNumber finds such a number in a schema, where integers beyond ±2^53 are common bounds and harmless.
func hugeNumber(v any, path string) (where, text string) {
	switch v := v.(type) {
	case json.Number:
		if huge(string(v)) {
			return path, string(v)
		}
	case []any:
		for i, e := range v {
			if where, text := hugeNumber(e, path+"["+strconv.Itoa(i)+"]"); text != "" {
				return where, text
			}
		}
	case map[string]any:
		for _, k := range sortedNames(v) {
			if where, text := hugeNumber(v[k], join(path, k)); text != "" {
				return where, text
			}
		}
	}
	return "", ""
}
