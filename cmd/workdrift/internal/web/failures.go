package web

import (
	"net/netip"
	"sync"
	"time"
)

// How often an address may fail to log in: a few times at once, then once in a
// while.
const (
	failureBurst = 5
	failureEvery = 12 * time.Second
	// failureAddresses bounds the memory. When more fail at a time, those that
	// are not known share one budget.
	failureAddresses = 4096
)

// failures counts failed logins by address. An address of IPv6 stands for its
// network: whoever has one has all of it.
type failures struct {
	mu     sync.Mutex
	full   map[netip.Addr]time.Time // when all failures of an address are forgiven
	others time.Time                // the same of those that found no place
}

func newFailures() *failures { return &failures{full: make(map[netip.Addr]time.Time)} }

func network(from netip.Addr) netip.Addr {
	if from.Is6() {
		if p, err := from.Prefix(64); err == nil {
			return p.Addr()
		}
	}
	return from
}

// allowed reports whether an address may try.
func (f *failures) allowed(from netip.Addr, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	full, known := f.full[network(from)]
	if !known && len(f.full) >= failureAddresses {
		full = f.others
	}
	return full.Sub(now) <= (failureBurst-1)*failureEvery
}

// add counts a failure.
func (f *failures) add(from netip.Addr, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	at := network(from)
	if _, known := f.full[at]; !known && len(f.full) >= failureAddresses {
		for old, full := range f.full {
			if !full.After(now) {
				delete(f.full, old)
			}
		}
		if len(f.full) >= failureAddresses {
			f.others = later(f.others, now).Add(failureEvery)
			return
		}
	}
	f.full[at] = later(f.full[at], now).Add(failureEvery)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
