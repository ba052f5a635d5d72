package browsertest

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
)

var screenshots = flag.String("screenshots", "", "write pictures of all pages to this `directory`")

// noName is what is not in the name of a file.
var noName = regexp.MustCompile(`[^a-z0-9-]+`)

// photograph writes what a page looks like, for somebody to look at.
func photograph(t *testing.T, b *tab, p string) {
	t.Helper()
	name := strings.Trim(noName.ReplaceAllString(strings.ToLower(p), "_"), "_")
	if name == "" {
		name = "overview"
	}
	for _, look := range []struct {
		name, scheme, medium string
		width, height        int64
	}{
		{"light", "light", "", 1280, 900}, {"dark", "dark", "", 1280, 900}, {"phone", "light", "", 390, 844}, {"print", "light", "print", 794, 1123},
	} {
		b.colours(t, look.scheme, look.medium)
		b.size(t, look.width, look.height)
		beyond := true
		picture := command(t, b, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond})
		if err := os.MkdirAll(*screenshots, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*screenshots, name+"-"+look.name+".png"), picture.Data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
