package servertest

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestBooks(t *testing.T) {
	b := OpenBooks(t, 20*time.Millisecond)
	var calling sync.WaitGroup
	stop := make(chan struct{})
	for hand := range 8 {
		calling.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				req, _ := http.NewRequest("POST", b.URL+"/work", strings.NewReader(fmt.Sprintf(`{"after": [%d]}`, n)))
				req.Header.Set("Segno-Run", fmt.Sprint("run-", hand))
				req.Header.Set("Segno-Step", "a")
				res, err := Client.Do(req)
				if err != nil {
					t.Error(err)
					return
				}
				_ = res.Body.Close()
			}
		})
	}
	struck := 0
	for range 3 {
		got := b.Strike(3, rand.New(rand.NewPCG(1, 2)), func() { struck++ })
		if got < 3 || got > 8 {
			t.Errorf("struck with %d calls in flight, want 3 at least, of 8", got)
		}
	}
	close(stop)
	calling.Wait()
	all := 0
	for hand := range 8 {
		for n, c := range b.At(fmt.Sprint("run-", hand), "a") {
			all++
			if c.Path != "/work" || len(c.After) != 1 || c.After[0] != n {
				t.Errorf("call %d of hand %d is in the books as %+v", n, hand, c)
			}
		}
	}
	raw, err := os.ReadFile(b.file.Name())
	if onDisk := strings.Count(string(raw), "\n"); err != nil || struck != 3 || all != b.Count() || onDisk != all {
		t.Errorf("struck %d times; %d calls, %d of them found, %d on the disk: %v", struck, b.Count(), all, onDisk, err)
	}
}
