package web

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Sign-in limits. An address may guess 5 times at once and then 4 times a minute; all addresses together once a second after 30: a password of
// ordinary strength outlives that, and the server's memory and processor outlive a flood.
const (
	addressBurst = 5
	addressEvery = 15 * time.Second
	globalBurst  = 30
	globalEvery  = time.Second

	// maxAddresses bounds what is remembered: an address that is dropped starts afresh, and the global limit holds all the same.
	maxAddresses = 10_000
)

// attempts limits sign-ins.
type attempts struct {
	mu        sync.Mutex
	global    *rate.Limiter
	addresses map[string]*rate.Limiter
}

func newAttempts() *attempts {
	return &attempts{global: rate.NewLimiter(rate.Every(globalEvery), globalBurst), addresses: map[string]*rate.Limiter{}}
}

// take counts an attempt. If it is one too many it returns how long to wait, and the attempt must be refused unseen.
func (a *attempts) take(address string, now time.Time) (wait time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	address = network(address)
	own := a.addresses[address]
	if own == nil {
		if len(a.addresses) >= maxAddresses {
			a.sweep(now)
		}
		own = rate.NewLimiter(rate.Every(addressEvery), addressBurst)
		a.addresses[address] = own
	}
	// The address first: what it is refused does not count against everybody.
	if wait := reserve(own, now); wait > 0 {
		return wait
	}
	return reserve(a.global, now)
}

// forgive gives an address its attempts back after the right password.
func (a *attempts) forgive(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.addresses, network(address))
}

// sweep drops the addresses that have all their attempts again, or else all of them.
func (a *attempts) sweep(now time.Time) {
	for address, l := range a.addresses {
		if l.TokensAt(now) >= addressBurst {
			delete(a.addresses, address)
		}
	}
	if len(a.addresses) >= maxAddresses {
		clear(a.addresses)
	}
}

func reserve(l *rate.Limiter, now time.Time) time.Duration {
	r := l.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// network is what one client can be told apart by: an IPv4 address, or the /64 that an IPv6 host chooses its addresses from.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	ip = ip.Unmap()
	if ip.Is6() {
		if p, err := ip.Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
