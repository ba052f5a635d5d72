package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	promversion "github.com/prometheus/common/version"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/outbox"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/slack"
	"github.com/workdrift/workdrift/scoring/objective"
	"github.com/workdrift/workdrift/store"
)

// briefSource stands for the deliveries of the brief where requests are counted
// by connector.
const briefSource = "brief"

// A mailing is what a configuration says about deliveries of the brief.
type mailing struct {
	plan      outbox.Plan
	transport *connectors.Transport // nil when nothing is posted
	pages     string                // address of the pages, "" for no links
}

// newMailing builds what a configuration asks for. The mark tells this
// installation from others that post to the same channel.
func newMailing(cfg *config.Config, now func() time.Time, log *slog.Logger, metrics *connectors.Metrics, mark string) (mailing, error) {
	b := cfg.Brief
	m := mailing{pages: b.PagesURL, plan: outbox.Plan{Zone: cfg.Declared(nil, nil).Zone}}
	for _, one := range []struct {
		name string
		slot outbox.Slot
	}{
		{config.BriefWeekly, outbox.Slot{Edition: brief.Weekly, Weekday: b.Weekly.Day, Time: b.Weekly.At}},
		{config.BriefKillSession, outbox.Slot{Edition: brief.KillSession, Weekday: b.KillSession.Day, Time: b.KillSession.At}},
	} {
		if slices.Contains(b.Editions, one.name) {
			m.plan.Slots = append(m.plan.Slots, one.slot)
		} else {
			m.plan.Idle = append(m.plan.Idle, one.slot)
		}
	}
	if b.Directory != "" {
		m.plan.Places = append(m.plan.Places, outbox.Directory(b.Directory))
	}
	s := b.Slack
	if s == nil {
		return m, nil
	}
	var servers []string
	if s.BaseURL != "" {
		servers = []string{s.BaseURL}
	}
	transport, err := connectors.NewTransport(connectors.TransportConfig{
		Source: briefSource, Version: promversion.Version, Metrics: metrics, Allow: servers,
	})
	if err == nil {
		var poster *slack.Poster
		poster, err = slack.NewPoster(connectors.Env{Source: briefSource, Log: log, Now: now, Transport: transport}, slack.PosterConfig{
			BaseURL: s.BaseURL, TokenFile: s.TokenFile, TokenEnv: s.TokenEnv, Channel: s.Channel, Mark: mark,
		})
		m.plan.Places, m.transport = append(m.plan.Places, outbox.Slack(s.Channel, poster)), transport
	}
	if err != nil {
		return mailing{}, fmt.Errorf("%s: brief.slack: %w", s.Place, err)
	}
	return m, nil
}

// close ends connections that are not in use.
func (m mailing) close() {
	if m.transport != nil {
		m.transport.CloseIdleConnections()
	}
}

// newCourier returns what delivers the brief while the daemon serves.
func (d *daemon) newCourier(reg prometheus.Registerer) *outbox.Courier {
	return outbox.New(outbox.Options{
		Store: d.store, Log: d.log, Now: d.now, Registerer: reg,
		Plan: func() outbox.Plan { return d.mailed().plan },
		ClosesAt: func(p brief.Period) (time.Time, bool) {
			d.mu.Lock()
			grace := d.config.Declared(nil, nil).Windows.CloseGrace
			d.mu.Unlock()
			report := d.evaluator.report.Load()
			return closedAt(objective.Date(p.Until), grace), report != nil && !report.Partial && p.Closed(report.Day)
		},
		Make: func(ctx context.Context, p brief.Period) (*brief.Brief, error) {
			return d.evaluator.briefOf(ctx, p, d.mailed().pages)
		},
	})
}

// mailed returns what is configured now.
func (d *daemon) mailed() mailing {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mail
}

// A toldDelivery is what has become of an edition at one place, as the daemon
// hands it to a command.
type toldDelivery struct {
	Edition string              `json:"edition"`
	Outbox  string              `json:"outbox"`
	State   store.DeliveryState `json:"state"`
	Receipt string              `json:"receipt,omitempty"`
	Why     string              `json:"why,omitempty"`
}

// deliverAgain answers brief --deliver.
func (d *daemon) deliverAgain(w http.ResponseWriter, r *http.Request) {
	told := []toldDelivery{}
	edition, err := brief.ParseEdition(r.URL.Query().Get("edition"))
	if err == nil {
		var list []store.Delivery
		list, err = d.courier.Again(r.Context(), edition)
		for _, one := range list {
			told = append(told, toldDelivery{one.Edition, one.Outbox, one.State, one.Receipt, one.Why})
		}
	}
	d.fail(err)
	reply(w, told, err)
}

// askDelivery lets the running daemon send the last edition to where it is
// missing. It fails unless all places have it.
func askDelivery(ctx context.Context, cfg *config.Config, edition string, out io.Writer) error {
	daemon := dialControl(ctx, filepath.Join(cfg.Storage.Directory, controlSocket))
	if daemon == nil {
		return errors.New("no daemon runs, and it is the daemon that delivers: start workdrift serve")
	}
	var told []toldDelivery
	if err := daemon.call(ctx, "POST", "/brief/deliver", url.Values{"edition": {edition}}, &told); err != nil {
		return err
	}
	missing := 0
	for _, one := range told {
		state := findings.Words(string(one.State))
		switch {
		case one.State != store.DeliveryDelivered:
			missing++
			state += ": " + one.Why
		case one.Receipt != "":
			state += " as " + one.Receipt
		}
		if _, err := fmt.Fprintf(out, "%s to %s: %s\n", one.Edition, one.Outbox, state); err != nil {
			return err
		}
	}
	if missing > 0 {
		return fmt.Errorf("%d of %d places do not have it", missing, len(told))
	}
	return nil
}
