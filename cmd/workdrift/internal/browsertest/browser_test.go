package browsertest

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/workdrift/workdrift/internal/tooltest"
)

// looks is a script whose value is an object with the checks of a page.
//
//go:embed testdata/looks.js
var looks string

// pageWait is how long one step in the browser may take. Only a defect, or a
// machine with far too much to do, uses it up.
const pageWait = time.Minute

// newBrowser starts a Chromium without a window until the test ends.
func newBrowser(t *testing.T) context.Context {
	t.Helper()
	home := t.TempDir()
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(tooltest.Need(t, "chromium", "chromium-browser", "google-chrome")),
		chromedp.NoSandbox, // which needs rights that a container does not have; the pages are our own
		chromedp.UserDataDir(home), chromedp.Env("HOME="+home),
		chromedp.WSURLReadTimeout(pageWait), chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("lang", "en"))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancelBrowser := chromedp.NewContext(ctx)
	t.Cleanup(cancelBrowser)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v", err)
	}
	return ctx
}

// A tab is a page that is looked at, and what the browser said about it.
type tab struct {
	ctx  context.Context
	site *url.URL

	mu    sync.Mutex
	heard []string // complaints since the page was opened
	asked []string // the addresses that were asked for
}

// newTab opens a tab for a site, with its own cookies, logins and cache.
func newTab(t *testing.T, browser context.Context, site string) *tab {
	t.Helper()
	u, err := url.Parse(site)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	b := &tab{ctx: ctx, site: u}
	if err := chromedp.Listen(ctx, b.hear); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	command(t, b, audits.Enable, cdp.Empty{})
	return b
}

// hear notes what the browser complains about.
func (b *tab) hear(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	complain := func(format string, args ...any) { b.heard = append(b.heard, fmt.Sprintf(format, args...)) }
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning {
			complain("console %s", e.Type)
		}
	case *runtime.EventExceptionThrown:
		complain("exception: %s", e.ExceptionDetails.Text)
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			complain("%s of %s: %s", e.Entry.Level, e.Entry.Source, e.Entry.Text)
		}
	case *audits.EventIssueAdded:
		complain("issue: %s", e.Issue.Code)
	case *network.EventRequestWillBeSent:
		b.asked = append(b.asked, e.Request.URL)
		if u, err := url.Parse(e.Request.URL); err != nil || u.Host != b.site.Host && u.Scheme != "data" {
			complain("asks %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			complain("%d for %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFailed:
		if !e.Canceled {
			complain("failed: %s", e.ErrorText)
		}
	}
}

// complaints are what the browser said since the page was opened.
func (b *tab) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.heard)
}

// open loads a page of the site.
func (b *tab) open(t *testing.T, path string) {
	t.Helper()
	b.mu.Lock()
	b.heard, b.asked = nil, nil
	b.mu.Unlock()
	if code := b.follow(t, chromedp.Navigate(b.site.String()+path)); code != 200 {
		t.Fatalf("%s: status %d", path, code)
	}
}

// follow does something that leads to another page, and returns its status.
func (b *tab) follow(t *testing.T, step chromedp.Action[chromedp.Void]) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageWait)
	defer cancel()
	res, err := chromedp.RunResponse(ctx, step)
	if err != nil {
		t.Fatalf("load a page: %v", err)
	}
	if res.Status == http.StatusAccepted { // what is being made asks again by itself
		b.do(t, chromedp.WaitNotPresent(chromedp.CSS("p.pending")))
		return http.StatusOK
	}
	return res.Status
}

// do takes steps that stay on the page.
func (b *tab) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageWait)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// look runs one of the checks of the page, and returns what is wrong.
func (b *tab) look(t *testing.T, check string) []string {
	t.Helper()
	return ask[[]string](t, b, looks+"."+check)
}

// ask returns the value of an expression in a page.
func ask[T any](t *testing.T, b *tab, expression string, options ...chromedp.EvaluateOption) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageWait)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		t.Fatalf("%.60s: %v", strings.TrimPrefix(expression, looks), err)
	}
	return v
}

// command gives the browser a command about a tab.
func command[P, R any](t *testing.T, b *tab, c cdp.Command[P, R], params P) R {
	t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, pageWait)
	defer cancel()
	r, err := chromedp.Call(ctx, c, params)
	if err != nil {
		t.Fatalf("%s: %v", c.Method, err)
	}
	return r
}

// size makes the tab as large as a screen.
func (b *tab) size(t *testing.T, width, height int64) {
	t.Helper()
	b.do(t, chromedp.EmulateViewport(width, height))
}

// colours sets what the system prefers, light or dark, and the medium.
func (b *tab) colours(t *testing.T, scheme, medium string) {
	t.Helper()
	command(t, b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: medium, Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// text is what a part of the page says, as it is seen.
func (b *tab) text(t *testing.T, selector string) string {
	t.Helper()
	return ask[string](t, b, fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector))
}

// fill types what should stand in a field.
func (b *tab) fill(t *testing.T, field, text string) {
	t.Helper()
	b.do(t, chromedp.SendKeys(chromedp.CSS(field), text))
}

// choose takes an entry of a list.
func (b *tab) choose(t *testing.T, list, value string) {
	t.Helper()
	b.do(t, chromedp.SetValue(chromedp.CSS(list), value))
}

// click clicks on what stays on the page.
func (b *tab) click(t *testing.T, selector string) {
	t.Helper()
	b.do(t, chromedp.Click(chromedp.CSS(selector)))
}

// press presses Enter on what leads to another page, which must be there: what
// is on its way to another place can be missed by a click.
func (b *tab) press(t *testing.T, selector string) {
	t.Helper()
	if code := b.follow(t, chromedp.SendKeys(chromedp.CSS(selector), "\r")); code != 200 {
		t.Fatalf("%s led to status %d", selector, code)
	}
}

// withoutScripts switches the scripts of pages off.
func (b *tab) withoutScripts(t *testing.T) {
	t.Helper()
	command(t, b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}
