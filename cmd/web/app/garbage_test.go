package app

import "testing"

func TestPace(t *testing.T) {
	for live, want := range map[uint64]int{0: 100, 1 << 20: 800, 8 << 20: 400, 16 << 20: 200, 32 << 20: 100, 1 << 30: 100} {
		if got := pace(live); got != want {
			t.Errorf("with %d MB alive: got %d %%, want %d", live>>20, got, want)
		}
	}
}
