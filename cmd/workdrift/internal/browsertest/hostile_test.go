package browsertest

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/hostile"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
)

// hostiles opens pages that are full of hostile texts, without the policy that
// would keep the browser from running them, and sees that none of them runs,
// asks for anything or leads elsewhere.
func hostiles(t *testing.T, browser context.Context) {
	texts, err := hostile.Texts()
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.New(hostileOptions(texts))
	if err != nil {
		t.Fatal(err)
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		pages.ServeHTTP(answer, r)
		w.Header().Set("Content-Type", answer.Header().Get("Content-Type"))
		w.WriteHeader(answer.Code)
		_, _ = w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(site.Close)
	b := newTab(t, browser, site.URL)
	var dialogs atomic.Int64
	var closing sync.WaitGroup
	defer closing.Wait()
	if err := chromedp.Listen(b.ctx, func(event any) {
		if _, ok := event.(*page.EventJavascriptDialogOpening); ok {
			dialogs.Add(1)
			closing.Go(func() { // a page waits for its dialog
				_, _ = chromedp.Call(b.ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			})
		}
	}); err != nil {
		t.Fatal(err)
	}
	paths := []string{"/shadow", "/decisions"}
	for from := 0; from < len(texts); from += 25 {
		paths = append(paths, fmt.Sprintf("/explain?subject=unknown&window=28d&from=%d", from))
	}
	elements := 0
	for _, p := range paths {
		b.open(t, p)
		if n := dialogs.Load(); n > 0 {
			t.Fatalf("%s opened %d dialogs", p, n)
		}
		for _, complaint := range b.complaints() {
			t.Errorf("%s: %s", p, complaint)
		}
		for _, found := range ask[[]string](t, b, foreign) {
			t.Errorf("%s holds %s", p, found)
		}
		elements += ask[int](t, b, "document.querySelectorAll('*').length")
	}
	if elements < 20*len(texts) {
		t.Errorf("the pages have only %d elements for %d texts", elements, len(texts))
	}
}

// foreign is a script whose value are the elements that no page of ours has.
const foreign = `[...document.querySelectorAll('*')].filter(e =>
  ['SCRIPT', 'STYLE', 'IFRAME', 'IMG', 'OBJECT', 'EMBED', 'BASE', 'VIDEO', 'AUDIO', 'MATH', 'MARQUEE'].includes(e.tagName.toUpperCase()) ||
  [...e.attributes].some(a => a.name.startsWith('on') || a.name === 'style' || a.name === 'srcdoc') ||
  ['href', 'action', 'formAction'].some(k => typeof e[k] === 'string' && e[k] !== '' && e.hasAttribute(k.toLowerCase()) &&
    new URL(e[k], location).origin !== location.origin)
).map(e => e.outerHTML.slice(0, 200))`

func hostileOptions(texts []string) web.Options {
	now := time.Date(2026, 6, 19, 12, 0, 0, 0, time.UTC)
	report := &scoring.Report{Windows: []scoring.WindowReport{{Label: "28d"}}}
	streams := &findings.Streams{AsOf: report, Window: "28d"}
	var items []findings.ExplainedItem
	var decided []store.Override
	for i, text := range texts {
		one := []string{text}
		items = append(items, findings.ExplainedItem{
			Key: text, Kind: text, Title: text, URL: text, Gone: text, Bucket: text, Objectives: one, Method: text, Rule: text, Path: one, PartOf: text, OwnedBy: one,
		})
		streams.List = append(streams.List, findings.Stream{
			ID: fmt.Sprint("s", i), Category: "unknown", By: text, Name: text, Title: text, Share: scoring.Absent(), Status: scoring.SuppressedPrivacy, Works: 3,
			Terms: one, Labels: one, Paths: one, Keys: one, Rule: text, Items: []findings.StreamItem{{Key: text, Title: text, OwnedBy: one}},
		})
		decided = append(decided, store.Override{Key: text, To: text, Role: text, Why: text, At: now})
	}
	return web.Options{
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }, Registry: prometheus.NewRegistry(), Access: web.Access{Anyone: web.Triager},
		Report: func() *scoring.Report { return report }, Sources: func() []web.Source { return nil },
		Explain: func(_ context.Context, subject, window string) (*web.Explanation, error) {
			return &web.Explanation{Subject: subject, Window: window, AsOf: report, Items: items}, nil
		},
		Declared: func() *findings.History { return &findings.History{} }, Overrides: func() []store.Override { return decided },
		Decide:   func(context.Context, []store.Override) ([]store.Override, error) { return nil, nil },
		Streams:  func(context.Context) (*findings.Streams, error) { return streams, nil },
		Findings: func(*scoring.Report) []findings.Finding { return nil },
	}
}
