package flow

import (
	"encoding/json"

	"github.com/segno-run/segno/designer/fault"
)

type shapes = map[string]any

// LanguageSchema is the JSON Schema (2020-12) of a flow's text, for editors to complete and check it. It says what the parser reads and no more: names
// that do not exist, types and ports are for check to find.
func LanguageSchema() []byte {
	kindOf := make([]any, len(kinds))
	for i, k := range kinds {
		kindOf[i] = shapes{"required": []string{string(k)}}
	}
	needs := shapes{}
	for key, of := range belongs {
		choice := make([]any, len(of))
		for i, k := range of {
			choice[i] = shapes{"required": []string{string(k)}}
		}
		needs[key] = shapes{"anyOf": choice}
	}
	step := closed(stepShapes())
	step["oneOf"], step["dependentSchemas"] = kindOf, needs
	root := closed(shapes{
		"name":       shapes{"$ref": "#/$defs/name", "description": "What the flow is called everywhere."},
		"title":      said("What people read instead of the name."),
		"notes":      said("For people. It means nothing, and is no part of the content hash."),
		"input":      shapes{"type": "object", "description": "JSON Schema of what a run is started with. Without it, anything."},
		"timeout":    durationOf("Of the whole run; without it, none. It is a failure of class timeout, and Retry gives the time anew."),
		"steps":      shapes{"type": "object", "description": "What is done, by name.", "minProperties": 1, "propertyNames": shapes{"$ref": "#/$defs/name"}, "additionalProperties": shapes{"$ref": "#/$defs/step"}},
		"output":     shapes{"description": "What the run gives: any value with ${{ }} in it."},
		"on_failure": shapes{"enum": []OnFailure{Pause, Compensate}, "default": Pause, "description": "What follows a failure that nothing handles."},
	}, "name", "steps")
	root["$schema"], root["title"] = "https://json-schema.org/draft/2020-12/schema", "A Segno flow"
	root["$defs"] = shapes{
		"name":       shapes{"type": "string", "pattern": namePattern.String(), "maxLength": maxName},
		"flow":       shapes{"type": "string", "pattern": namePattern.String(), "maxLength": maxName},
		"function":   shapes{"type": "string", "pattern": functionPattern.String(), "maxLength": maxName},
		"duration":   shapes{"type": "string", "pattern": `^([0-9]+d)?([0-9.]+(ns|us|µs|ms|s|m|h))*$`, "minLength": 2},
		"expression": shapes{"type": []string{"string", "boolean", "number"}},
		"edge":       shapes{"type": "string", "pattern": `^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?$`},
		"edges":      shapes{"type": "array", "items": shapes{"$ref": "#/$defs/edge"}},
		"with":       shapes{"type": "object", "description": "The input of the function or flow."},
		"retry":      closed(retryShapes()),
		"step":       step,
	}
	raw, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // it holds texts, numbers and lists alone
	}
	return append(raw, '\n')
}

func stepShapes() shapes {
	compensate := closed(shapes{"after": shapes{"enum": []After{AfterSuccess, AfterAttempt}, "default": AfterSuccess,
		"description": "What is undone: what completed; or also an attempt of which nobody knows whether it happened."}, "call": shapes{"$ref": "#/$defs/function"}, "with": shapes{"$ref": "#/$defs/with"},
		"timeout": durationOf("Of one attempt; default: the function's."), "retry": shapes{"$ref": "#/$defs/retry", "description": "Which failures are tried again, and how often; default: the function's."}}, "call")
	compensate["description"] = "How to undo what the step did."
	until := closed(shapes{"condition": condition("True: the step completes with the output of this iteration."),
		"every": durationOf("Between the end of an iteration and the next; default " + FormatDuration(DefaultEvery) + "."),
		"max":   shapes{"type": "integer", "minimum": 1, "maximum": MostMax, "default": DefaultMax, "description": "Iterations after which the step fails with class timeout."}}, "condition")
	until["description"] = "Calls the function, or runs the flow, again and again until a condition is true."
	return shapes{
		"title": said("What people read instead of the name."),
		"notes": said("For people. It means nothing, and is no part of the content hash."),
		"needs": shapes{"description": "The edges into the step, as `step` or `step.port`: a list means all of them; {any: […]} one.", "anyOf": []any{
			shapes{"$ref": "#/$defs/edge"}, shapes{"$ref": "#/$defs/edges"}, closed(shapes{"any": shapes{"$ref": "#/$defs/edges", "minItems": 1}}, "any")}},
		"if":           condition("The step is skipped if it is false."),
		"for_each":     condition("A list: the step calls its function or runs its flow once for each item, which is called item there, and its place index."),
		"max_parallel": shapes{"type": "integer", "minimum": 1, "maximum": 10000, "default": DefaultMaxParallel, "description": "How many items are under way at once."},
		"tolerated_failures": shapes{"description": "How many items may fail without failing the step, as a number or a percentage; their outputs are null.", "anyOf": []any{
			shapes{"type": "integer", "minimum": 0, "maximum": 1_000_000}, shapes{"type": "string", "pattern": "^[0-9.]+%$"}}},
		"call":       shapes{"$ref": "#/$defs/function", "description": "Calls a function."},
		"flow":       shapes{"$ref": "#/$defs/flow", "description": "Runs another flow, as a run of its own."},
		"version":    shapes{"type": "integer", "minimum": 1, "description": "Of that flow; without it, the latest when this flow is published."},
		"with":       shapes{"$ref": "#/$defs/with"},
		"timeout":    durationOf("Of one attempt; default: the function's, which is " + FormatDuration(DefaultTimeout) + "."),
		"deadline":   durationOf("Of the step with all its attempts, items and iterations; without it, none."),
		"retry":      shapes{"$ref": "#/$defs/retry", "description": "Which failures are tried again, and how often; default: the function's."},
		"until":      until,
		"compensate": compensate,
		"switch": shapes{"type": "object", "minProperties": 1, "propertyNames": shapes{"$ref": "#/$defs/name"}, "additionalProperties": shapes{"$ref": "#/$defs/expression"},
			"description": "Takes the first branch whose condition is true; one must be sure to be: true, or conditions that cover every case."},
		"set": shapes{"type": "object", "description": "Makes a value."},
		"wait": shapes{"description": "Waits for a time, or until one.", "anyOf": []any{
			shapes{"$ref": "#/$defs/duration"}, closed(shapes{"until": said("An RFC 3339 time.")}, "until")}},
		"signal": about("Waits for a message from outside.", closed(shapes{"name": shapes{"$ref": "#/$defs/name"}, "timeout": durationOf("Without it, the step waits for ever."),
			"schema": shapes{"type": "object", "description": "JSON Schema of what is sent. Without it, anything."}}, "name")),
		"approval": about("Asks a person.", closed(shapes{"title": said("The question."), "timeout": durationOf("Without it, the step waits for ever.")}, "title")),
		"fail":     about("Ends this way with a failure.", closed(shapes{"message": said("Why.")}, "message")),
	}
}

func retryShapes() shapes {
	return shapes{
		"max_attempts": shapes{"type": "integer", "minimum": 1, "maximum": 1000, "default": 3, "description": "How many attempts there are in all."},
		"backoff":      durationOf("Before the second attempt; default 1s."),
		"factor":       shapes{"type": "number", "minimum": 1, "maximum": 100, "default": 2, "description": "What each pause is multiplied by."},
		"max_backoff":  durationOf("The longest pause; default 5m."),
		"on":           shapes{"type": "array", "minItems": 1, "items": shapes{"enum": fault.Classes()}, "description": "The error classes that are tried again; default: every one that is safe."},
	}
}

// about gives a shape its one line.
func about(what string, s shapes) shapes {
	s["description"] = what
	return s
}

// closed is a closed object.
func closed(properties shapes, required ...string) shapes {
	out := shapes{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func said(what string) shapes { return shapes{"type": "string", "description": what} }

func durationOf(what string) shapes { return shapes{"$ref": "#/$defs/duration", "description": what} }

func condition(what string) shapes {
	return shapes{"$ref": "#/$defs/expression", "description": what}
}
