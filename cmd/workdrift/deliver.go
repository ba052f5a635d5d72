package main

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	promversion "github.com/prometheus/common/version"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/brief"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/outbox"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/connectors/slack"
	"github.com/workdrift/workdrift/scoring/objective"
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
	for _, name := range b.Editions {
		slot := outbox.Slot{Edition: brief.Weekly, Weekday: b.Weekly.Day, Time: b.Weekly.At}
		if name == config.BriefKillSession {
			slot = outbox.Slot{Edition: brief.KillSession, Weekday: b.KillSession.Day, Time: b.KillSession.At}
		}
		m.plan.Slots = append(m.plan.Slots, slot)
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
