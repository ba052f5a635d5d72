package connectors

import "net/netip"

// A class is what kind of network an address belongs to.
type class string

const (
	classPublic    class = "public"
	classPrivate   class = "private"
	classLoopback  class = "loopback"
	classForbidden class = "forbidden"
)

// classify says what kind of network an address belongs to. An IPv4 address
// that hides in an IPv6 one is judged too: a translated one must be public,
// since no operator writes a private address that way.
func classify(addr netip.Addr) class {
	addr = addr.Unmap()
	if v4, ok := translated(addr); ok && classify(v4) != classPublic {
		return classForbidden
	}
	switch {
	case addr.IsLoopback():
		return classLoopback
	case !addr.IsValid(), addr.IsUnspecified(), addr.IsMulticast(), addr.IsLinkLocalUnicast(),
		in(addr,
			"0.0.0.0/8",          // this network
			"192.0.0.0/24",       // IETF protocol assignments, a cloud's metadata
			"240.0.0.0/4",        // reserved and broadcast
			"100.100.100.200/32", // a cloud's metadata inside the shared range
			"168.63.129.16/32",   // a cloud's host agent on a public address
			"fd00:ec2::/32",      // a cloud's metadata inside the private range
			"fec0::/10",          // site-local, withdrawn
			"::/96",              // IPv4-compatible, withdrawn
			"2001::/32",          // Teredo hides any IPv4 address
		):
		return classForbidden
	case addr.IsPrivate(), in(addr, "100.64.0.0/10", "198.18.0.0/15"):
		return classPrivate
	}
	return classPublic
}

// translated returns the IPv4 address that NAT64 or 6to4 makes of an IPv6 one.
func translated(addr netip.Addr) (netip.Addr, bool) {
	switch b := addr.As16(); {
	case in(addr, "64:ff9b::/96", "64:ff9b:1::/48"):
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case in(addr, "2002::/16"):
		return netip.AddrFrom4([4]byte(b[2:6])), true
	}
	return addr, false
}

func in(addr netip.Addr, prefixes ...string) bool {
	for _, p := range prefixes {
		if netip.MustParsePrefix(p).Contains(addr.WithZone("")) {
			return true
		}
	}
	return false
}
