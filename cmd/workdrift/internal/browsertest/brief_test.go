package browsertest

import (
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// briefs goes from the first page to the brief of the week and that of the kill
// session, and takes both away as files.
func briefs(t *testing.T, browser context.Context, b *tab) {
	b.open(t, "/")
	b.press(t, "nav a[href='/brief']")
	weekly := b.text(t, "h1")
	b.press(t, "main a[href*='edition=kill']")
	if kill := b.text(t, "h1"); kill == weekly || !strings.Contains(b.text(t, "main"), "What could end") {
		t.Errorf("the weekly brief is %q, that of the kill session %q", weekly, kill)
	}
	b.press(t, "main a[rel=prev]")
	b.press(t, "main a[rel=next]")
	for _, link := range ask[[]string](t, b, "[...document.querySelectorAll('main a[download]')].map(a => a.href)") {
		res, err := http.Get(link)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("%s: %s %q %v", link, res.Status, res.Header.Get("Content-Disposition"), err)
		}
		if strings.Contains(link, ".html") {
			keepsAlone(t, browser, text)
		} else if !strings.HasPrefix(string(text), "# ") || !strings.Contains(string(text), "\n|") {
			t.Errorf("the Markdown begins with %.80s", text)
		}
	}
}

// sheet begins each page of a document that Chromium printed.
var sheet = regexp.MustCompile(`/Type\s*/Page\b`)

// keepsAlone opens a brief as the file that somebody was sent: it asks for
// nothing, is as readable as a page, and prints on one sheet.
func keepsAlone(t *testing.T, browser context.Context, text []byte) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "brief.html")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	b := newTab(t, browser, "file://")
	b.follow(t, chromedp.Navigate("file://"+path))
	for _, scheme := range []string{"light", "dark"} {
		b.colours(t, scheme, "")
		for _, wrong := range b.look(t, "contrast()") {
			t.Errorf("%s: %s", scheme, wrong)
		}
	}
	for _, width := range []int64{1280, 360} {
		b.size(t, width, 800)
		for _, wrong := range b.look(t, "fits()") {
			t.Errorf("%d wide: %s", width, wrong)
		}
	}
	for _, complaint := range b.complaints() {
		t.Error(complaint)
	}
	preferred := true
	pdf := command(t, b, page.PrintToPDF, page.PrintToPDFParams{PreferCSSPageSize: &preferred})
	if n := len(sheet.FindAll(pdf.Data, -1)); n != 1 {
		t.Errorf("it prints on %d sheets", n)
	}
}
