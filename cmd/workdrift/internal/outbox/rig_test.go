package outbox

import (
	"bytes"
	"context"
	"iter"
	"log/slog"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/fake"
	"github.com/workdrift/workdrift/connectors/slack"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

const token = "xoxb-SecretTokenThatMustNotLeak-0123456789"

// wednesday is when the daemon of these tests first starts.
var wednesday = time.Date(2026, 4, 1, 12, 0, 0, 0, time.UTC)

// tuesday is when its first edition is due, about week 14.
var tuesday = time.Date(2026, 4, 7, 8, 0, 0, 0, time.UTC)

// week14 is the period of that edition, noReport what it is made from.
var (
	week14   = brief.LastClosed(brief.Weekly, scoring.Day(objective.DateOf(tuesday)))
	noReport = &scoring.Report{}
)

// A rig is a courier with a real store, and a fake Slack.
type rig struct {
	*testing.T
	space   *fake.Workspace
	slack   *fake.Slack
	url     string
	channel string
	dir     string
	now     time.Time
	late    bool  // the period has not closed
	blank   error // why no brief can be made
	logs    bytes.Buffer
	http    *http.Transport

	db      *bolt.DB
	broken  func(store.Delivery) error // before a delivery is stored
	courier *Courier
	metrics *prometheus.Registry
	plan    Plan
}

func newRig(t *testing.T) *rig {
	t.Helper()
	t.Setenv("WORKDRIFT_TEST_TOKEN", token)
	r := &rig{T: t, space: fake.NewWorkspace("acme"), dir: t.TempDir(), now: wednesday, http: &http.Transport{}}
	r.channel = r.space.AddChannel(wednesday, fake.ChannelSpec{Name: "leads", Bot: true})
	r.slack = fake.NewSlack(r.space, fake.SlackOptions{Now: func() time.Time { return r.now }, Scopes: []string{"chat:write", "channels:history", "metadata.message:read"}})
	server, err := fake.Listen(r.slack)
	if err != nil {
		t.Fatal(err)
	}
	r.url = server.URL
	t.Cleanup(func() {
		r.stop()
		r.http.CloseIdleConnections()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
		if strings.Contains(r.logs.String(), token) {
			t.Error("the log holds the token")
		}
	})
	r.start()
	r.plan = Plan{
		Slots: []Slot{{Edition: brief.Weekly, Weekday: time.Tuesday, Time: 8 * time.Hour}},
		Zone:  time.UTC, Places: []Place{r.place()},
	}
	return r
}

// place is the channel, with a connection of a new process.
func (r *rig) place() Place {
	r.Helper()
	p, err := slack.NewPoster(connectors.Env{Now: func() time.Time { return r.now }, Transport: r.http},
		slack.PosterConfig{BaseURL: r.url + "/api/", TokenEnv: "WORKDRIFT_TEST_TOKEN", Channel: r.channel, Mark: "here"})
	if err != nil {
		r.Fatal(err)
	}
	return Slack(r.channel, p)
}

// start is the start of a process, stop its end.
func (r *rig) start() {
	r.Helper()
	var err error
	if r.db, err = bolt.Open(r.Context(), filepath.Join(r.dir, "test.db"), bolt.Options{}); err != nil {
		r.Fatal(err)
	}
	r.metrics = prometheus.NewRegistry()
	r.courier = New(Options{
		Store: r, Log: slog.New(slog.NewTextHandler(&r.logs, nil)), Now: func() time.Time { return r.now },
		Plan:     func() Plan { return r.plan },
		ClosesAt: func(p brief.Period) (time.Time, bool) { return closes(p), !r.late && !r.now.Before(closes(p)) },
		Make: func(_ context.Context, p brief.Period) (*brief.Brief, error) {
			if r.blank != nil {
				return nil, r.blank
			}
			return brief.Make(brief.Input{Period: p, Report: &scoring.Report{Day: p.Until}}), nil
		},
		Registerer: r.metrics,
	})
}

func closes(p brief.Period) time.Time {
	return time.Unix(int64(p.Until)*24*60*60, 0).Add(42 * time.Hour)
}

func (r *rig) stop() {
	r.Helper()
	if err := r.db.Close(); err != nil {
		r.Error(err)
	}
}

// restart ends the process, in which whatever was only in memory is lost.
func (r *rig) restart() {
	r.Helper()
	r.stop()
	r.start()
	r.plan.Places = []Place{r.place()}
}

// SaveDelivery and Deliveries are those of the store, but for faults.
func (r *rig) SaveDelivery(ctx context.Context, d store.Delivery) error {
	if r.broken != nil {
		if err := r.broken(d); err != nil {
			return err
		}
	}
	return r.db.SaveDelivery(ctx, d)
}

func (r *rig) Deliveries(ctx context.Context) iter.Seq2[store.Delivery, error] {
	return r.db.Deliveries(ctx)
}

// until lets time pass, a step at a time.
func (r *rig) until(at time.Time, step time.Duration) {
	r.Helper()
	for r.now.Before(at) {
		r.now = r.now.Add(step)
		r.round()
	}
}

func (r *rig) round() {
	r.Helper()
	if err := r.courier.Round(r.Context()); err != nil {
		r.Fatal(err)
	}
}

// state is what is stored of an edition.
func (r *rig) state(edition string) store.Delivery {
	r.Helper()
	for d, err := range r.db.Deliveries(r.Context()) {
		if err != nil {
			r.Fatal(err)
		}
		if d.Edition == edition {
			return d
		}
	}
	return store.Delivery{}
}

// posted lists the editions that are in the channel.
func (r *rig) posted() []string {
	var list []string
	for _, p := range r.slack.Posted() {
		_, rest, _ := bytes.Cut(p.Metadata, []byte(`"edition":"`))
		edition, _, _ := bytes.Cut(rest, []byte(`"`))
		list = append(list, string(edition))
	}
	return list
}

func (r *rig) wantPosted(editions ...string) {
	r.Helper()
	if got := r.posted(); !slices.Equal(got, editions) {
		r.Errorf("posted %v, want %v", got, editions)
	}
}

// counted returns how many deliveries ended in an outcome.
func (r *rig) counted(outcome string) (n int) {
	r.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		r.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			for _, l := range m.GetLabel() {
				if f.GetName() == "workdrift_brief_deliveries_total" && l.GetName() == "outcome" && l.GetValue() == outcome {
					n += int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return n
}

// gauge returns the only value of a metric.
func (r *rig) gauge(metric string) float64 {
	r.Helper()
	families, err := r.metrics.Gather()
	if err != nil {
		r.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == metric && len(f.GetMetric()) == 1 {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	r.Fatalf("no single %s", metric)
	return 0
}
