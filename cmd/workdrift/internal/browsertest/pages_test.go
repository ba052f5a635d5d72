package browsertest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/demotest"
)

// TestBrowser looks at the pages of one demo in one browser. Time stands still
// in the demo, so that nothing but what the tests do changes a number.
func TestBrowser(t *testing.T) {
	browser := newBrowser(t)
	t.Run("Teeth", func(t *testing.T) { teeth(t, browser) })
	t.Run("Hostile", func(t *testing.T) { hostiles(t, browser) })
	exe := path.Join(t.TempDir(), "workdrift")
	if err := demotest.Build(exe); err != nil {
		t.Fatal(err)
	}
	demo := demotest.Start(t, exe, "--speed", "1e-6")
	b := newTab(t, browser, demo.URL)
	t.Run("Pages", func(t *testing.T) { crawl(t, b) })
	plain := newTab(t, browser, demo.URL)
	plain.withoutScripts(t)
	t.Run("Explain", func(t *testing.T) { explains(t, plain) })
	t.Run("Brief", func(t *testing.T) { briefs(t, browser, plain) })
	t.Run("Reader", func(t *testing.T) { reads(t, browser, demo) })
	t.Run("Decisions", func(t *testing.T) { decides(t, &desk{plain, demo}) })
}

// eachShape is how many pages are visited that differ only in what they are
// about.
const eachShape = 2

// A crawler visits what pages lead to.
type crawler struct {
	*tab
	queue   []string
	shapes  map[string]int  // how many pages were queued
	met     map[string]bool // shapes of which a page was visited
	visited map[string]bool
	anchors map[string][]string // ids that links want on a page
}

// shape is what pages have in common that differ only in what they are about.
func shape(u *url.URL) string {
	s := u.Path
	if rest, ok := strings.CutPrefix(s, "/objectives/"); ok && rest != "" {
		s = "/objectives/…"
	}
	q := u.Query()
	keys := make([]string, 0, len(q))
	for key := range q {
		value := ""
		if subject := q.Get(key); key == "subject" {
			switch {
			case strings.ContainsAny(subject, "#-") && strings.ToUpper(subject) == subject, strings.Contains(subject, "/"):
				value = "=item"
			case slices.Contains([]string{"run_work", "excluded", "stopped", "unknown"}, subject):
				value = "=bucket"
			}
		}
		keys = append(keys, key+value)
	}
	slices.Sort(keys)
	return s + "?" + strings.Join(keys, "&")
}

// crawl visits every kind of page that the site leads to, and checks each of
// them on every kind of screen.
func crawl(t *testing.T, b *tab) {
	c := &crawler{tab: b, shapes: map[string]int{}, met: map[string]bool{}, visited: map[string]bool{}, anchors: map[string][]string{}}
	c.add("/")
	for len(c.queue) > 0 {
		p := c.queue[0]
		c.queue = c.queue[1:]
		t.Run(p, func(t *testing.T) { c.visit(t, p) })
	}
	for _, p := range []string{"/", "/brief", "/objectives", "/shadow", "/kill-list", "/changes", "/sources", "/methods", "/decisions", "/explain"} {
		if !c.visited[p] {
			t.Errorf("no page leads to %s", p)
		}
	}
	t.Logf("%d pages: %d shapes", len(c.visited), len(c.shapes))
}

// add puts a link into the queue, unless enough like it are.
func (c *crawler) add(link string) {
	u, err := url.Parse(link)
	if err != nil || strings.HasPrefix(u.Path, "/api/") || u.Path == "/metrics" || path.Ext(u.Path) != "" {
		return // no page
	}
	id := u.Fragment
	u.Fragment = ""
	if id != "" {
		c.anchors[u.String()] = append(c.anchors[u.String()], id)
	}
	if q := u.Query(); len(q) > 2 {
		return // pages of pages differ in nothing new
	}
	if s := shape(u); !c.visited[u.String()] && !slices.Contains(c.queue, u.String()) && c.shapes[s] < eachShape {
		c.shapes[s]++
		c.queue = append(c.queue, u.String())
	}
}

// visit checks one page.
func (c *crawler) visit(t *testing.T, p string) {
	u, err := url.Parse(p)
	if err != nil {
		t.Fatal(err)
	}
	first := !c.met[shape(u)]
	c.met[shape(u)], c.visited[p] = true, true
	wrong := func(what string, list []string) {
		t.Helper()
		for _, w := range list {
			t.Errorf("%s: %s", what, w)
		}
	}
	c.colours(t, "light", "")
	c.size(t, 1280, 900)
	c.open(t, p)
	for _, link := range ask[[]string](t, c.tab, looks+".links()") {
		c.add(link)
	}
	wrong("structure", c.look(t, "structure()"))
	wrong("a link elsewhere tells where it comes from", c.look(t, "elsewhere()"))
	wrong("a form goes elsewhere", c.look(t, "forms()"))
	for _, id := range c.anchors[p] {
		if !ask[bool](t, c.tab, fmt.Sprintf("%s.has(%q)", looks, id)) {
			t.Errorf("links lead to #%s, which is not there", id)
		}
	}
	if first {
		wrong("keyboard", c.keyboard(t))
	}
	ask[any](t, c.tab, looks+".unfold()")
	wrong("names", c.names(t))
	wrong("light", c.look(t, "contrast()"))
	wrong("1280 wide", c.look(t, "fits()"))
	c.colours(t, "dark", "")
	wrong("dark", c.look(t, "contrast()"))
	for _, width := range []int64{768, 360, 320} { // a tablet, a small phone, and what 400 % leaves of 1280
		c.size(t, width, 780)
		wrong(fmt.Sprint(width, " wide"), c.look(t, "fits()"))
	}
	c.colours(t, "light", "print")
	wrong("print", c.look(t, "contrast()"))
	wrong("browser", c.complaints())
	if *screenshots != "" && first {
		c.open(t, p) // once more, with what is folded folded
		photograph(t, c.tab, p)
	}
}

// keyboard goes through the page with the tabulator key alone.
func (c *crawler) keyboard(t *testing.T) []string {
	stops := ask[int](t, c.tab, looks+".watch()")
	if stops < 8 {
		return []string{"there is next to nothing to reach"}
	}
	c.do(t, chromedp.KeyEvent(strings.Repeat(kb.Tab, stops)))
	return c.look(t, "reached()")
}

// names checks that everything to use has a name, and each button its own.
func (c *crawler) names(t *testing.T) []string {
	var wrong []string
	buttons := map[string]int{}
	tree := command(t, c.tab, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{})
	for _, node := range tree.Nodes {
		if node.Ignored || node.Role == nil {
			continue
		}
		role, name := said(node.Role), said(node.Name)
		switch role {
		case "button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "img", "table", "navigation", "region", "DisclosureTriangle":
			if name == "" {
				wrong = append(wrong, "a "+role+" without a name")
			}
		}
		if role == "button" {
			if buttons[name]++; buttons[name] == 2 {
				wrong = append(wrong, "several buttons are called "+name)
			}
		}
	}
	return wrong
}

// said is a text of the accessibility tree, "" where there is none.
func said(v *accessibility.Value) string {
	var text string
	if v == nil || json.Unmarshal(v.Value, &text) != nil {
		return ""
	}
	return strings.TrimSpace(text)
}
