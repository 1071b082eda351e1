package netguard_test

import (
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/segno-run/segno/runtime/invoke/netguard"
)

func TestPolicyCheck(t *testing.T) {
	const (
		public   = "public"
		loopback = "loopback"
		private  = "private"
		never    = "never"
	)
	cases := []struct{ addr, want string }{
		{"8.8.8.8", public},
		{"2606:4700::1111", public},
		{"168.63.129.15", public},
		{"127.0.0.1", loopback},
		{"127.255.255.254", loopback},
		{"::1", loopback},
		{"::ffff:127.0.0.1", loopback},
		{"64:ff9b::7f00:1", loopback},
		{"2002:7f00:1::1", loopback},
		{"::7f00:1", loopback},
		{"10.0.0.1", private},
		{"172.16.0.1", private},
		{"172.31.255.255", private},
		{"172.32.0.1", public},
		{"192.168.1.1", private},
		{"100.64.0.1", private},
		{"198.18.0.1", private},
		{"fd12:3456::1", private},
		{"fec0::1", private},
		{"64:ff9b:1::1", private},
		{"64:ff9b::a00:1", private},
		{"169.254.169.254", never},
		{"::ffff:169.254.169.254", never},
		{"64:ff9b::a9fe:a9fe", never},
		{"169.254.1.1", never},
		{"fd00:ec2::254", never},
		{"fd20:ce::254", never},
		{"100.100.100.200", never},
		{"fe80::1", never},
		{"fe80::1%eth0", never},
		{"224.0.0.1", never},
		{"ff02::1", never},
		{"0.0.0.0", never},
		{"0.1.2.3", never},
		{"::", never},
		{"255.255.255.255", never},
		{"240.0.0.1", never},
	}
	policies := []struct {
		policy netguard.Policy
		allows map[string]bool
	}{
		{netguard.Policy{}, map[string]bool{public: true}},
		{netguard.Policy{AllowLoopback: true}, map[string]bool{public: true, loopback: true}},
		{netguard.Policy{AllowPrivate: true}, map[string]bool{public: true, private: true}},
		{netguard.Policy{AllowLoopback: true, AllowPrivate: true}, map[string]bool{public: true, loopback: true, private: true}},
	}
	for _, c := range cases {
		for _, p := range policies {
			err := p.policy.Check(netip.MustParseAddr(c.addr))
			if got, want := err == nil, p.allows[c.want]; got != want {
				t.Errorf("%+v.Check(%s): got %v, want allowed %v", p.policy, c.addr, err, want)
			}
			var denied *netguard.Denied
			if err != nil && !errors.As(err, &denied) {
				t.Errorf("Check(%s): got %T, want *Denied", c.addr, err)
			}
		}
	}
}

func TestControl(t *testing.T) {
	var p netguard.Policy
	if err := p.Control("tcp4", "93.184.215.14:443", nil); err != nil {
		t.Errorf("public address: got %v, want nil", err)
	}
	if err := p.Control("tcp6", "[fe80::1%lo]:80", nil); err == nil {
		t.Error("link-local address: got nil, want an error")
	}
	var denied *netguard.Denied
	if err := p.Control("tcp", "localhost:80", nil); !errors.As(err, &denied) {
		t.Errorf("a name: got %v, want *Denied", err)
	}
}

func TestControlStopsADial(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	d := net.Dialer{Control: netguard.Policy{}.Control}
	_, err = d.DialContext(t.Context(), "tcp", ln.Addr().String())
	var denied *netguard.Denied
	if !errors.As(err, &denied) {
		t.Fatalf("dialling loopback: got %v, want *Denied", err)
	}
	if !strings.Contains(denied.Error(), "loopback") {
		t.Errorf("message: got %q, want the reason in it", denied.Error())
	}
}
