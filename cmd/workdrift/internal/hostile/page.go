package hostile

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
)

// A Page is what a browser makes of the source of one.
type Page struct{ root *html.Node }

// Parse reads a page as a browser does, which makes a page of anything.
func Parse(source string) (Page, error) {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return Page{}, fmt.Errorf("parse a page: %w", err)
	}
	return Page{root}, nil
}

// Outline returns what there is besides texts: each element with its depth and
// the names of its attributes, and comments. Texts that stay texts leave it as
// it is.
func (p Page) Outline() []string {
	var out []string
	walk(p.root, 0, func(n *html.Node, depth int) {
		if n.Type != html.TextNode {
			out = append(out, strconv.Itoa(depth)+" "+nodeName(n))
		}
	})
	return out
}

// nodeName is what a node is, without the values of attributes.
func nodeName(n *html.Node) string {
	if n.Type != html.ElementNode {
		return [...]string{"error", "text", "document", "element", "comment", "doctype", "raw"}[n.Type]
	}
	names := make([]string, 0, len(n.Attr))
	for _, a := range n.Attr {
		names = append(names, a.Namespace+a.Key)
	}
	slices.Sort(names)
	return n.Namespace + "<" + n.Data + " " + strings.Join(names, " ") + ">"
}

func walk(n *html.Node, depth int, f func(*html.Node, int)) {
	f(n, depth)
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		walk(c, depth+1, f)
	}
}

// Kinds returns which elements there are and in which others, each once: for
// pages that list more or fewer of the same.
func (p Page) Kinds() map[string]bool {
	kinds := make(map[string]bool)
	walk(p.root, 0, func(n *html.Node, _ int) {
		if n.Type != html.TextNode && n.Parent != nil {
			kinds[nodeName(n.Parent)+nodeName(n)] = true
		}
	})
	return kinds
}

// Dangers returns what no page of ours may have, whatever it shows: scripts,
// styles and handlers within the page, elements that load something, and
// addresses that neither stay on the server nor lead to one of the hosts, which
// have their port where it is not the usual one.
func (p Page) Dangers(hosts ...string) []string {
	var found []string
	walk(p.root, 0, func(n *html.Node, _ int) {
		if n.Type != html.ElementNode {
			return
		}
		if slices.Contains(active, n.Data) {
			found = append(found, "an element "+n.Data)
		}
		for _, a := range n.Attr {
			if why := danger(n.Data, a, hosts); why != "" {
				found = append(found, fmt.Sprintf("%s: %s=%q", why, a.Key, a.Val))
			}
		}
	})
	return found
}

// active are elements that run, load or redirect.
var active = []string{"script", "style", "iframe", "frame", "frameset", "object", "embed", "applet", "base", "img", "image", "video", "audio", "source",
	"use", "animate", "set", "foreignobject", "math", "template", "portal", "noscript", "plaintext"}

// addresses are the attributes that hold one.
var addresses = []string{"href", "src", "action", "formaction", "data", "poster", "background", "cite", "ping", "longdesc", "manifest"}

func danger(element string, a html.Attribute, hosts []string) string {
	name := a.Key
	switch {
	case strings.HasPrefix(name, "on"), name == "style", name == "srcdoc", name == "srcset", name == "http-equiv":
		return "an attribute that runs"
	case slices.Contains(addresses, name) && !stays(a.Val) && !leads(a.Val, hosts):
		return "an address of " + element + " that leads away"
	}
	return ""
}

// stays reports whether an address is on the server of its page, as a browser
// reads it, which takes \ for / and leaves control characters out.
func stays(address string) bool {
	clean := strings.ReplaceAll(strings.Map(func(r rune) rune {
		if r <= ' ' {
			return -1
		}
		return r
	}, address), `\`, "/")
	return strings.HasPrefix(clean, "#") || strings.HasPrefix(clean, "/") && !strings.HasPrefix(clean, "//")
}

// leads reports whether an address leads to one of the hosts.
func leads(address string, hosts []string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.User == nil && slices.Contains(hosts, u.Host)
}
