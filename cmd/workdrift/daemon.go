package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/collectors/version"
	promversion "github.com/prometheus/common/version"

	"github.com/workdrift/workdrift/cmd/workdrift/internal/config"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/findings"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/outbox"
	"github.com/workdrift/workdrift/cmd/workdrift/internal/web"
	"github.com/workdrift/workdrift/connectors"
	"github.com/workdrift/workdrift/scoring"
	"github.com/workdrift/workdrift/store"
	"github.com/workdrift/workdrift/store/bolt"
)

// databaseFile is the name of the database in the storage directory.
const databaseFile = "workdrift.db"

// A daemon is everything between a configuration and its reports: the store,
// one poller per connector, and the evaluator. The commands that need all of
// it (serve, demo, score) differ in how long it runs and in what they show.
type daemon struct {
	log       *slog.Logger
	now       func() time.Time
	tell      func(url.Values) error // nil in all but the demo
	registry  *prometheus.Registry
	store     *bolt.DB
	evaluator *evaluator
	retention *retention
	courier   *outbox.Courier
	metrics   *connectors.Metrics
	reloads   reloadMetrics
	service   *manager // who started it and wants to hear from it, or nil
	offline   bool     // there are no pollers

	reloading sync.Mutex // held by the one reload at a time
	mu        sync.Mutex // guards what a reload replaces
	config    *config.Config
	pollers   []poller
	mail      mailing
	restart   chan []poller
	broken    chan error // the error after which nobody knows what is stored
}

// A poller is a connector at work, with its connections.
type poller struct {
	*connectors.Poller
	transport *connectors.Transport
	receiver  connectors.Receiver     // nil when it takes no deliveries
	linker    connectors.Linker       // nil when nothing of it has an address for people
	sight     connectors.Shortsighted // nil when its polls notice everything
}

type reloadMetrics struct{ successful, successTime prometheus.Gauge }

func newReloadMetrics(reg prometheus.Registerer) reloadMetrics {
	m := reloadMetrics{
		successful: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "workdrift_config_last_reload_successful",
			Help: "1 when the last configuration reload succeeded.",
		}),
		successTime: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "workdrift_config_last_reload_success_timestamp_seconds",
			Help: "Unix time of the last successful configuration reload.",
		}),
	}
	reg.MustRegister(m.successful, m.successTime)
	return m
}

// daemonOptions are what differs between the commands.
type daemonOptions struct {
	Log      *slog.Logger
	Now      func() time.Time // the evaluator's and the connectors' clock
	ReportAt func() time.Time // as of when reports are made; Now when nil
	Settle   time.Duration
	OnReport func(*scoring.Report)
	OnPage   func(source string, s connectors.Summary)
	Tell     func(url.Values) error // what the organisation is told to do; nil where it is a real one
	Offline  bool                   // nothing is fetched, so that no secret is needed
}

// newDaemon opens the store and builds what the configuration asks for. It
// starts nothing. Close must be called.
func newDaemon(ctx context.Context, cfg *config.Config, o daemonOptions) (*daemon, error) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		version.NewCollector("workdrift"), newProofMetric(cfg.Storage.Directory))
	db, err := bolt.Open(ctx, filepath.Join(cfg.Storage.Directory, databaseFile), bolt.Options{
		Log: o.Log, Registerer: reg,
	})
	if err != nil {
		return nil, err
	}
	collector := scoring.NewCollector(cfg.Web.MetricsSeriesLimit)
	reg.MustRegister(collector)
	d := &daemon{
		log: o.Log, now: o.Now, tell: o.Tell, registry: reg, store: db,
		metrics: connectors.NewMetrics(reg),
		reloads: newReloadMetrics(reg),
		restart: make(chan []poller), broken: make(chan error, 1), offline: o.Offline,
	}
	if o.ReportAt == nil {
		o.ReportAt = o.Now
	}
	d.evaluator = &evaluator{
		store: db, log: o.Log, now: o.Now, reportAt: o.ReportAt, settle: o.Settle,
		accounts: func(ctx context.Context) (map[string]bool, error) { return accountsOf(ctx, db) },
		unread:   func(ctx context.Context) ([]web.SetAside, error) { return setAsideOf(ctx, db) },
		onReport: func(r *scoring.Report) {
			d.courier.Wake()
			if o.OnReport != nil {
				o.OnReport(r)
			}
		},
		collector: collector, metrics: newEvaluatorMetrics(reg), wake: make(chan struct{}, 1),
		urgent: make(chan struct{}, 1),
	}
	d.retention = &retention{
		evaluator: d.evaluator, days: d.retentionDays, now: o.Now, log: o.Log, metrics: newRetentionMetrics(reg),
	}
	d.courier = d.newCourier(reg)
	if err := d.apply(ctx, cfg, o.OnPage); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return d, nil
}

// apply makes a configuration the current one, or changes nothing.
func (d *daemon) apply(ctx context.Context, cfg *config.Config, onPage func(string, connectors.Summary)) error {
	pollers, err := d.newPollers(cfg, onPage)
	var mail mailing
	if err == nil && !d.offline {
		mail, err = newMailing(cfg, d.now, d.log, d.metrics, d.store.Hasher().Term(briefSource))
	}
	if err == nil {
		err = d.evaluator.declare(ctx, declaredOf(cfg, d.store.Hasher()))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if err != nil {
		d.forget(pollers, d.pollers)
		return err
	}
	d.mail.close()
	d.config, d.pollers, d.mail = cfg, pollers, mail
	d.reloads.successful.Set(1)
	d.reloads.successTime.Set(float64(time.Now().Unix()))
	return nil
}

// forget ends the connections of pollers that do not run, and removes their
// series unless others of the same name take their place.
func (d *daemon) forget(pollers, next []poller) {
	keep := make(map[string]bool)
	for _, p := range next {
		keep[p.Status().Source] = true
	}
	for _, p := range pollers {
		p.transport.CloseIdleConnections()
		if name := p.Status().Source; !keep[name] {
			d.metrics.Forget(name)
		}
	}
}

// newPollers builds a connector and its poller for each section.
func (d *daemon) newPollers(cfg *config.Config, onPage func(string, connectors.Summary)) ([]poller, error) {
	if d.offline {
		return nil, nil
	}
	var pollers []poller
	types := make(map[string]func(config.Connector) error)
	measured := outcomes(&cfg.Declared(nil, nil).Set)
	for name, factory := range factories() {
		types[name] = func(section config.Connector) error {
			connector, transport, err := d.newConnector(section, factory, measured)
			if err != nil {
				return err
			}
			pc := connectors.PollerConfig{
				Source: section.Name, Provider: section.Type, Connector: connector, Store: d.store,
				Hash: d.store.Hasher(), Interval: section.Interval, Log: d.log, Metrics: d.metrics,
				OnApplied: func(store.Applied) { d.evaluator.nudge() },
			}
			if onPage != nil {
				pc.OnPage = func(s connectors.Summary) { onPage(section.Name, s) }
			}
			receiver, _ := connectors.TakesDeliveries(connector)
			linker, _ := connector.(connectors.Linker)
			sight, _ := connector.(connectors.Shortsighted)
			pollers = append(pollers, poller{connectors.NewPoller(pc), transport, receiver, linker, sight})
			return nil
		}
	}
	return pollers, cfg.Connect(types)
}

// newConnector builds one connector in its surroundings.
func (d *daemon) newConnector(section config.Connector, factory connectors.Factory, outcomes []connectors.Outcome) (connectors.Connector, *connectors.Transport, error) {
	transport, err := connectors.NewTransport(connectors.TransportConfig{
		Source: section.Name, Version: promversion.Version, Metrics: d.metrics, Allow: section.Servers(),
	})
	if err != nil {
		return nil, nil, err
	}
	connector, err := factory(connectors.Env{
		Source: section.Name, Log: d.log.With("connector", section.Name), Now: d.now,
		Transport: transport, Observer: d.metrics.For(section.Name), Resolve: section.Resolve, Outcomes: outcomes,
		Stored: func(ctx context.Context, prefix string) iterItems {
			return d.store.Items(ctx, section.Name, prefix)
		},
	}, section.Decode)
	return connector, transport, err
}

// run polls and evaluates until the context ends, which returns nil, or until
// the store fails.
func (d *daemon) run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	wait.Go(func() {
		if err := d.evaluator.run(ctx); err != nil {
			cancel(err)
		}
	})
	wait.Go(func() {
		if err := d.retention.run(ctx); err != nil {
			cancel(err)
		}
	})
	wait.Go(func() { d.poll(ctx, cancel) })
	wait.Go(func() {
		select {
		case <-ctx.Done():
		case err := <-d.broken:
			cancel(err)
		}
	})
	wait.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// poll runs the pollers, and others in their place after a reload. An error of
// a poller ends the daemon: what is stored is then no longer known.
func (d *daemon) poll(ctx context.Context, fail context.CancelCauseFunc) {
	d.mu.Lock()
	pollers := d.pollers
	d.mu.Unlock()
	for {
		generation, stop := context.WithCancel(ctx)
		var wait sync.WaitGroup
		for _, p := range pollers {
			wait.Go(func() {
				if err := p.Run(generation); err != nil {
					fail(fmt.Errorf("connector %s: %w", p.Status().Source, err))
				}
			})
		}
		next, ended := pollers, false
		select {
		case <-ctx.Done():
			ended = true // the last scrapes still see every series
		case next = <-d.restart:
		}
		stop()
		wait.Wait()
		d.forget(pollers, next)
		if ended {
			return
		}
		pollers = next
	}
}

// reload reads the configuration again. A bad file changes nothing. The
// context is the daemon's: a reload is finished also when nobody waits for it.
func (d *daemon) reload(ctx context.Context) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	d.mu.Lock()
	path := d.config.Path
	d.mu.Unlock()
	cfg, err := config.Load(path)
	if err == nil {
		err = d.apply(ctx, cfg, nil)
	}
	if err != nil {
		d.reloads.successful.Set(0)
		d.log.Error("the configuration was not reloaded, the one before stays", "err", err)
		return err
	}
	d.mu.Lock()
	pollers := d.pollers
	d.mu.Unlock()
	select {
	case d.restart <- pollers:
	case <-ctx.Done():
		return ctx.Err()
	}
	d.evaluator.hurry()
	for _, w := range cfg.Warnings() {
		d.log.Warn(w)
	}
	d.log.Info("configuration reloaded", "file", path)
	return nil
}

// sources is what pages say about the connectors.
func (d *daemon) sources() []web.Source {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := make([]web.Source, 0, len(d.pollers))
	for _, p := range d.pollers {
		s := p.Status()
		one := web.Source{
			Name: s.Source, Provider: s.Provider, LastSuccess: s.LastSuccess, Watermark: s.Watermark,
			Failure: string(s.LastError), RetryAt: s.RetryAt, Backlog: s.Backlog, Quarantined: s.Quarantined, Quotas: quotasOf(d.metrics.Quotas(s.Source)),
		}
		if p.sight != nil {
			one.Unseen = p.sight.Unseen()
		}
		list = append(list, one)
	}
	return list
}

// sites are the servers that pages may lead to.
func (d *daemon) sites() (list []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.pollers {
		if p.linker != nil {
			list = append(list, p.linker.Sites()...)
		}
	}
	return list
}

func quotasOf(list []connectors.Quota) []web.Quota {
	out := make([]web.Quota, 0, len(list))
	for _, q := range list {
		told := web.Quota{Resource: q.Resource, Limit: q.Limit, Remaining: q.Remaining}
		if !q.Reset.IsZero() {
			reset := q.Reset.UTC().Truncate(time.Second)
			told.Reset = &reset
		}
		out = append(out, told)
	}
	return out
}

// pages returns the handler of the main listener, which takes deliveries too
// unless they have an address of their own.
func (d *daemon) pages(ctx context.Context, cfg config.Web) (http.Handler, error) {
	access, err := accessOf(cfg)
	if err != nil {
		return nil, err
	}
	o := web.Options{
		Access: access,
		Log:    d.log, Now: d.now, Version: promversion.Version, Registry: d.registry,
		Report: d.evaluator.report.Load, Encoded: d.evaluator.encoded.Load, Sources: d.sources, SetAside: d.evaluator.setAside, Deliveries: d.courier.Deliveries,
		Explain: d.evaluator.list, Declared: d.evaluator.history.Load, Overrides: d.evaluator.decisions,
		Decide: d.decide, CheckIn: d.reportConfidence,
		Streams: d.evaluator.streams, Sites: d.sites,
		Brief:     d.shownBrief,
		Findings:  func(r *scoring.Report) []findings.Finding { return findings.Of(r, d.evaluator.streamed()) },
		Profiling: cfg.EnablePprof, Hosts: cfg.AllowedHosts,
	}
	if cfg.EnableReload {
		o.Reload = func(context.Context) error { return d.reload(ctx) }
	}
	if cfg.HooksAddress == "" {
		o.Hooks = d.hooks(cfg)
	}
	return web.New(o)
}

// Close ends what newDaemon opened.
func (d *daemon) Close() error { return d.store.Close() }
