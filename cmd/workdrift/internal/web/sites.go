package web

import (
	"net/url"
	"slices"
	"strings"
)

// onSite reports whether an address leads to one of the sites (see
// Options.Sites). What only looks like it does not count: a user name before
// another host, a host with the site's name in front, an address without a
// scheme.
func onSite(address string, sites []string) bool {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Opaque != "" || u.Scheme != "https" && u.Scheme != "http" || strings.ContainsAny(address, "\\\t\r\n") {
		return false
	}
	host := siteOf(u)
	return slices.ContainsFunc(sites, func(site string) bool {
		site = strings.ToLower(site)
		if below, ok := strings.CutPrefix(site, "*"); ok {
			name, found := strings.CutSuffix(host, below)
			return found && name != ""
		}
		return host != "" && (host == site || host == strings.TrimSuffix(site, ":443"))
	})
}

// siteOf is the host of an address, with its port where it is not the usual one.
func siteOf(u *url.URL) string {
	host := strings.ToLower(u.Host)
	if u.Scheme == "http" {
		return strings.TrimSuffix(host, ":80")
	}
	return strings.TrimSuffix(host, ":443")
}
