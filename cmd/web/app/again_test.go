package app

import "testing"

func TestAgain(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"/tmp/go-build12/b001/exe/web"}, "go run ./cmd/web"},
		{[]string{"/tmp/go-build12/b001/exe/web", "--addr", "127.0.0.1:0", "--data", "/my data"}, "go run ./cmd/web --addr 127.0.0.1:8080 --data '/my data'"},
		{[]string{"./segno-web", "-addr=127.0.0.1:0", "--project", "it's"}, `./segno-web --addr 127.0.0.1:8080 --project 'it'\''s'`},
		{nil, ""},
	} {
		if got := again(c.args, "127.0.0.1:8080"); got != c.want {
			t.Errorf("again(%q) is %s, want %s", c.args, got, c.want)
		}
	}
	if got := again([]string{"web"}, "127.0.0.1:4711"); got != "web --addr 127.0.0.1:4711" {
		t.Errorf("without a flag it is %s", got)
	}
}
