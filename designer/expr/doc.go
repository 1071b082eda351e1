// Package expr owns the expressions of a flow: CEL inside `${{ }}`, the templates that hold them, the JSON values they read and write, their
// limits, and the list of paths that a program reads.
//
// It knows no flow, no step and no run: what a name stands for comes in through a Scope. It imports nothing else of Segno.
//
// The dialect is CEL with optional types, the strings, math, lists, sets, encoders, bindings and two-variable comprehension libraries, and three
// changes that make JSON data behave as people expect:
//
//   - numbers compare and calculate across int and double (`input.n * 1.5` where n is 2);
//   - maps are visited in key order, so an expression gives the same list on every machine and every replay;
//   - integers beyond ±2^53 are refused with class "contract" instead of being rounded.
//
// As in CEL, `/` between two integers truncates (`7 / 2` is 3); write `7 / 2.0` or `double(x) / y` for a fraction.
package expr
