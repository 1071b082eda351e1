// Package netguard owns the rule of which network addresses the server may call out to, checked at dial time.
//
// The check stands behind name resolution, on the address that is about to be connected to: a name that resolves to something harmless when it is
// looked at and to something else when it is dialled (DNS rebinding) cannot get past it. It knows no function and no transport.
package netguard

import (
	"errors"
	"fmt"
	"net/netip"
	"syscall"
)

// Policy says which non-public addresses may be called. Its zero value allows public addresses only.
type Policy struct {
	AllowLoopback bool // 127.0.0.0/8 and ::1
	AllowPrivate  bool // the private, shared and local-use ranges: 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7 and the like
}

// Denied is the error for an address that the policy forbids.
type Denied struct {
	Addr   netip.Addr
	Reason string // "loopback address", "link-local address"…
	Hint   string // how to allow it; empty if nothing can
}

// Error says the address, why it is refused, and what would allow it.
func (d *Denied) Error() string {
	if d.Hint == "" {
		return fmt.Sprintf("%s is a %s, which is never called", d.Addr, d.Reason)
	}
	return fmt.Sprintf("%s is a %s, which is not allowed here (%s)", d.Addr, d.Reason, d.Hint)
}

type kind uint8

const (
	never kind = iota
	loopback
	private
)

type block struct {
	prefix netip.Prefix
	kind   kind
	reason string
}

// blocks is searched in order; the first that holds the address decides. Ranges are those of the IANA special-purpose address registries
// (RFC 6890 and its updates); single addresses are the metadata services of cloud providers, which hand out credentials.
var blocks = []block{
	{netip.MustParsePrefix("169.254.169.254/32"), never, "cloud metadata address"},
	{netip.MustParsePrefix("100.100.100.200/32"), never, "cloud metadata address"},
	{netip.MustParsePrefix("192.0.0.192/32"), never, "cloud metadata address"},
	{netip.MustParsePrefix("fd00:ec2::254/128"), never, "cloud metadata address"},
	{netip.MustParsePrefix("fd20:ce::254/128"), never, "cloud metadata address"},
	{netip.MustParsePrefix("127.0.0.0/8"), loopback, "loopback address"},
	{netip.MustParsePrefix("::1/128"), loopback, "loopback address"},
	{netip.MustParsePrefix("0.0.0.0/8"), never, "unspecified address"},
	{netip.MustParsePrefix("::/128"), never, "unspecified address"},
	{netip.MustParsePrefix("169.254.0.0/16"), never, "link-local address"},
	{netip.MustParsePrefix("fe80::/10"), never, "link-local address"},
	{netip.MustParsePrefix("224.0.0.0/4"), never, "multicast address"},
	{netip.MustParsePrefix("ff00::/8"), never, "multicast address"},
	{netip.MustParsePrefix("240.0.0.0/4"), never, "reserved or broadcast address"},
	{netip.MustParsePrefix("10.0.0.0/8"), private, "private address"},
	{netip.MustParsePrefix("172.16.0.0/12"), private, "private address"},
	{netip.MustParsePrefix("192.168.0.0/16"), private, "private address"},
	{netip.MustParsePrefix("100.64.0.0/10"), private, "shared (carrier) address"},
	{netip.MustParsePrefix("192.0.0.0/24"), private, "protocol-assignment address"},
	{netip.MustParsePrefix("198.18.0.0/15"), private, "benchmarking address"},
	{netip.MustParsePrefix("fc00::/7"), private, "private address"},
	{netip.MustParsePrefix("fec0::/10"), private, "site-local address"},
	{netip.MustParsePrefix("64:ff9b:1::/48"), private, "local translation address"},
}

// Check returns nil if addr may be called, else a *Denied. An IPv6 address that carries an IPv4 one (mapped, compatible, NAT64, 6to4) is judged
// by what it carries.
func (p Policy) Check(addr netip.Addr) error {
	addr = addr.WithZone("").Unmap()
	if !addr.IsValid() {
		return &Denied{Addr: addr, Reason: "malformed address"}
	}
	if v4, ok := carried(addr); ok {
		return p.Check(v4)
	}
	for _, b := range blocks {
		if !b.prefix.Contains(addr) {
			continue
		}
		switch {
		case b.kind == loopback && p.AllowLoopback, b.kind == private && p.AllowPrivate:
			return nil
		case b.kind == loopback:
			return &Denied{Addr: addr, Reason: b.reason, Hint: "a server that listens on a loopback --addr may call loopback addresses"}
		case b.kind == private:
			return &Denied{Addr: addr, Reason: b.reason, Hint: "private ranges have to be allowed in the server's configuration"}
		default:
			return &Denied{Addr: addr, Reason: b.reason}
		}
	}
	return nil
}

var (
	compatible = netip.MustParsePrefix("::/96")
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
)

// carried returns the IPv4 address that an IPv6 address leads to, if it is of a kind that leads to one.
func carried(addr netip.Addr) (netip.Addr, bool) {
	if !addr.Is6() || addr == netip.IPv6Unspecified() || addr == netip.IPv6Loopback() {
		return netip.Addr{}, false
	}
	b := addr.As16()
	switch {
	case nat64.Contains(addr), compatible.Contains(addr):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case sixToFour.Contains(addr):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return netip.Addr{}, false
}

// Control fits net.Dialer.Control: it refuses the connection before it is made. address is the resolved "ip:port".
func (p Policy) Control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return errors.Join(&Denied{Reason: "malformed address"}, fmt.Errorf("reading the address %q: %w", address, err))
	}
	return p.Check(ap.Addr())
}
