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

// classify says what kind of network an address belongs to. IPv4 addresses
// that hide in IPv6 ones (mapped, translated, 6to4) count as what they hide.
func classify(addr netip.Addr) class {
	if v4, ok := embedded(addr); ok {
		addr = v4
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

// embedded returns the IPv4 address inside an IPv6 one.
func embedded(addr netip.Addr) (netip.Addr, bool) {
	if addr.Is4In6() {
		return addr.Unmap(), true
	}
	if !addr.Is6() {
		return addr, false
	}
	b := addr.As16()
	switch {
	case in(addr, "64:ff9b::/96", "64:ff9b:1::/48"): // NAT64
		return netip.AddrFrom4([4]byte(b[12:16])), true
	case in(addr, "2002::/16"): // 6to4
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
