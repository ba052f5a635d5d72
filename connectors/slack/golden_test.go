package slack

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/workdrift/workdrift/connectors/connectortest"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/store"
)

var record = flag.Bool("record", false, "record the traffic under testdata again, and what becomes of it")

// A wire is one recorded request with its answer.
type wire struct {
	Request  string            `json:"request"` // the method with its arguments, without the token
	Status   int               `json:"status"`
	Header   map[string]string `json:"header"`
	Response json.RawMessage   `json:"response"`
}

// A recorder plays recorded answers, or records those of another transport.
type recorder struct {
	next    http.RoundTripper // nil plays
	traffic []wire
}

func (p *recorder) RoundTrip(q *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(q.Body)
	if err != nil {
		return nil, err
	}
	args, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, err
	}
	args.Del("token")
	name := strings.TrimPrefix(q.URL.Path, "/api/") + " " + args.Encode()
	if p.next != nil {
		q.Body = io.NopCloser(bytes.NewReader(body))
		resp, err := p.next.RoundTrip(q)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		answer, err := io.ReadAll(resp.Body)
		if err != nil {
			return nil, err
		}
		p.traffic = append(p.traffic, wire{name, resp.StatusCode, map[string]string{"Date": resp.Header.Get("Date"), "Content-Type": resp.Header.Get("Content-Type")}, answer})
	}
	for _, w := range p.traffic {
		if w.Request != name {
			continue
		}
		h := http.Header{}
		for k, v := range w.Header {
			h.Set(k, v)
		}
		return &http.Response{StatusCode: w.Status, Status: fmt.Sprint(w.Status), Header: h, Body: io.NopCloser(bytes.NewReader(w.Response)), Request: q}, nil
	}
	return nil, fmt.Errorf("nothing was recorded for %s", name)
}

// TestGolden plays recorded traffic and compares what is made of it. Each case
// is a folder: the stanza of the configuration, the traffic and the batch.
func TestGolden(t *testing.T) {
	for _, name := range []string{"threads", "checkins"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join("testdata", name)
			if *record {
				recordGolden(t, dir)
			}
			var traffic []wire
			raw, err := os.ReadFile(filepath.Join(dir, "traffic.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &traffic); err != nil {
				t.Fatal(err)
			}
			connectortest.Golden(t, filepath.Join(dir, "batch.json"), play(t, dir, &recorder{traffic: traffic}), *record)
		})
	}
}

// play runs the connector over a transport and returns all it hands over.
func play(t *testing.T, dir string, p *recorder) store.Batch {
	t.Helper()
	config, err := os.ReadFile(filepath.Join(dir, "config.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, fake.NewWorkspace("acme"), fake.SlackOptions{})
	env := r.environment()
	env.Transport = p
	c, err := New(env, connectortest.Decoder("token_env: WORKDRIFT_TEST_TOKEN\n"+string(config)))
	if err != nil {
		t.Fatal(err)
	}
	return r.Whole(c)
}

func asJSON(t *testing.T, v any) []byte {
	t.Helper()
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return append(raw, '\n')
}

// A relay sends everything to the fake, wherever it was meant to go.
type relay struct {
	to   string
	next http.RoundTripper
}

func (r relay) RoundTrip(q *http.Request) (*http.Response, error) {
	q = q.Clone(q.Context())
	q.URL.Scheme, q.URL.Host, q.Host = "http", strings.TrimPrefix(r.to, "http://"), ""
	return r.next.RoundTrip(q)
}

// recordGolden records the talk of an office.
func recordGolden(t *testing.T, dir string) {
	t.Helper()
	o := newOffice()
	other := o.say(ago(5, 0), o.dev, o.ben, "an older thread about PAY-1")
	top := o.say(ago(3, 0), o.dev, o.ada, "Shall we do PAY-7? See <https://github.com/acme/api/pull/12|the change>")
	o.reply(ago(3, 1), o.dev, o.ben, "as in <"+o.Permalink(o.dev, other)+"> &amp; PAY-9", top)
	o.Post(ago(3, 2), o.dev, fake.MessageSpec{Author: o.robot, Thread: top, Attachments: []fake.Unfurl{{Title: "#13 More", TitleLink: "https://github.com/acme/api/pull/13"}}})
	o.React(o.dev, top, o.ben, "decision")
	o.Edit(ago(2, 0), o.dev, other, "an older thread about PAY-2")
	o.Post(ago(2, 1), o.dev, fake.MessageSpec{Author: o.robot, Text: "x", Blocks: []byte(fake.MalformedBlock)})
	o.say(ago(2, 2), o.ops, o.ada, "confidence PAY 7/10\nsso: :large_green_circle:")
	prompt := o.Post(ago(2, 3), o.ops, fake.MessageSpec{Author: o.robot, Text: "Check-in: PAY-7"})
	o.reply(ago(2, 4), o.ops, o.ben, "60%", prompt)
	o.React(o.ops, prompt, o.ada, "four")
	r := newRig(t, o.Workspace, fake.SlackOptions{})
	p := &recorder{next: relay{r.url, r.http}}
	play(t, dir, p)
	if err := os.WriteFile(filepath.Join(dir, "traffic.json"), asJSON(t, p.traffic), 0o644); err != nil {
		t.Fatal(err)
	}
}
