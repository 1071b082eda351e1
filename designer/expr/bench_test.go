package expr

import "testing"

func BenchmarkCompilePath(b *testing.B) {
	for b.Loop() {
		Compile("steps.reserve_funds.output.hold", Options{})
	}
}

func BenchmarkCompileCEL(b *testing.B) {
	for b.Loop() {
		Compile("input.amount * 1.5 > 10000 && steps.a.output.ok", Options{})
	}
}

func BenchmarkEvalPath(b *testing.B) {
	p, _ := Compile("steps.a.output.hold", Options{})
	s := sample()
	for b.Loop() {
		if _, err := p.Eval(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEvalCEL(b *testing.B) {
	p, _ := Compile("input.n * 1.5 > 2 && steps.a.output.hold != ''", Options{})
	s := sample()
	for b.Loop() {
		if _, err := p.EvalBool(s); err != nil {
			b.Fatal(err)
		}
	}
}
